/** Median of several runs, in milliseconds. */
export interface Measured {
  readonly median: number;
  readonly runs: readonly number[];
}

/** Runs `work` once to warm up and then `runs` times, one after the other. */
export async function measure(runs: number, work: () => Promise<void>): Promise<Measured> {
  await work();
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return { median: median(times), runs: times };
}

/** Measures several ways in turn, so that a slow minute of the machine strikes all. */
export async function measureInTurn<Ways extends readonly (() => Promise<void>)[]>(
  runs: number,
  ways: readonly [...Ways],
): Promise<{ [way in keyof Ways]: Measured }> {
  for (const work of ways) await work();
  const times: number[][] = ways.map(() => []);
  for (let run = 0; run < runs; run += 1) {
    for (const [index, work] of ways.entries()) {
      const start = performance.now();
      await work();
      times[index]?.push(performance.now() - start);
    }
  }
  return times.map((of) => ({ median: median(of), runs: of })) as { [way in keyof Ways]: Measured };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** @param share percent of the values that are not above it */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.max(0, Math.ceil((sorted.length * share) / 100) - 1)] ?? Number.NaN;
}
