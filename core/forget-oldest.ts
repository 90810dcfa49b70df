/** Keeps a map that remembers things small: drops the entry that was set first, where there are more than `most`. To be called after each `set`. */
export function forgetOldest<K>(known: Map<K, unknown>, most: number): void {
  if (known.size <= most) return;
  const [oldest] = known.keys();
  known.delete(oldest as K);
}
