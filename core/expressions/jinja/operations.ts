/** Python's operations that Jinja expressions use: truth, text, iteration, comparison, membership, indexing. */
import { type Dict, dictGet, dictHas, dictKeys, dictSize, isDict } from '../../python/dict.ts';
import { compareStrings, pyEquals, pyTruth, pyTypeName } from '../../python/equality.ts';
import { PythonError } from '../../python/errors.ts';
import { pyRepr, pyStr } from '../../python/repr.ts';
import {
  isPyNumber,
  numberOf,
  PyDate,
  PyDateTime,
  PyFloat,
  PySet,
  PyTimeDelta,
  PyTuple,
  toPyTuple,
} from '../../python/values.ts';
import type { CompareOperator } from './ast.ts';
import type { Evaluation } from './evaluation.ts';
import { HostObject, PyIterator, PyRange, Undefined } from './objects.ts';

/** Python's `type(value).__name__`, also for values that are not data. */
export function typeNameOf(value: unknown): string {
  if (value instanceof HostObject) return value.typeName;
  return pyTypeName(value);
}

export function truth(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (!(value instanceof HostObject)) return pyTruth(value);
  if (value instanceof Undefined) value.requireLenient();
  return value.length() !== 0;
}

const hostText = { other: (value: object): string => (value instanceof HostObject ? hostRepr(value) : '<object>') };

/** A missing value prints inside of a list, even where it may not be used. */
function hostRepr(value: HostObject): string {
  return value instanceof Undefined ? value.typeName : value.text();
}

/** Python's `str(value)`; pays for walking containers. */
export function textOf(value: unknown, evaluation: Evaluation): string {
  if (typeof value === 'string') return value;
  if (value instanceof HostObject) return value.text();
  if (typeof value === 'object') evaluation.chargeTree(value);
  return pyStr(value, hostText);
}

/** Python's `repr(value)`. */
export function reprOf(value: unknown, evaluation: Evaluation): string {
  evaluation.chargeTree(value);
  return value instanceof HostObject ? hostRepr(value) : pyRepr(value, hostText);
}

/** Characters of a text as Python counts them: code points. */
export function characters(text: string): readonly string[] {
  return Array.from(text);
}

const SURROGATE = /[\ud800-\udfff]/;

export function textLength(text: string): number {
  return SURROGATE.test(text) ? characters(text).length : text.length;
}

/** The items of a value, each of which costs a step. @throws PythonError TypeError when it cannot be iterated */
export function iterate(value: unknown, evaluation: Evaluation): Iterable<unknown> {
  return charged(rawItems(value), evaluation);
}

/** The items as an array. */
export function listOf(value: unknown, evaluation: Evaluation): unknown[] {
  if (Array.isArray(value)) {
    evaluation.charge(value.length);
    return value.slice();
  }
  const items: unknown[] = [];
  forEachItem(value, evaluation, (item) => void items.push(item));
  return items;
}

/** Gives every item to `sink`; each costs a step. The quickest way to all items. */
export function forEachItem(value: unknown, evaluation: Evaluation, sink: (item: unknown) => void): void {
  if (Array.isArray(value)) {
    evaluation.charge(value.length);
    for (let index = 0; index < value.length; index += 1) sink(value[index]);
  } else if (value instanceof PyIterator) {
    value.forEach(evaluation, sink);
  } else {
    for (const item of iterate(value, evaluation)) sink(item);
  }
}

function rawItems(value: unknown): Iterable<unknown> {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) || value instanceof PySet) return value;
  if (isDict(value)) return dictKeys(value);
  const items = value instanceof HostObject ? value.items() : undefined;
  if (items === undefined) throw new PythonError('TypeError', `'${typeNameOf(value)}' object is not iterable`);
  return items;
}

function* charged(items: Iterable<unknown>, evaluation: Evaluation): Iterable<unknown> {
  for (const item of items) {
    evaluation.charge(1);
    yield item;
  }
}

/** Python's `len`. */
export function lengthOf(value: unknown): number {
  if (typeof value === 'string') return textLength(value);
  if (Array.isArray(value)) return value.length;
  if (value instanceof PySet) return value.size;
  if (isDict(value)) return dictSize(value);
  const length = value instanceof HostObject ? value.length() : undefined;
  if (length === undefined) throw new PythonError('TypeError', `object of type '${typeNameOf(value)}' has no len()`);
  return length;
}

/** Python's `==`. An undefined value equals nothing in strict mode: it fails. */
export function equals(left: unknown, right: unknown, evaluation: Evaluation): boolean {
  const type = typeof left;
  if (type !== 'object' && type === typeof right) return left === right;
  if (left instanceof HostObject || right instanceof HostObject) return hostEquals(left, right);
  if (left === null || right === null) return left === right;
  if (typeof left === 'object' && typeof right === 'object') evaluation.chargeTree(left);
  return pyEquals(left, right);
}

function hostEquals(left: unknown, right: unknown): boolean {
  if (left instanceof Undefined) left.requireLenient();
  if (right instanceof Undefined) right.requireLenient();
  if (left instanceof Undefined && right instanceof Undefined) return true;
  if (left instanceof PyRange && right instanceof PyRange) return left.text() === right.text();
  return left === right;
}

/** Negative, zero or positive, as Python orders the two. @throws PythonError TypeError when they have no order */
export function order(left: unknown, right: unknown, evaluation: Evaluation, operator = '<'): number {
  evaluation.charge(1);
  if (typeof left === 'number' && typeof right === 'number') return orderNumbers(left, right);
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right);
  const a = typeof left === 'boolean' ? Number(left) : left;
  const b = typeof right === 'boolean' ? Number(right) : right;
  if (isPyNumber(a) && isPyNumber(b)) return orderNumbers(a, b);
  if (left instanceof Undefined) left.fail();
  if (right instanceof Undefined) right.fail();
  if (Array.isArray(left) && Array.isArray(right) && left instanceof PyTuple === right instanceof PyTuple) {
    return orderSequences(left, right, evaluation, operator);
  }
  const times = orderTimes(left, right);
  if (times !== undefined) return times;
  const types = `'${typeNameOf(left)}' and '${typeNameOf(right)}'`;
  throw new PythonError('TypeError', `'${operator}' not supported between instances of ${types}`);
}

function orderNumbers(left: number | bigint | PyFloat, right: number | bigint | PyFloat): number {
  const a = left instanceof PyFloat ? left.value : left;
  const b = right instanceof PyFloat ? right.value : right;
  if (a < b) return -1;
  if (a > b) return 1;
  return Number.isNaN(numberOf(left)) || Number.isNaN(numberOf(right)) ? Number.NaN : 0;
}

function orderSequences(
  a: readonly unknown[],
  b: readonly unknown[],
  evaluation: Evaluation,
  operator: string,
): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    if (!equals(a[index], b[index], evaluation)) return order(a[index], b[index], evaluation, operator);
  }
  return a.length - b.length;
}

function orderTimes(left: unknown, right: unknown): number | undefined {
  if (left instanceof PyDateTime && right instanceof PyDateTime) {
    if ((left.offset === null) !== (right.offset === null)) {
      throw new PythonError('TypeError', "can't compare offset-naive and offset-aware datetimes");
    }
    return Number(left.epochMicroseconds() - right.epochMicroseconds());
  }
  if (left instanceof PyTimeDelta && right instanceof PyTimeDelta) {
    return Number(left.toMicroseconds() - right.toMicroseconds());
  }
  if (left instanceof PyDate && right instanceof PyDate) return compareStrings(left.toString(), right.toString());
  return undefined;
}

/** One comparison of a chain. */
export function compare(operator: CompareOperator, left: unknown, right: unknown, evaluation: Evaluation): boolean {
  switch (operator) {
    case '==':
      return equals(left, right, evaluation);
    case '!=':
      return !equals(left, right, evaluation);
    case 'in':
      return contains(left, right, evaluation);
    case 'notin':
      return !contains(left, right, evaluation);
    default:
      return compareOrder(operator, left, right, evaluation);
  }
}

function compareOrder(
  operator: '<' | '<=' | '>' | '>=',
  left: unknown,
  right: unknown,
  evaluation: Evaluation,
): boolean {
  if (left instanceof PySet && right instanceof PySet) return compareSets(operator, left, right);
  const sign = order(left, right, evaluation, operator);
  switch (operator) {
    case '<':
      return sign < 0;
    case '<=':
      return sign <= 0;
    case '>':
      return sign > 0;
    case '>=':
      return sign >= 0;
  }
}

function compareSets(operator: '<' | '<=' | '>' | '>=', left: PySet, right: PySet): boolean {
  const [small, large] = operator.startsWith('<') ? [left, right] : [right, left];
  const subset = [...small].every((item) => large.has(item));
  return subset && (operator.length === 2 || small.size < large.size);
}

/** Python's `item in container`. */
export function contains(item: unknown, container: unknown, evaluation: Evaluation): boolean {
  if (typeof container === 'string') {
    if (item instanceof Undefined) item.requireLenient();
    if (typeof item === 'string') return container.includes(item);
    throw new PythonError('TypeError', `'in <string>' requires string as left operand, not ${typeNameOf(item)}`);
  }
  if (isDict(container)) return dictHas(container, hashable(item));
  if (container instanceof PySet) return container.has(hashable(item));
  for (const candidate of iterateArgument(container, evaluation)) {
    if (candidate === item || equals(candidate, item, evaluation)) return true;
  }
  return false;
}

function iterateArgument(container: unknown, evaluation: Evaluation): Iterable<unknown> {
  if (container instanceof HostObject || Array.isArray(container)) return iterate(container, evaluation);
  throw new PythonError('TypeError', `argument of type '${typeNameOf(container)}' is not iterable`);
}

function hashable(value: unknown): unknown {
  if (value instanceof Undefined) value.fail();
  const mutable = (Array.isArray(value) && !(value instanceof PyTuple)) || isDict(value);
  if (mutable) throw new PythonError('TypeError', `unhashable type: '${typeNameOf(value)}'`);
  return value;
}

/** Bounds of `[start:stop:step]`; each is null when left out. */
export interface Slice {
  readonly start: unknown;
  readonly stop: unknown;
  readonly step: unknown;
}

/** Python's `sequence[start:stop:step]`; `undefined` for what cannot be sliced. */
export function slice(value: unknown, bounds: Slice): unknown {
  if (typeof value === 'string') {
    if (!SURROGATE.test(value) && (bounds.step === null || bounds.step === 1)) {
      const [start, stop] = sliceIndices(value.length, bounds);
      return value.slice(start, Math.max(start, stop));
    }
    return sliceItems(characters(value), bounds).join('');
  }
  if (value instanceof PyTuple) return toPyTuple(sliceItems(value, bounds));
  if (Array.isArray(value)) return sliceItems(value, bounds);
  if (value instanceof PyRange) {
    const [start, stop, step] = sliceIndices(value.length(), bounds);
    return new PyRange(value.start + start * value.step, value.start + stop * value.step, value.step * step);
  }
  return undefined;
}

function sliceItems<T>(items: readonly T[], bounds: Slice): T[] {
  const [start, stop, step] = sliceIndices(items.length, bounds);
  if (step === 1) return Array.prototype.slice.call(items, start, Math.max(start, stop)) as T[];
  const result: T[] = [];
  for (let index = start; step > 0 ? index < stop : index > stop; index += step) result.push(items[index] as T);
  return result;
}

function sliceIndices(length: number, bounds: Slice): readonly [start: number, stop: number, step: number] {
  const step = sliceBound(bounds.step) ?? 1;
  if (step === 0) throw new PythonError('ValueError', 'slice step cannot be zero');
  const lowest = step > 0 ? 0 : -1;
  const highest = step > 0 ? length : length - 1;
  const clamp = (bound: number): number => Math.min(Math.max(bound < 0 ? bound + length : bound, lowest), highest);
  const start = sliceBound(bounds.start);
  const stop = sliceBound(bounds.stop);
  return [
    start === undefined ? (step > 0 ? lowest : highest) : clamp(start),
    stop === undefined ? (step > 0 ? highest : lowest) : clamp(stop),
    step,
  ];
}

function sliceBound(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'bigint') return value > 0n ? Number.MAX_SAFE_INTEGER : -Number.MAX_SAFE_INTEGER;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (value instanceof Undefined) value.fail();
  throw new PythonError('TypeError', 'slice indices must be integers or None or have an __index__ method');
}

/** The item of a data value; `undefined` when there is none. */
export function dataItem(value: unknown, key: unknown): unknown {
  if (isDict(value)) return dictItem(value, key);
  const index = typeof key === 'boolean' ? Number(key) : key;
  if (typeof index !== 'number' || !Number.isSafeInteger(index)) return undefined;
  if (Array.isArray(value)) return value[index < 0 ? index + value.length : index];
  if (typeof value !== 'string') return undefined;
  const units = SURROGATE.test(value) ? characters(value) : value;
  return units[index < 0 ? index + units.length : index];
}

function dictItem(dict: Dict, key: unknown): unknown {
  if (typeof key === 'object' && key !== null && !(key instanceof PyFloat)) {
    return key instanceof PyTuple || key instanceof PyDate || key instanceof PyDateTime
      ? dictGet(dict, key)
      : undefined;
  }
  return dictGet(dict, key);
}
