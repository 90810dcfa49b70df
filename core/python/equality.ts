/** Python's `==`, truth, ordering of numbers and text, and hashing. */
import { type Dict, dictEntries, dictGet, dictHas, dictSize, isDict } from './dict.ts';
import { isPyNumber, PyDate, PyDateTime, PyFloat, PySet, PyTimeDelta, PyTuple, pyHash } from './values.ts';

export { pyHash };

/** Options of {@link pyEquals}. */
export interface EqualityOptions {
  /** Tells lists from tuples; left out, arrays that are no {@link PyTuple} are lists. Python holds `[1] != (1,)`. */
  readonly isList?: (array: readonly unknown[]) => boolean;
  /** Told of every pair of containers; may throw to stop a comparison that goes on too long. */
  readonly onContainer?: (size: number) => void;
}

/** Python's `left == right`: `1 == 1.0 == True`, deep for containers, without regard to the order of dicts. */
export function pyEquals(left: unknown, right: unknown, options: EqualityOptions = {}): boolean {
  if (left === right) return true;
  const leftNumber = toNumber(left);
  if (leftNumber !== undefined) {
    const rightNumber = toNumber(right);
    // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number are compared by their mathematical value
    return rightNumber !== undefined && leftNumber == rightNumber;
  }
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return (left ?? null) === (right ?? null);
  }
  return objectsEqual(left, right, options);
}

function toNumber(value: unknown): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value instanceof PyFloat ? value.value : undefined;
}

function objectsEqual(left: object, right: object, options: EqualityOptions): boolean {
  if (Array.isArray(left)) return Array.isArray(right) && arraysEqual(left, right, options);
  if (left instanceof PySet)
    return right instanceof PySet && left.size === right.size && [...left].every((item) => right.has(item));
  if (left instanceof PyDateTime) {
    return (
      right instanceof PyDateTime &&
      (left.offset === null) === (right.offset === null) &&
      left.epochMicroseconds() === right.epochMicroseconds()
    );
  }
  if (left instanceof PyDate) return right instanceof PyDate && left.toString() === right.toString();
  if (left instanceof PyTimeDelta)
    return right instanceof PyTimeDelta && left.toMicroseconds() === right.toMicroseconds();
  return isDict(left) && isDict(right) && dictsEqual(left, right, options);
}

function arraysEqual(left: readonly unknown[], right: readonly unknown[], options: EqualityOptions): boolean {
  if (left.length !== right.length) return false;
  options.onContainer?.(left.length);
  const isList = options.isList ?? isPlainArray;
  if (isList(left) !== isList(right)) return false;
  return left.every((item, index) => pyEquals(item, right[index], options));
}

function isPlainArray(array: readonly unknown[]): boolean {
  return !(array instanceof PyTuple);
}

function dictsEqual(left: Dict, right: Dict, options: EqualityOptions): boolean {
  if (dictSize(left) !== dictSize(right)) return false;
  options.onContainer?.(dictSize(left));
  return dictEntries(left).every(([key, item]) => dictHas(right, key) && pyEquals(item, dictGet(right, key), options));
}

/** Python's truth: null, false, zero and empty text or containers are false, everything else is true. */
export function pyTruth(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null || value === undefined) return false;
  if (typeof value === 'string') return value !== '';
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'bigint') return value !== 0n;
  if (value instanceof PyFloat) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof PySet) return value.size > 0;
  if (value instanceof PyTimeDelta) return value.toMicroseconds() !== 0n;
  return isDict(value) ? dictSize(value) > 0 : true;
}

/** Order of two strings by code points (JavaScript's own order is by UTF-16 units): negative, 0 or positive. */
export function compareStrings(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    const aSurrogate = a >= 0xd800 && a <= 0xdfff;
    const bSurrogate = b >= 0xd800 && b <= 0xdfff;
    if (aSurrogate !== bSurrogate) return aSurrogate ? 1 : -1;
    return a - b;
  }
  return left.length - right.length;
}

/** Python's `type(value).__name__`. */
export function pyTypeName(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  if (isPyNumber(value)) return typeof value === 'bigint' || Number.isSafeInteger(value) ? 'int' : 'float';
  if (value instanceof PyTuple) return 'tuple';
  if (Array.isArray(value)) return 'list';
  if (value instanceof PySet) return value.frozen ? 'frozenset' : 'set';
  if (value instanceof PyDateTime) return 'datetime.datetime';
  if (value instanceof PyDate) return 'datetime.date';
  if (value instanceof PyTimeDelta) return 'datetime.timedelta';
  return isDict(value) ? 'dict' : 'object';
}
