import { forgetOldest } from '../forget-oldest.ts';

const CACHE_SIZE = 2000;

/** Remembers the results of a function of one text; the oldest are dropped. */
export function remember<T>(compute: (source: string) => T): (source: string) => T {
  const known = new Map<string, T>();
  return (source) => {
    const hit = known.get(source);
    if (hit !== undefined) return hit;
    const value = compute(source);
    known.set(source, value);
    forgetOldest(known, CACHE_SIZE);
    return value;
  };
}
