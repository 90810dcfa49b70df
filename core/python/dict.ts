/** One view on both forms of a dict: the plain object and {@link PyDict}. */
import { type Hasher, isPlainObject, PyDict, pyHash } from './values.ts';

export type Dict = PyDict | Record<string, unknown>;

export function isDict(value: unknown): value is Dict {
  return isPlainObject(value) || value instanceof PyDict;
}

/** Sets an own data property whatever its name is (`__proto__` included). */
export function setKey(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

/** A plain object when every key is a string, else a {@link PyDict}; a later pair replaces an earlier one. */
export function createDict(entries: Iterable<readonly [unknown, unknown]>, hash: Hasher = pyHash): Dict {
  const plain: Record<string, unknown> = {};
  let other: PyDict | undefined;
  for (const [key, value] of entries) {
    if (other !== undefined) {
      other.set(key, value);
    } else if (typeof key === 'string') {
      setKey(plain, key, value);
    } else {
      other = new PyDict(Object.entries(plain), hash);
      other.set(key, value);
    }
  }
  return other ?? plain;
}

export function dictSize(dict: Dict): number {
  return dict instanceof PyDict ? dict.size : Object.keys(dict).length;
}

export function dictHas(dict: Dict, key: unknown): boolean {
  if (dict instanceof PyDict) return dict.has(key);
  return typeof key === 'string' && Object.hasOwn(dict, key);
}

/** The value of a key; `undefined` when the dict does not have it. */
export function dictGet(dict: Dict, key: unknown): unknown {
  if (dict instanceof PyDict) return dict.get(key);
  return typeof key === 'string' && Object.hasOwn(dict, key) ? dict[key] : undefined;
}

export function dictKeys(dict: Dict): unknown[] {
  return dict instanceof PyDict ? [...dict.keys()] : Object.keys(dict);
}

export function dictValues(dict: Dict): unknown[] {
  return dict instanceof PyDict ? [...dict.values()] : Object.values(dict);
}

export function dictEntries(dict: Dict): (readonly [unknown, unknown])[] {
  return dict instanceof PyDict ? [...dict.entries()] : Object.entries(dict);
}

/** A key that a plain object would move to the front, as an array does with its indexes. */
const INDEX_KEY = /^(?:0|[1-9]\d{0,9})$/;

/**
 * As {@link createDict}, but always in the order of insertion: keys that look like indexes make it a {@link PyDict}.
 */
export function createOrderedDict(entries: Iterable<readonly [unknown, unknown]>, hash: Hasher = pyHash): Dict {
  const pairs = [...entries];
  const moves = pairs.some(([key]) => typeof key === 'string' && INDEX_KEY.test(key));
  return moves ? new PyDict(pairs, hash) : createDict(pairs, hash);
}
