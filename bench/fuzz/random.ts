/** A seeded source of random numbers: the same seed gives the same inputs on every machine. */
export interface Random {
  /** 0 to below `limit`. */
  int(limit: number): number;
  pick<T>(list: readonly T[]): T;
}

/** The generator "mulberry32". */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const int = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
  return { int, pick: (list) => list[int(list.length)] as never };
}
