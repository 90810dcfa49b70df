/** Lists of stored records, by the rules that all resources share (`st2api/controllers/resource.py`). */
import type { Collection, Filter, Stored } from '../../stores/collection.ts';
import type { QueryTable } from '../server/query.ts';
import type { Answer, ApiRequest } from '../server/route.ts';
import { type AttributeRules, readAttributes } from './attributes.ts';
import { anyOf, assertIds, type FilterTable, filterParameters, toFilter } from './filters.ts';
import { type Page, readPage } from './paging.ts';
import { pickAttributes, presentRecord } from './presentation.ts';
import { readSort, type Sort } from './sorting.ts';
import { countTotal } from './total.ts';

/** What the list of one kind of object allows. */
export interface ListRules extends AttributeRules {
  readonly filters: FilterTable;
  readonly sort: Sort;
  /** Limit when none is asked for; absent: everything. */
  readonly defaultLimit?: number;
  /** Attributes that come back in any case. */
  readonly always: readonly string[];
  /** False where StackStorm offers no `sort`: what is asked for is ignored, so that clients see the order they know. */
  readonly sortable?: boolean;
  /** False where StackStorm does not filter by `id`: what is asked for is ignored. */
  readonly byId?: false;
  /** Further fields to load, which presenting needs. */
  readonly needs?: readonly string[];
}

const reservedOf = (rules: ListRules): FilterTable => ({
  ...(rules.byId === false ? {} : { id: anyOf('id') }),
  name: anyOf('name'),
});

/** The query parameters of such a list. */
export function listParameters(rules: ListRules): QueryTable {
  return {
    ...filterParameters({ ...reservedOf(rules), ...rules.filters }),
    limit: 'integer',
    offset: 'integer',
    ...(rules.sortable === false ? {} : { sort: 'string' }),
    include_attributes: 'list',
    exclude_attributes: 'list',
  };
}

/** The headers that tell how many there are. */
export function listHeaders(total: number, page: Page): Readonly<Record<string, string>> {
  return { 'x-total-count': String(total), ...(page.limit === undefined ? {} : { 'x-limit': String(page.limit) }) };
}

export interface ListOptions<T> {
  readonly maxPageSize: number;
  /** Further conditions of the resource's own. */
  readonly filter?: Filter;
  readonly sort?: Sort;
  /** Adds to the loaded records what is stored elsewhere, or takes away what must not be seen. */
  readonly complete?: (records: readonly T[]) => Promise<readonly T[]>;
  readonly present?: (record: T, request: ApiRequest) => Record<string, unknown>;
}

/** Answers a list request. */
export async function listRecords<T extends Stored>(
  collection: Collection<T>,
  rules: ListRules,
  request: ApiRequest,
  options: ListOptions<T>,
): Promise<Answer> {
  const { query, requester } = request;
  const table = { ...reservedOf(rules), ...rules.filters };
  if (table.id !== undefined) assertIds(query);
  const { include, exclude } = readAttributes(query, rules);
  const page = readPage(query, requester, options.maxPageSize, rules.defaultLimit);
  const sortable = Object.fromEntries(Object.entries(table).map(([name, rule]) => [name, rule.field]));
  const filter = { ...toFilter(table, query), ...options.filter };
  const sort = readSort(query.text('sort'), sortable, options.sort ?? rules.sort);
  const loaded =
    include === undefined ? undefined : withoutOverlap([...include, ...rules.always, ...(rules.needs ?? [])]);
  const [records, total] = await Promise.all([
    collection.find(filter, { ...page, sort, ...(loaded === undefined ? {} : { include: loaded }) }),
    countTotal(collection, filter),
  ]);
  const present = options.present ?? presentRecord;
  const { complete } = options;
  const whole = complete === undefined ? records : await complete(records);
  const body = whole.map((record) => pickAttributes(present(record, request), include, exclude, rules.always));
  return { headers: listHeaders(total, page), body };
}

/** The database refuses a path together with one of its parents. */
export function withoutOverlap(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)];
  return unique.filter((path) => !unique.some((other) => other !== path && path.startsWith(`${other}.`)));
}
