/**
 * The values that both expression engines work on: Python's, told apart where plain JavaScript could not.
 *
 * - null, booleans and strings are themselves; a list is an array, a dict with only string keys a plain object.
 * - An int is an integral `number`, beyond +-(2^53-1) a `bigint`. A float is a `number` with a fraction (or NaN or an
 *   infinity); an integral float is a {@link PyFloat}, so that `2.0` is not taken for `2`.
 * - Tuples, sets, dicts with other keys, and times have classes of their own.
 *
 * Prototypes of data are never trusted: keys such as `constructor` and `__proto__` are ordinary data.
 */
import { PyDate, PyDateTime, PyTimeDelta } from './datetime.ts';
import { PythonError } from './errors.ts';
import { setOrder } from './set-order.ts';

export { PyDate, PyDateTime, PyTimeDelta };

/** A float whose value is an integer; other floats are plain numbers. Make one with {@link toPyFloat}. */
export class PyFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  toJSON(): number {
    return this.value;
  }

  toString(): string {
    return String(this.value);
  }
}

/** A tuple: an array that prints with parentheses and can be hashed. Derived arrays (`map`, `slice`) are plain. */
export class PyTuple<T = unknown> extends Array<T> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** Makes a tuple; unlike the constructor it never takes a single number for a length. */
export function toPyTuple<T>(items: Iterable<T>): PyTuple<T> {
  const tuple = new PyTuple<T>();
  for (const item of items) tuple.push(item);
  return tuple;
}

/** A number as a Python float. */
export function toPyFloat(value: number): number | PyFloat {
  return Number.isInteger(value) ? new PyFloat(value) : value;
}

/** A bigint as a Python int: a `number` when that is exact. */
export function toPyInt(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

export function isPyInt(value: unknown): value is number | bigint {
  return typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'bigint';
}

export function isPyFloat(value: unknown): value is number | PyFloat {
  return typeof value === 'number' ? !Number.isSafeInteger(value) : value instanceof PyFloat;
}

/** An int or a float, not a boolean. */
export function isPyNumber(value: unknown): value is number | bigint | PyFloat {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof PyFloat;
}

/** The size of a number as a JavaScript number; exactness of big integers is lost. */
export function numberOf(value: number | bigint | PyFloat | boolean): number {
  if (typeof value === 'number') return value;
  return value instanceof PyFloat ? value.value : Number(value);
}

/** True for an object literal (of any realm) or one without prototype: a dict with string keys. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === null ||
    (Object.hasOwn(prototype as object, 'isPrototypeOf') && Object.getPrototypeOf(prototype) === null)
  );
}

/** Stands for a value in a JavaScript `Map`: two values have the same key when Python holds them equal. */
export type HashKey = string | number | bigint | null | object;
export type Hasher = (value: unknown) => HashKey;

const COMPOSITE_MARK = '\u0000';

/** Ids of things that are equal only to themselves, for use inside of composite keys. */
const identities = new WeakMap<object, number>();
let lastIdentity = 0;

function identityOf(value: object): number {
  const known = identities.get(value);
  if (known !== undefined) return known;
  lastIdentity += 1;
  identities.set(value, lastIdentity);
  return lastIdentity;
}

function hashNumber(value: number): HashKey {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return BigInt(value);
  return value === 0 ? 0 : value;
}

function encode(key: HashKey): string {
  if (typeof key === 'string') return `s${key.length}:${key}`;
  if (typeof key === 'object' && key !== null) return `o${identityOf(key)}`;
  return `${typeof key === 'bigint' ? 'n' : ''}${String(key)}`;
}

/**
 * Makes a hasher; `isFrozen` decides whether an array, a dict or a set may be a key, `refuse` names the type of other
 * objects that may not.
 */
export function createHasher(
  isFrozen: (container: object) => boolean,
  refuse: (value: object) => string | undefined = () => undefined,
): Hasher {
  const hash: Hasher = (value) => {
    if (typeof value === 'string') return value.startsWith(COMPOSITE_MARK) ? COMPOSITE_MARK + value : value;
    if (typeof value === 'number') return hashNumber(value);
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'bigint') return toPyInt(value);
    if (value === null || value === undefined) return null;
    if (value instanceof PyFloat) return hashNumber(value.value);
    return hashContainer(value as object);
  };
  const hashContainer = (value: object): HashKey => {
    if (value instanceof PyDateTime) {
      return `${COMPOSITE_MARK}d${value.epochMicroseconds()}${value.offset === null ? 'naive' : ''}`;
    }
    if (value instanceof PyDate) return `${COMPOSITE_MARK}D${value.toString()}`;
    if (value instanceof PyTimeDelta) return `${COMPOSITE_MARK}t${value.toMicroseconds()}`;
    if (Array.isArray(value)) {
      if (!(value instanceof PyTuple) && !isFrozen(value)) throw unhashable('list');
      return `${COMPOSITE_MARK}(${value.map((item) => encode(hash(item))).join(',')})`;
    }
    if (value instanceof PySet) {
      if (!value.frozen && !isFrozen(value)) throw unhashable('set');
      return `${COMPOSITE_MARK}{${value.hashKeys().map(encode).sort().join(',')}}`;
    }
    if (value instanceof PyDict || isPlainObject(value)) {
      if (!isFrozen(value)) throw unhashable('dict');
      const entries = value instanceof PyDict ? [...value.entries()] : Object.entries(value);
      const parts = entries.map(([key, item]) => `${encode(hash(key))}=${encode(hash(item))}`);
      return `${COMPOSITE_MARK}[${parts.sort().join(',')}]`;
    }
    const refused = refuse(value);
    if (refused !== undefined) throw unhashable(refused);
    return value;
  };
  return hash;
}

function orderOfIntegers(members: ReadonlyMap<HashKey, unknown>): unknown[] | undefined {
  const hashes: number[] = [];
  for (const key of members.keys()) {
    if (!Number.isSafeInteger(key)) return undefined;
    hashes.push(key as number);
  }
  const values = [...members.values()];
  return setOrder(hashes).map((index) => values[index]);
}

function unhashable(type: string): PythonError {
  return new PythonError('TypeError', `unhashable type: '${type}'`);
}

/** Python's own rule: lists, dicts and sets cannot be keys. */
export const pyHash: Hasher = createHasher(() => false);

/** A dict that has at least one key which is not a string; keys are equal as in Python (`1 == 1.0 == true`). */
export class PyDict {
  readonly #entries = new Map<HashKey, [key: unknown, value: unknown]>();
  readonly #hash: Hasher;

  constructor(entries: Iterable<readonly [unknown, unknown]> = [], hash: Hasher = pyHash) {
    this.#hash = hash;
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: unknown): boolean {
    return this.#entries.has(this.#hash(key));
  }

  get(key: unknown): unknown {
    return this.#entries.get(this.#hash(key))?.[1];
  }

  /** Adds or replaces; as in Python the first of two equal keys stays. */
  set(key: unknown, value: unknown): void {
    const hash = this.#hash(key);
    const entry = this.#entries.get(hash);
    if (entry === undefined) this.#entries.set(hash, [key, value]);
    else entry[1] = value;
  }

  delete(key: unknown): boolean {
    return this.#entries.delete(this.#hash(key));
  }

  *keys(): IterableIterator<unknown> {
    for (const [key] of this.#entries.values()) yield key;
  }

  *values(): IterableIterator<unknown> {
    for (const entry of this.#entries.values()) yield entry[1];
  }

  entries(): IterableIterator<[key: unknown, value: unknown]> {
    return this.#entries.values();
  }
}

/** A set with Python's equality of members; `frozen` ones can be members of sets and keys of dicts. */
export class PySet implements Iterable<unknown> {
  readonly frozen: boolean;
  readonly #members = new Map<HashKey, unknown>();
  /** The members in the order of iteration; forgotten with every change. */
  #ordered: readonly unknown[] | undefined;
  readonly #hash: Hasher;

  constructor(members: Iterable<unknown> = [], frozen = false, hash: Hasher = pyHash) {
    this.frozen = frozen;
    this.#hash = hash;
    for (const member of members) this.add(member);
  }

  get size(): number {
    return this.#members.size;
  }

  has(member: unknown): boolean {
    return this.#members.has(this.#hash(member));
  }

  /** As in Python the first of two equal members stays. */
  add(member: unknown): void {
    const hash = this.#hash(member);
    if (this.#members.has(hash)) return;
    this.#members.set(hash, member);
    this.#ordered = undefined;
  }

  delete(member: unknown): boolean {
    this.#ordered = undefined;
    return this.#members.delete(this.#hash(member));
  }

  hashKeys(): HashKey[] {
    return [...this.#members.keys()];
  }

  /** Members that are all integers come in CPython's order, others in that of insertion (Python's is by chance). */
  [Symbol.iterator](): Iterator<unknown> {
    this.#ordered ??= orderOfIntegers(this.#members) ?? [...this.#members.values()];
    return this.#ordered[Symbol.iterator]();
  }
}
