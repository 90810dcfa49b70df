const CACHE_SIZE = 2000;

/** Remembers the results of a function of one text; the oldest are dropped. */
export function remember<T>(compute: (source: string) => T): (source: string) => T {
  const known = new Map<string, T>();
  return (source) => {
    const hit = known.get(source);
    if (hit !== undefined) return hit;
    const value = compute(source);
    if (known.size >= CACHE_SIZE) known.delete(known.keys().next().value as string);
    known.set(source, value);
    return value;
  };
}
