/**
 * Filters of lists. A filter is built from a table of names and fields and from texts only:
 * nothing of a client's request can become an operator of the database.
 */
import { ValidationError } from '../../core/errors.ts';
import { pyRepr } from '../../core/python/repr.ts';
import { type Filter, isId } from '../../stores/collection.ts';
import type { Query, QueryTable } from '../server/query.ts';
import { parseTimestamp } from './timestamps.ts';

export type FilterKind = 'text' | 'any-of' | 'flag' | 'after' | 'before' | 'between' | 'prefix' | 'item';

export interface FilterRule {
  /** Field in the database. */
  readonly field: string;
  readonly kind: FilterKind;
  /** Of the objects in a list. */
  readonly key?: string;
}

/** Filters by the name of the query parameter. */
export type FilterTable = Readonly<Record<string, FilterRule>>;

export const text = (field: string): FilterRule => ({ field, kind: 'text' });
export const anyOf = (field: string): FilterRule => ({ field, kind: 'any-of' });
export const flag = (field: string): FilterRule => ({ field, kind: 'flag' });
export const after = (field: string): FilterRule => ({ field, kind: 'after' });
export const before = (field: string): FilterRule => ({ field, kind: 'before' });
/** A time, or a span of it: `<time>..<time>`, the later one first for the newest first. */
export const between = (field: string): FilterRule => ({ field, kind: 'between' });
export const prefix = (field: string): FilterRule => ({ field, kind: 'prefix' });

/** One of the objects in a list: `itemOf('tags', 'name')`. The embedded database finds nothing by a dotted path into a list. */
export const itemOf = (list: string, key: string): FilterRule => ({ field: list, kind: 'item', key });

const TRUE = ['true', '1', 'yes', 'y', 't', 'on'];
const FALSE = ['false', '0', 'no', 'n', 'f', 'off'];

function readFlag(value: string): boolean {
  const text = value.trim().toLowerCase();
  if (!TRUE.includes(text) && !FALSE.includes(text))
    throw new ValidationError(`Invalid bool representation "${value}" provided.`);
  return TRUE.includes(text);
}

/** What StackStorm's database says of a text that cannot be an id. */
export const notAnId = (id: string) =>
  `${pyRepr(id)} is not a valid ObjectId, it must be a 12-byte input or a 24-character hex string`;

/** @throws ValidationError for a text that cannot be an id */
export function assertId(id: string): void {
  if (!isId(id)) throw new ValidationError(notAnId(id));
}

/** The same for all that `id` asks for. */
export function assertIds(query: Query): void {
  if (query.isEmpty('id')) assertId('');
  for (const id of query.list('id') ?? []) assertId(id);
}

const LAST_CHARACTER = '\u{10ffff}';

/** Both ends of a span in the order they are given in. @throws ValidationError */
export function readSpan(value: string): readonly [from: Date, to: Date] {
  const [from = '', to = from] = value.split('..');
  return [parseTimestamp(from), parseTimestamp(to)];
}

function withinSpan(value: string): unknown {
  const [one, other] = readSpan(value);
  return one < other ? { $gte: one, $lte: other } : { $gte: other, $lte: one };
}

const isNull = (value: string) => value.toLowerCase() === 'null' || value === 'None';

const CONDITIONS: Readonly<Record<FilterKind, (value: string, key: string) => unknown>> = {
  item: (value, key) => ({ $elemMatch: { [key]: value } }),
  text: (value) => (isNull(value) ? null : value),
  'any-of': (value) => (value.includes(',') ? { $in: value.split(',') } : value),
  flag: readFlag,
  after: (value) => ({ $gt: parseTimestamp(value) }),
  before: (value) => ({ $lt: parseTimestamp(value) }),
  between: withinSpan,
  // A range instead of a pattern: it uses the index, and the text needs no escaping.
  prefix: (value) => ({ $gte: value, $lt: `${value}${LAST_CHARACTER}` }),
};

/** The query parameters of a table. */
export function filterParameters(table: FilterTable): QueryTable {
  return Object.fromEntries(
    Object.entries(table).map(([name, rule]) => [name, rule.kind === 'any-of' ? 'list' : 'string']),
  );
}

/** The database's filter for what the request gives. */
export function toFilter(table: FilterTable, query: Query): Filter {
  const filter: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(table)) {
    const given = rule.kind === 'any-of' ? query.list(name)?.join(',') : query.text(name);
    if (given === undefined) continue;
    const condition = CONDITIONS[rule.kind](given, rule.key ?? '');
    const known = filter[rule.field];
    // Two limits of one field (`timestamp_gt` and `timestamp_lt`) make one condition.
    filter[rule.field] = isCondition(known) && isCondition(condition) ? { ...known, ...condition } : condition;
  }
  return filter;
}

function isCondition(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(value instanceof Date);
}
