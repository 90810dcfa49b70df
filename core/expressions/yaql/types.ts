/** The types of parameters: which values they accept, how those are converted, which of two types is the narrower. */
import { createDict, type Dict, isDict } from '../../python/dict.ts';
import { PyDictView, PyIterator } from '../../python/iterator.ts';
import { Regex } from '../../python/regex.ts';
import { isPyInt, isPyNumber, PyDateTime, type PyFloat, PySet, PyTimeDelta } from '../../python/values.ts';
// biome-ignore lint/suspicious/noShadowRestrictedNames: a view on data, not one on bytes
import { type DataView, isDataView } from '../data-view.ts';
import type { Evaluation } from './evaluation.ts';
import type { Lambda, LazyRule } from './lambda.ts';
import { OrderingIterable } from './ordering-iterable.ts';
import { Scope } from './scope.ts';

/** Classes of Python as far as "a more specific type wins" needs them. */
export type PyClass = keyof typeof ANCESTORS;

const ANCESTORS = {
  object: [],
  null: ['object'],
  bool: ['int', 'object'],
  int: ['object'],
  str: ['sequence', 'iterable', 'object'],
  iterable: ['object'],
  sequence: ['iterable', 'object'],
  iterator: ['iterable', 'object'],
  ordering: ['iterable', 'object'],
  set: ['iterable', 'object'],
  dict: ['iterable', 'object'],
  datetime: ['object'],
  timespan: ['object'],
  regex: ['object'],
  context: ['object'],
  callable: ['object'],
  rule: ['object'],
  /** A tuple of classes: neither narrower nor wider than anything. */
  number: [],
} as const satisfies Record<string, readonly string[]>;

/** A parameter's type; `T` is what the function gets. */
export interface ParamType<T = unknown> {
  /** `value`: evaluated before the call; `lambda` and `rule` receive the expression. */
  readonly kind: 'value' | 'lambda' | 'rule';
  readonly nullable: boolean;
  readonly pyClass: PyClass;
  /** Asked for values other than null. */
  readonly accepts: (value: unknown, evaluation: Evaluation) => boolean;
  readonly convert?: (value: unknown, evaluation: Evaluation) => T;
  /** Never set; carries `T` for the compiler. */
  readonly phantom?: T;
}

/** True when the first type is strictly narrower. */
export function isNarrower(type: ParamType, other: ParamType): boolean {
  if (type.kind !== 'value' || other.kind !== 'value') return false;
  return (ANCESTORS[type.pyClass] as readonly string[]).includes(other.pyClass);
}

function valueType<T>(
  pyClass: PyClass,
  accepts: ParamType['accepts'],
  convert?: ParamType<T>['convert'],
): ParamType<T> {
  return { kind: 'value', nullable: false, pyClass, accepts, ...(convert === undefined ? {} : { convert }) };
}

/** The same type that also takes null. */
export function nullable<T>(type: ParamType<T>): ParamType<T | null> {
  return { ...(type as ParamType<T | null>), nullable: true };
}

/** What a query works on. */
export type YaqlIterable = readonly unknown[] | PySet | PyDictView | PyIterator;
export type Mapping = Dict | DataView;

export function isMapping(value: unknown): value is Mapping {
  return isDict(value) || isDataView(value);
}

/** A view as a dict of its own; dicts stay as they are. */
export function toDict(value: Mapping): Dict {
  if (!isDataView(value)) return value;
  return createDict(Array.from(value.keys(), (key) => [key, value.get(key) ?? null] as const));
}

export function isIterable(value: unknown): boolean {
  return (
    Array.isArray(value) ||
    value instanceof PyIterator ||
    value instanceof PySet ||
    value instanceof PyDictView ||
    value instanceof OrderingIterable
  );
}

/** True for what Python's `collections.abc.Set` covers: sets, and the keys and items of a dict. */
export function isSetLike(value: unknown): value is PySet | PyDictView {
  return value instanceof PySet || (value instanceof PyDictView && value.kind !== 'values');
}

function toIterable(value: unknown, evaluation: Evaluation): YaqlIterable {
  if (Array.isArray(value) || isSetLike(value)) return evaluation.checkSize(value);
  if (isMapping(value)) return evaluation.checkSize(new PyDictView('keys', toDict(value)));
  return evaluation.limited(value as Iterable<unknown>);
}

const int = (value: unknown) => isPyInt(value) || typeof value === 'boolean';
const toInt = (value: unknown): number => Number(value);

export const any: ParamType = { ...valueType('object', () => true), nullable: true };
export const anyButNull: ParamType = valueType('object', () => true);
export const nothing: ParamType<null> = { ...valueType<null>('null', () => false), nullable: true };
export const string = valueType<string>('str', (value) => typeof value === 'string');
export const boolean = valueType<boolean>('bool', (value) => typeof value === 'boolean');
/** An int (booleans pass, as in Python) that serves as a count or a position. */
export const integer = valueType<number>('int', int, toInt);
/** An int (booleans pass) of any size. */
export const bigInteger = valueType<number | bigint | boolean>('int', int);
/** An int, not a boolean. */
export const strictInteger = valueType<number>('int', isPyInt, toInt);
export const number = valueType<number | bigint | PyFloat>('number', isPyNumber);
export const iterable = valueType<YaqlIterable>(
  'iterable',
  (value, evaluation) => isIterable(value) || (evaluation.iterableDicts && isMapping(value)),
  toIterable,
);
/** An iterable other than a set. */
export const unsetIterable = valueType<YaqlIterable>(
  'iterable',
  (value) => isIterable(value) && !isSetLike(value),
  toIterable,
);
export const list = valueType<readonly unknown[]>('sequence', Array.isArray);
export const iterator = valueType<PyIterator>('iterator', (value) => value instanceof PyIterator);
export const ordering = valueType<OrderingIterable>('ordering', (value) => value instanceof OrderingIterable);
export const set = valueType<PySet | PyDictView>('set', isSetLike);
/** A dict, or a view that is only to be asked for single keys. */
export const mapping = valueType<Mapping>('dict', isMapping);
export const dict = valueType<Dict>('dict', isMapping, (value) => toDict(value as Mapping));
export const timespan = valueType<PyTimeDelta>('timespan', (value) => value instanceof PyTimeDelta);
export const datetime = valueType<PyDateTime>(
  'datetime',
  (value) => value instanceof PyDateTime,
  (value) => withZone(value as PyDateTime),
);
export const regex = valueType<Regex>('regex', (value) => value instanceof Regex);
export const context = valueType<Scope>('context', (value) => value instanceof Scope);
/** `key => value`, both evaluated. */
export const rule = valueType<EvaluatedRule>('rule', (value) => value instanceof EvaluatedRule);
/** `key => value`, evaluated when the function asks. */
export const lazyRule: ParamType<LazyRule> = { kind: 'rule', nullable: false, pyClass: 'rule', accepts: () => false };
export const lazy: ParamType<Lambda> = { kind: 'lambda', nullable: true, pyClass: 'callable', accepts: () => true };
export const lazyOrNull: ParamType<Lambda | null> = lazy;

/** A `key => value` pair as an argument. */
export class EvaluatedRule {
  readonly source: unknown;
  readonly destination: unknown;

  constructor(source: unknown, destination: unknown) {
    this.source = source;
    this.destination = destination;
  }
}

/** A datetime without a zone is taken for UTC. */
export function withZone(value: PyDateTime): PyDateTime {
  return value.offset === null ? new PyDateTime({ ...value, offset: new PyTimeDelta(0) }) : value;
}

/** The type that a parameter of a host function has through its default, as in YAQL. */
export function typeOfDefault(fallback: unknown): ParamType {
  if (typeof fallback === 'string') return nullable(string);
  if (typeof fallback === 'boolean') return nullable(boolean);
  if (isPyInt(fallback)) return nullable(bigInteger);
  if (isPyNumber(fallback)) return nullable(valueType('object', (value) => isPyNumber(value) && !isPyInt(value)));
  return any;
}
