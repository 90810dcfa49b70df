/** Median of several runs, in milliseconds. */
export interface Measured {
  readonly median: number;
  readonly runs: readonly number[];
}

/** Something to be measured. What knows by itself how long it took returns that, in milliseconds. */
export type Work = () => Promise<number | undefined> | Promise<void>;

async function timeOf(work: Work): Promise<number> {
  const start = performance.now();
  return (await work()) ?? performance.now() - start;
}

/** Runs `work` once to warm up and then `runs` times, one after the other. */
export async function measure(runs: number, work: Work): Promise<Measured> {
  await work();
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) times.push(await timeOf(work));
  return { median: median(times), runs: times };
}

/** Measures several ways in turn, so that a slow minute of the machine strikes all. */
export async function measureInTurn<Ways extends readonly Work[]>(
  runs: number,
  ways: readonly [...Ways],
): Promise<{ [way in keyof Ways]: Measured }> {
  for (const work of ways) await work();
  const times: number[][] = ways.map(() => []);
  for (let run = 0; run < runs; run += 1) {
    for (const [index, work] of ways.entries()) times[index]?.push(await timeOf(work));
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
