/**
 * Filters of lists. A filter is built from a table of names and fields and from texts only:
 * nothing of a client's request can become an operator of the database.
 */
import type { Filter } from '../../stores/collection.ts';
import type { Query, QueryTable } from '../server/query.ts';
import { parseTimestamp } from './timestamps.ts';

export type FilterKind = 'text' | 'any-of' | 'flag' | 'after' | 'before' | 'prefix' | 'item';

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
export const prefix = (field: string): FilterRule => ({ field, kind: 'prefix' });

/** One of the objects in a list: `itemOf('tags', 'name')`. The embedded database finds nothing by a dotted path into a list. */
export const itemOf = (list: string, key: string): FilterRule => ({ field: list, kind: 'item', key });

const isTrue = (value: string) => ['true', '1', 'yes', 'y', 't', 'on'].includes(value.trim().toLowerCase());

const LAST_CHARACTER = '\uffff';

const CONDITIONS: Readonly<Record<FilterKind, (value: string, key: string) => unknown>> = {
  item: (value, key) => ({ $elemMatch: { [key]: value } }),
  text: (value) => (value === 'null' || value === 'None' ? null : value),
  'any-of': (value) => (value.includes(',') ? { $in: value.split(',') } : value),
  flag: isTrue,
  after: (value) => ({ $gt: parseTimestamp(value) }),
  before: (value) => ({ $lt: parseTimestamp(value) }),
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
