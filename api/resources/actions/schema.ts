import { NAME, READ_BACK, TAGS } from '../../content/rules.ts';
import type { JsonSchema } from '../../server/json-schema.ts';

const DATA_FILE = {
  type: 'object',
  properties: { file_path: { type: 'string' }, content: { type: 'string' } },
  required: ['file_path', 'content'],
  additionalProperties: false,
} as const;

const PARAMETER = { type: 'object' } as const;

/** Body of `POST` and `PUT` of actions. */
export const ACTION: JsonSchema = {
  type: 'object',
  properties: {
    ...READ_BACK,
    name: NAME,
    description: { type: ['string', 'null'] },
    enabled: { type: 'boolean' },
    runner_type: { type: 'string' },
    entry_point: { type: 'string' },
    pack: { type: 'string' },
    parameters: { type: 'object', patternProperties: { '^\\w+$': PARAMETER }, additionalProperties: false },
    output_schema: { type: 'object' },
    tags: TAGS,
    notify: { type: 'object' },
    data_files: { type: 'array', items: DATA_FILE },
  },
  required: ['name', 'runner_type'],
  additionalProperties: false,
};

export const CLONE: JsonSchema = {
  type: 'object',
  properties: {
    dest_pack: { type: 'string', minLength: 1 },
    dest_action: { type: 'string', minLength: 1 },
    overwrite: { type: 'boolean' },
  },
  required: ['dest_pack', 'dest_action'],
  additionalProperties: false,
};

/** Properties that StackStorm puts into an output schema that comes through its API. */
export const OUTPUT_SCHEMA_DEFAULTS: Readonly<Record<string, unknown>> = {
  additionalItems: {},
  items: {},
  uniqueItems: false,
  required: false,
  secret: false,
  additionalProperties: {},
  definitions: {},
  properties: {},
  patternProperties: {},
  immutable: false,
};

/** An action as clients send it. */
export interface ActionBody {
  readonly name: string;
  readonly description?: string | null;
  readonly enabled?: boolean;
  readonly runner_type: string;
  readonly entry_point?: string;
  readonly pack?: string;
  readonly parameters?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly output_schema?: Readonly<Record<string, unknown>>;
  readonly tags?: readonly unknown[];
  readonly notify?: Readonly<Record<string, unknown>>;
  readonly data_files?: readonly { readonly file_path: string; readonly content: string }[];
}
