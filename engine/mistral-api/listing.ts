/**
 * Lists as Mistral's API gives them: `limit`, `marker`, `sort_keys`, `sort_dirs`, `fields` and filters by field,
 * with an operator before the value where one is wanted (`eq:`, `neq:`, `gt:`, `gte:`, `lt:`, `lte:`, `in:`, `nin:`, `has:`).
 */
import { NotFoundError, ValidationError } from '../../core/errors.ts';
import type { Collection, Filter, Stored } from '../../stores/collection.ts';

export type Query = Readonly<Record<string, string | undefined>>;

/** Reads a query string; values of a name that stands there more than once are a list with commas between, as clients write lists. */
export function parseQueryText(text: string): Query {
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    const known = query[name];
    query[name] = known === undefined ? value : `${known},${value}`;
  }
  return query;
}

/** Whether a parameter says yes; clients of Python say it with a capital letter. */
export const isTrue = (text: string | undefined): boolean => /^(true|1|yes|t|y|on)$/i.test(text ?? '');

/** Levels of executions below one; below 0 is all. @throws ValidationError for what is no whole number */
export function toDepth(text = '-1'): number {
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw new ValidationError(`Invalid input for field/attribute max_depth. Value: '${text}'.`);
}

export type Resource = Record<string, unknown>;

/** How a resource's fields are stored. */
export interface ListSpec<T extends Stored> {
  readonly collection: Collection<T>;
  /** Name of the list in the answer. */
  readonly key: string;
  /** Path of the list, for the `next` link. */
  readonly path: string;
  /** Field of the resource -> field of the record, for those that may be sorted and filtered by. */
  readonly columns: Readonly<Record<string, string>>;
  /** All fields of the resource. */
  readonly fields: readonly string[];
  readonly present: (record: T) => Resource | Promise<Resource>;
  readonly sort?: string;
}

const CONTROL = new Set(['limit', 'marker', 'sort_keys', 'sort_dirs', 'fields', 'all_projects', 'nulls', 'project_id']);
const OPERATORS: Readonly<Record<string, string>> = {
  eq: '$eq',
  neq: '$ne',
  gt: '$gt',
  gte: '$gte',
  lt: '$lt',
  lte: '$lte',
};

/** Answers one page. @throws ValidationError for wrong parameters */
export async function listResources<T extends Stored>(
  spec: ListSpec<T>,
  query: Query,
  base: Filter = {},
): Promise<Resource> {
  const limit = toLimit(query.limit);
  const sort = toSort(spec, query);
  const filter = { ...base, ...toFilter(spec, query) };
  const after = query.marker === undefined ? {} : await afterMarker(spec, query.marker, sort);
  const records = await spec.collection.find({ $and: [filter, after] }, { sort: Object.fromEntries(sort), limit });
  const wanted = toFields(spec.fields, query.fields);
  const resources = [];
  for (const record of records) resources.push(pick(await spec.present(record), wanted));
  const last = resources.at(-1);
  const next = limit > 0 && resources.length === limit && last !== undefined ? nextLink(spec.path, query, last) : {};
  return { [spec.key]: resources, ...next };
}

/** Keeps the fields asked for. */
export function pick(resource: Resource, fields: readonly string[] | undefined): Resource {
  if (fields === undefined) return resource;
  return Object.fromEntries(fields.map((field) => [field, resource[field] ?? null]));
}

/** Fields asked for, `id` always among them; `undefined` for all. */
export function toFields(known: readonly string[], text: string | undefined): readonly string[] | undefined {
  const wanted = (text ?? '').split(',').filter((field) => field !== '');
  if (wanted.length === 0) return undefined;
  const unknown = wanted.filter((field) => !known.includes(field));
  if (unknown.length > 0) {
    throw new ValidationError(
      `Some fields do not exist  [${unknown.join(', ')}], please choose from [${known.join(', ')}]`,
    );
  }
  return [...new Set(['id', ...wanted])];
}

export function toLimit(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  const limit = Number(text);
  if (!Number.isInteger(limit)) throw new ValidationError(`Invalid input for field/attribute limit. Value: '${text}'.`);
  // The command line client says -1 for "all".
  if (limit === -1) return 0;
  if (limit <= 0) throw new ValidationError('Limit must be positive.');
  return limit;
}

function toSort<T extends Stored>(spec: ListSpec<T>, query: Query): [string, 1 | -1][] {
  // In small letters, as Mistral takes them: clients name columns as their tables do.
  const names = (query.sort_keys ?? spec.sort ?? 'created_at').toLowerCase().split(',');
  const keys = names.map((key) => key.trim()).filter((key) => key !== '');
  const dirs = (query.sort_dirs ?? '').split(',').filter((dir) => dir !== '');
  if (dirs.length > keys.length) {
    throw new ValidationError('Length of sort_keys must be equal or greater than sort_dirs.');
  }
  const wrong = dirs.find((dir) => dir !== 'asc' && dir !== 'desc');
  if (wrong !== undefined) throw new ValidationError("Unknown sort direction, must be 'desc' or 'asc'.");
  const sort = keys.map((key, index): [string, 1 | -1] => [column(spec, key), dirs[index] === 'desc' ? -1 : 1]);
  // Ids make the order total, so that a marker is one place.
  return sort.some(([field]) => field === 'id') ? sort : [...sort, ['id', 1]];
}

function column<T extends Stored>(spec: ListSpec<T>, name: string): string {
  const stored = Object.hasOwn(spec.columns, name) ? spec.columns[name] : undefined;
  if (stored === undefined) throw new ValidationError(`Unknown field "${name}".`);
  return stored;
}

/** Within `$and`, the id goes by the database's own name. */
function storedField<T extends Stored>(spec: ListSpec<T>, name: string): string {
  const field = column(spec, name);
  return field === 'id' ? '_id' : field;
}

function toFilter<T extends Stored>(spec: ListSpec<T>, query: Query): Filter {
  const filter: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(query)) {
    if (text === undefined || CONTROL.has(name) || !Object.hasOwn(spec.columns, name)) continue;
    filter[storedField(spec, name)] = toCondition(name, text);
  }
  const nulls = (query.nulls ?? '').split(',').filter((name) => name !== '');
  // Not plain `null`: within `$and` the embedded database finds nothing by it.
  for (const name of nulls) filter[storedField(spec, name)] = { $eq: null };
  return filter;
}

function toCondition(name: string, text: string): unknown {
  const { operator, value } = splitFilter(text);
  const typed = (one: string) => toValue(name, one);
  if (operator === 'in') return { $in: value.split(',').map(typed) };
  if (operator === 'nin') return { $nin: value.split(',').map(typed) };
  if (operator === 'has') return { $in: [value] };
  return { [OPERATORS[operator] ?? '$eq']: typed(value) };
}

/** `in:a,b` as operator and value; without an operator it is `eq`. */
function splitFilter(text: string): { readonly operator: string; readonly value: string } {
  const [, operator = 'eq', value = ''] = /^(?:(eq|neq|gt|gte|lt|lte|in|nin|has):)?(.*)$/s.exec(text) ?? [];
  return { operator, value };
}

const COMPARE: Readonly<Record<string, (have: string, value: string) => boolean>> = {
  eq: (have, value) => have === value,
  neq: (have, value) => have !== value,
  gt: (have, value) => have > value,
  gte: (have, value) => have >= value,
  lt: (have, value) => have < value,
  lte: (have, value) => have <= value,
  in: (have, value) => value.split(',').includes(have),
  nin: (have, value) => !value.split(',').includes(have),
  has: (have, value) => have.includes(value),
};

/** Whether something that is in no collection fits the filters of a request, for the fields that may be filtered by. */
export function fitsFilters(resource: Resource, names: readonly string[], query: Query): boolean {
  return names.every((name) => {
    const text = query[name];
    if (text === undefined) return true;
    const { operator, value } = splitFilter(text);
    const have = resource[name] ?? '';
    return COMPARE[operator]?.(String(have), typeof have === 'boolean' ? value.toLowerCase() : value) === true;
  });
}

function toDate(name: string, text: string): Date {
  const date = new Date(`${text.replace(' ', 'T').replace(/Z$/, '')}Z`);
  if (Number.isNaN(date.getTime()))
    throw new ValidationError(`Invalid input for field/attribute ${name}. Value: '${text}'.`);
  return date;
}

function toValue(name: string, text: string): unknown {
  if (name.endsWith('_at')) return toDate(name, text);
  if (text === 'null') return null;
  if (name === 'accepted' || name === 'processed' || name === 'is_system') return isTrue(text);
  return text;
}

const noMarker = (marker: string) => new NotFoundError(`There is nothing with the id of the marker, "${marker}".`);

/** Of what is in no collection, the page that a request asks for. @throws NotFoundError, ValidationError for wrong parameters */
export function pageOf(resources: readonly Resource[], { marker, limit: text }: Query): readonly Resource[] {
  const limit = toLimit(text);
  const at = marker === undefined ? -1 : resources.findIndex(({ id }) => id === marker);
  if (marker !== undefined && at === -1) throw noMarker(marker);
  return resources.slice(at + 1, limit > 0 ? at + 1 + limit : undefined);
}

/** The condition "behind this record" in the given order. */
async function afterMarker<T extends Stored>(spec: ListSpec<T>, marker: string, sort: readonly [string, 1 | -1][]) {
  const record = await spec.collection.findOne({ id: marker });
  if (record === undefined) throw noMarker(marker);
  const values = record as unknown as Readonly<Record<string, unknown>>;
  const alternatives = sort.map(([field, direction], index) => {
    const equal = sort.slice(0, index).map(([before]) => ({ [before === 'id' ? '_id' : before]: values[before] }));
    const name = field === 'id' ? '_id' : field;
    return { $and: [...equal, { [name]: { [direction === 1 ? '$gt' : '$lt']: values[field] ?? null } }] };
  });
  return { $or: alternatives };
}

function nextLink(path: string, query: Query, last: Resource) {
  const entries = Object.entries({ ...query, marker: String(last.id) }).filter(([, value]) => value !== undefined);
  return { next: `${path}?${new URLSearchParams(entries as [string, string][])}` };
}
