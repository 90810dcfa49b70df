/** The `attribute` argument of filters: a name, a dotted path, or an index. */
import { remember } from '../../remember.ts';
import { getItem, isPlainKey, ordinaryEntry } from '../attributes.ts';
import type { Evaluation } from '../evaluation.ts';
import { Undefined } from '../objects.ts';

export type Getter = (item: unknown) => unknown;

/** Reads an attribute of an item. Digits in a path are indexes. */
export function attributeGetter(path: unknown, evaluation: Evaluation, fallback?: unknown): Getter {
  const steps = typeof path === 'string' ? knownSteps(path) : path === undefined || path === null ? [] : [path];
  const [only] = steps;
  if (steps.length === 1 && fallback === undefined && isPlainKey(only)) {
    return (item) => ordinaryEntry(item, only) ?? getItem(item, only, evaluation);
  }
  return (item) => {
    let value = item;
    for (const step of steps) {
      value = getItem(value, step, evaluation);
      if (fallback !== undefined && value instanceof Undefined) value = fallback;
    }
    return value;
  };
}

const knownSteps = remember((path: string): readonly unknown[] =>
  path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
);

/** Strings without regard to case, unless asked for. */
export function caseFolded(getter: Getter, caseSensitive: boolean): Getter {
  if (caseSensitive) return getter;
  return (item) => {
    const value = getter(item);
    return typeof value === 'string' ? value.toLowerCase() : value;
  };
}
