/** Values that enter the record: plain, serialisable, and not too big. */

import { ValidationError } from '../../core/errors.ts';
import { isDataView } from '../../core/expressions/data-view.ts';
import { setKey } from '../../core/python/dict.ts';
import { toJsonValue } from '../../core/python/to-json.ts';
import { PyFloat } from '../../core/python/values.ts';

/** The most that one result, one published block or one output may hold, in characters of JSON text (Mistral has a like limit). */
export const VALUE_LIMIT = 12 * 1024 * 1024;
const DEPTH_LIMIT = 200;

/**
 * A copy of a value that can be stored: tuples and sets become lists, times texts; floats keep being floats.
 * @throws ValidationError when something in it cannot be stored, or it is too deep or too big
 */
export function storable(value: unknown, what: string): unknown {
  const budget = { left: VALUE_LIMIT };
  return copy(value, what, 0, budget);
}

function copy(value: unknown, what: string, depth: number, budget: { left: number }): unknown {
  budget.left -= typeof value === 'string' ? value.length + 2 : 4;
  if (budget.left < 0) throw new ValidationError(`${what} is too big: the limit is ${VALUE_LIMIT / 1024} KB.`);
  if (depth > DEPTH_LIMIT) throw new ValidationError(`${what} is nested too deeply.`);
  if (value === null || typeof value !== 'object') return scalar(value, what);
  if (value instanceof PyFloat) return value;
  if (isDataView(value)) {
    return copyEntries(
      [...value.keys()].map((key) => [key, value.get(key)] as const),
      what,
      depth,
      budget,
    );
  }
  if (Array.isArray(value)) return Array.from(value, (item) => copy(item, what, depth + 1, budget));
  const plain = isPlain(value) ? value : toJsonValue(value);
  if (typeof plain !== 'object' || plain === null) return plain;
  if (Array.isArray(plain)) return plain.map((item) => copy(item, what, depth + 1, budget));
  return copyEntries(Object.entries(plain), what, depth, budget);
}

function copyEntries(
  entries: readonly (readonly [string, unknown])[],
  what: string,
  depth: number,
  budget: { left: number },
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, item] of entries) {
    budget.left -= key.length;
    setKey(result, key, copy(item, what, depth + 1, budget));
  }
  return result;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null);
}

function scalar(value: unknown, what: string): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return toJsonValue(value);
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new ValidationError(`${what} holds a value that cannot be stored.`);
  }
  return value;
}

/** Recursive merge of mappings into a new one; at a conflict `right` wins (Mistral: `merge_dicts`). */
export function mergeObjects(
  left: Readonly<Record<string, unknown>>,
  right: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const old = Object.hasOwn(result, key) ? result[key] : undefined;
    setKey(result, key, isMapping(old) && isMapping(value) ? mergeObjects(old, value) : value);
  }
  return result;
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isPlain(value);
}
