/** Reads query strings: only names that a route declares exist, each of one declared kind. Unknown ones are ignored, as StackStorm does. */
import { ValidationError } from '../../core/errors.ts';

export type QueryKind = 'string' | 'integer' | 'boolean' | 'list';

/** The parameters of a route, by name. */
export type QueryTable = Readonly<Record<string, QueryKind>>;

/** Values of a request's query by name; what was not given (or is empty) is absent. */
export interface Query {
  text(name: string): string | undefined;
  integer(name: string): number | undefined;
  flag(name: string): boolean;
  list(name: string): readonly string[] | undefined;
  /** Whether the parameter was given with a value. */
  has(name: string): boolean;
  /** Whether the parameter was given without a value. */
  isEmpty(name: string): boolean;
}

const POSITIVE = ['true', '1', 'yes', 'y'];
const NEGATIVE = ['false', '0', 'no', 'n'];
const MAX_LIST = 100;

type Parser = (name: string, values: readonly string[]) => unknown;

const last = (values: readonly string[]) => values[values.length - 1] ?? '';

const PARSERS: Readonly<Record<QueryKind, Parser>> = {
  string: (_name, values) => last(values),
  integer: (name, values) => {
    const text = last(values);
    if (!/^-?[0-9]+$/.test(text)) throw new ValidationError(`Parameter "${name}" is not of type integer`);
    return Number(text);
  },
  boolean: (name, values) => {
    const text = last(values).toLowerCase();
    if (!POSITIVE.includes(text) && !NEGATIVE.includes(text))
      throw new ValidationError(`Parameter "${name}" is not of type boolean`);
    return POSITIVE.includes(text);
  },
  list: (_name, values) => {
    const items = values.flatMap((value) => value.split(','));
    if (items.length > MAX_LIST)
      throw new ValidationError(`Maximum of ${MAX_LIST} items can be provided for a query parameter value`);
    return items;
  },
};

/** @throws ValidationError with StackStorm's sentence for a value of the wrong kind */
export function parseQuery(table: QueryTable, raw: Readonly<Record<string, unknown>>): Query {
  const values = new Map<string, unknown>();
  const empty = new Set<string>();
  for (const [name, kind] of Object.entries(table)) {
    const given = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (given === undefined) continue;
    const texts = (Array.isArray(given) ? given : [given]).map(String);
    // An empty value counts as not given; an empty number is a mistake, as in StackStorm.
    if (texts.every((text) => text === '') && kind !== 'integer') empty.add(name);
    else values.set(name, PARSERS[kind](name, texts));
  }
  return {
    text: (name) => values.get(name) as string | undefined,
    integer: (name) => values.get(name) as number | undefined,
    flag: (name) => values.get(name) === true,
    list: (name) => values.get(name) as readonly string[] | undefined,
    has: (name) => values.has(name),
    isEmpty: (name) => empty.has(name),
  };
}
