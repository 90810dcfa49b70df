/**
 * Checks values by the JSON Schema dialect of packs: draft 4 with draft 3's `required` on the property itself.
 * `format` only says what is meant, as in StackStorm, which gives its validator no checker of formats (`st2common/util/schema`).
 * Messages are those of StackStorm's validator, which scripts look for. No code is generated from schemas.
 */
import { isDict } from '../python/dict.ts';
import { pyEquals } from '../python/equality.ts';
import { isLongInteger } from '../python/exact-json.ts';
import { compileRegex } from '../python/regex.ts';
import { pyRepr } from '../python/repr.ts';
import { isPyInt, isPyNumber, numberOf } from '../python/values.ts';
import { bestMatch } from './best-match.ts';

export type Schema = Readonly<Record<string, unknown>>;
export type Path = readonly (string | number)[];

export interface SchemaProblem {
  readonly message: string;
  /** Where the value stands: keys and indexes. */
  readonly path: Path;
  /** The property that is missing there. */
  readonly property?: string;
  /** Of a choice: what is wrong with each of its ways. */
  readonly ways?: readonly SchemaProblem[];
}

type Keyword = (rule: unknown, value: unknown, schema: Schema, path: Path) => Iterable<SchemaProblem>;

/** The problems of a value, the first ones first. */
export function* checkSchema(value: unknown, schema: Schema, path: Path = []): Iterable<SchemaProblem> {
  for (const [name, rule] of Object.entries(schema)) {
    const keyword = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined;
    if (keyword !== undefined) yield* keyword(rule, value, schema, path);
  }
}

/** The problem of these that is told. */
export function bestProblem(problems: Iterable<SchemaProblem>): SchemaProblem | undefined {
  return bestMatch(problems, ({ path, property }) => path.length + (property === undefined ? 0 : 1));
}

function isValid(value: unknown, schema: unknown): boolean {
  if (!isDict(schema)) return true;
  for (const _problem of checkSchema(value, schema as Schema)) return false;
  return true;
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  array: (value) => Array.isArray(value),
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => isPyInt(value) || isLongInteger(value),
  null: (value) => value === null || value === undefined,
  number: (value) => isPyNumber(value) || isLongInteger(value),
  object: (value) => isDict(value),
  string: (value) => typeof value === 'string',
};

function hasType(value: unknown, type: unknown): boolean {
  if (isDict(type)) return isValid(value, type);
  return typeof type !== 'string' || !Object.hasOwn(TYPES, type) || TYPES[type]?.(value) === true;
}

/** A rule for values of one kind that must hold. */
function rule<T>(
  applies: (value: unknown) => value is T,
  holds: (value: T, argument: unknown, schema: Schema) => boolean,
  message: (value: T, argument: unknown, schema: Schema) => string,
): Keyword {
  return function* check(argument, value, schema, path) {
    if (applies(value) && !holds(value, argument, schema)) yield { message: message(value, argument, schema), path };
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isArray = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isObject = (value: unknown): value is Schema => isDict(value);
const isAny = (_value: unknown): _value is unknown => true;
const size = (value: Schema): number => Object.keys(value).length;
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function isUnique(items: readonly unknown[]): boolean {
  return items.every((item, index) => items.slice(0, index).every((earlier) => !pyEquals(earlier, item)));
}

function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9;
}

function* properties(definitions: unknown, value: unknown, _schema: Schema, path: Path): Iterable<SchemaProblem> {
  if (!isObject(value) || !isObject(definitions)) return;
  for (const [name, definition] of Object.entries(definitions)) {
    if (!isObject(definition)) continue;
    if (Object.hasOwn(value, name)) yield* checkSchema(value[name], definition, [...path, name]);
    else if (definition.required === true)
      yield { message: `${pyRepr(name)} is a required property`, path, property: name };
  }
}

function* additionalProperties(allowed: unknown, value: unknown, schema: Schema, path: Path): Iterable<SchemaProblem> {
  if (!isObject(value)) return;
  const known = isObject(schema.properties) ? schema.properties : {};
  const patterns = isObject(schema.patternProperties) ? Object.keys(schema.patternProperties) : [];
  const extra = Object.keys(value).filter(
    (name) => !Object.hasOwn(known, name) && !patterns.some((pattern) => compileRegex(pattern).search(name) !== null),
  );
  if (isObject(allowed)) for (const name of extra) yield* checkSchema(value[name], allowed, [...path, name]);
  if (allowed !== false || extra.length === 0) return;
  const printed = (names: readonly string[]) => names.map((name) => pyRepr(name)).join(', ');
  const isOne = extra.length === 1;
  const message =
    patterns.length > 0
      ? `${printed(extra.sort())} ${isOne ? 'does' : 'do'} not match any of the regexes: ${printed(patterns.sort())}`
      : `Additional properties are not allowed (${printed(extra)} ${isOne ? 'was' : 'were'} unexpected)`;
  yield { message, path };
}

function* patternProperties(patterns: unknown, value: unknown, _schema: Schema, path: Path): Iterable<SchemaProblem> {
  if (!isObject(value) || !isObject(patterns)) return;
  for (const [pattern, definition] of Object.entries(patterns)) {
    const regex = compileRegex(pattern);
    for (const [name, item] of Object.entries(value)) {
      if (isObject(definition) && regex.search(name) !== null) yield* checkSchema(item, definition, [...path, name]);
    }
  }
}

function* items(definition: unknown, value: unknown, schema: Schema, path: Path): Iterable<SchemaProblem> {
  if (!isArray(value)) return;
  const positional = Array.isArray(definition) ? (definition as readonly unknown[]) : undefined;
  for (const [index, item] of value.entries()) {
    const own = positional === undefined ? definition : (positional[index] ?? schema.additionalItems);
    if (isObject(own)) yield* checkSchema(item, own, [...path, index]);
  }
  const tooMany = positional !== undefined && schema.additionalItems === false && value.length > positional.length;
  if (tooMany) yield { message: 'Additional items are not allowed', path };
}

function* anyOf(schemas: unknown, value: unknown, _schema: Schema, path: Path): Iterable<SchemaProblem> {
  if (list(schemas).some((schema) => isValid(value, schema))) return;
  yield noWay(schemas, value, path);
}

function noWay(schemas: unknown, value: unknown, path: Path): SchemaProblem {
  const ways = list(schemas).flatMap((schema) => (isObject(schema) ? [...checkSchema(value, schema, path)] : []));
  return { message: `${pyRepr(value)} is not valid under any of the given schemas`, path, ways };
}

function* oneOf(schemas: unknown, value: unknown, _schema: Schema, path: Path): Iterable<SchemaProblem> {
  const [first, ...more] = list(schemas).filter((schema) => isValid(value, schema));
  if (first === undefined) yield noWay(schemas, value, path);
  if (more.length === 0) return;
  const fitting = [...more, first].map((schema) => pyRepr(schema)).join(', ');
  yield { message: `${pyRepr(value)} is valid under each of ${fitting}`, path, ways: [] };
}

function* allOf(schemas: unknown, value: unknown, _schema: Schema, path: Path): Iterable<SchemaProblem> {
  for (const schema of list(schemas)) if (isObject(schema)) yield* checkSchema(value, schema, path);
}

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  type: rule(
    isAny,
    (value, type) => (Array.isArray(type) ? type : [type]).some((one) => hasType(value, one)),
    (value, type) => {
      const names = (Array.isArray(type) ? type : [type]).map((one) => pyRepr(one)).join(', ');
      return `${pyRepr(value)} is not of type ${names}`;
    },
  ),
  enum: rule(
    isAny,
    // What may be null by its type is not named again among its choices.
    (value, allowed, { type }) =>
      list(allowed).some((one) => pyEquals(one, value)) || (value === null && list(type).includes('null')),
    (value, allowed) => `${pyRepr(value)} is not one of ${pyRepr(allowed)}`,
  ),
  minimum: rule(
    isPyNumber,
    (value, limit, { exclusiveMinimum }) =>
      exclusiveMinimum === true ? numberOf(value) > Number(limit) : numberOf(value) >= Number(limit),
    (value, limit, { exclusiveMinimum }) =>
      `${pyRepr(value)} is less than ${exclusiveMinimum === true ? 'or equal to ' : ''}the minimum of ${pyRepr(limit)}`,
  ),
  maximum: rule(
    isPyNumber,
    (value, limit, { exclusiveMaximum }) =>
      exclusiveMaximum === true ? numberOf(value) < Number(limit) : numberOf(value) <= Number(limit),
    (value, limit, { exclusiveMaximum }) =>
      `${pyRepr(value)} is greater than ${exclusiveMaximum === true ? 'or equal to ' : ''}the maximum of ${pyRepr(limit)}`,
  ),
  multipleOf: rule(
    isPyNumber,
    (value, of) => isMultiple(numberOf(value), Number(of)),
    (value, of) => `${pyRepr(value)} is not a multiple of ${pyRepr(of)}`,
  ),
  minLength: rule(
    isText,
    (value, limit) => Array.from(value).length >= Number(limit),
    (value) => `${pyRepr(value)} is too short`,
  ),
  maxLength: rule(
    isText,
    (value, limit) => Array.from(value).length <= Number(limit),
    (value) => `${pyRepr(value)} is too long`,
  ),
  pattern: rule(
    isText,
    (value, pattern) => compileRegex(String(pattern)).search(value) !== null,
    (value, pattern) => `${pyRepr(value)} does not match ${pyRepr(pattern)}`,
  ),
  minItems: rule(
    isArray,
    (value, limit) => value.length >= Number(limit),
    (value) => `${pyRepr(value)} is too short`,
  ),
  maxItems: rule(
    isArray,
    (value, limit) => value.length <= Number(limit),
    (value) => `${pyRepr(value)} is too long`,
  ),
  uniqueItems: rule(
    isArray,
    (value, wanted) => wanted !== true || isUnique(value),
    (value) => `${pyRepr(value)} has non-unique elements`,
  ),
  minProperties: rule(
    isObject,
    (value, limit) => size(value) >= Number(limit),
    (value) => `${pyRepr(value)} does not have enough properties`,
  ),
  maxProperties: rule(
    isObject,
    (value, limit) => size(value) <= Number(limit),
    (value) => `${pyRepr(value)} has too many properties`,
  ),
  not: rule(
    isAny,
    (value, schema) => !isValid(value, schema),
    (value, schema) => `${pyRepr(schema)} is not allowed for ${pyRepr(value)}`,
  ),
  properties,
  additionalProperties,
  patternProperties,
  items,
  anyOf,
  oneOf,
  allOf,
};
