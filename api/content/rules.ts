import { ValidationError } from '../../core/errors.ts';
import type { Change } from '../../stores/collection.ts';
import type { FilterTable } from '../lists/filters.ts';
import { text } from '../lists/filters.ts';
import type { ListRules } from '../lists/list.ts';

const SYSTEM_PACK = 'core';

/** Content that the system itself needs cannot be changed. @throws ValidationError with StackStorm's sentence */
export function assertNotSystemPack(pack: string): void {
  if (pack === SYSTEM_PACK) throw new ValidationError("Resources belonging to system level packs can't be manipulated");
}

/** The list rules that most content of packs shares. */
export function contentList(
  known: readonly string[],
  more: Partial<ListRules> & { readonly filters?: FilterTable } = {},
): ListRules {
  return {
    sort: { pack: 1, name: 1 },
    always: ['id', 'ref'],
    known: ['ref', 'uid', 'name', 'pack', 'description', 'metadata_file', ...known],
    ...more,
    filters: { pack: text('pack'), ...more.filters },
  };
}

/** Schema of the properties that clients send back with what they read; their values are the server's own. */
export const READ_BACK = {
  id: { type: ['string', 'null'] },
  ref: { type: ['string', 'null'] },
  uid: { type: ['string', 'null'] },
  metadata_file: { type: ['string', 'null'] },
} as const;

/** A name within a pack; {@link assertRefParts} refuses an empty one. */
export const NAME = { type: 'string', maxLength: 255 } as const;

/** Of what no reference can be made. @throws ValidationError with StackStorm's sentence */
export function assertRefParts(pack: string, name: string | undefined): void {
  if (pack !== '' && name !== undefined && name !== '') return;
  throw new ValidationError(`Both pack and name needed for building ref. pack=${pack}, name=${name ?? 'None'}`);
}

/** The change that puts one record in the place of another: a description that is not given is gone. */
export function replaceBy(record: Readonly<Record<string, unknown>>): Change {
  return { $set: record, ...(record.description === undefined ? { $unset: { description: 1 } } : {}) };
}

/** Tags: names with values. */
export const TAGS = {
  type: 'array',
  items: { type: 'object', properties: { name: { type: 'string' }, value: { type: 'string' } } },
} as const;

const NOTIFICATION = {
  type: 'object',
  properties: {
    message: { type: 'string' },
    data: { type: 'object' },
    routes: { type: 'array' },
    channels: { type: 'array' },
  },
  additionalProperties: false,
} as const;

/** Whom to tell of the ends of an execution. */
export const NOTIFY = {
  type: 'object',
  properties: { 'on-complete': NOTIFICATION, 'on-failure': NOTIFICATION, 'on-success': NOTIFICATION },
  additionalProperties: false,
} as const;
