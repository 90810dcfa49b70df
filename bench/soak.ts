/**
 * Half of the load that the machine can take, for a long time: what grows. `BENCH_SOAK_MINUTES` sets another time than 30 minutes.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningServices } from '../test/support/running-services.ts';
import { workflowName } from './bench-pack.ts';
import { median, percentile } from './measure.ts';
import { measureOwnSystem } from './own-system.ts';
import { type ProcessCost, processCosts } from './process-cost.ts';
import type { Row } from './report.ts';
import { runToSuccess } from './run-to-success.ts';

const MINUTES = Number(process.env.BENCH_SOAK_MINUTES ?? 30);
const TASKS = 5;
const AT_ONCE = 20;
const SAMPLE_MS = 20_000;
/** Growth is measured after this share of the time: caches have filled by then. */
const WARM = 1 / 3;
/** Where the growth of stored data is looked for, in the data folder. */
const STORED = ['temporal', 'mongodb'] as const;

interface Sample {
  readonly at: number;
  readonly ended: number;
  readonly costs: readonly ProcessCost[];
  readonly stored: Readonly<Record<string, number>>;
}

/** Measures and returns the rows. */
export function benchSoak(): Promise<Row[]> {
  return measureOwnSystem([['linear', TASKS]], async ({ infrastructure, services }) => {
    const perSecond = (await mostPerSecond(services)) / 2;
    const times: number[] = [];
    const failures: string[] = [];
    const samples: Sample[] = [];
    const running = new Set<Promise<unknown>>();
    const began = performance.now();
    const sample = async () =>
      samples.push({
        at: performance.now() - began,
        ended: times.length,
        costs: await processCosts(infrastructure.folder),
        stored: await sizes(infrastructure.folder),
      });
    let due = began;
    let sampled = Number.NEGATIVE_INFINITY;
    while (performance.now() - began < MINUTES * 60_000) {
      const one: Promise<unknown> = runOne(services, times)
        .catch((error: unknown) => failures.push(String(error)))
        .finally(() => running.delete(one));
      running.add(one);
      if (performance.now() - sampled > SAMPLE_MS) {
        sampled = performance.now();
        await sample();
      }
      due += 1_000 / perSecond;
      await sleep(Math.max(0, due - performance.now()));
    }
    await Promise.all(running);
    await sample();
    return [...loadRows(perSecond, times, failures), ...growthRows(samples)];
  });
}

/** Workflows a second, as many as go when always so many are under way. */
async function mostPerSecond(services: RunningServices): Promise<number> {
  const counted = AT_ONCE * 6;
  let left = AT_ONCE + counted;
  let began = 0;
  const client = async () => {
    while (left-- > 0) {
      if (left < counted && began === 0) began = performance.now();
      await runToSuccess(services, workflowName('linear', TASKS));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  return (counted * 1_000) / (performance.now() - began);
}

async function runOne(services: RunningServices, times: number[]): Promise<void> {
  const began = performance.now();
  await runToSuccess(services, workflowName('linear', TASKS));
  times.push(performance.now() - began);
}

/** Bytes of the files below each of the stores' folders. */
async function sizes(folder: string): Promise<Readonly<Record<string, number>>> {
  const all = await Promise.all(STORED.map(async (name) => [name, await sizeOf(path.join(folder, name))] as const));
  return Object.fromEntries(all);
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const bytes = await Promise.all(
    files.map(async (file) => (await stat(path.join(file.parentPath, file.name)).catch(() => ({ size: 0 }))).size),
  );
  return bytes.reduce((sum, size) => sum + size, 0);
}

function loadRows(perSecond: number, times: readonly number[], failures: readonly string[]): Row[] {
  const third = Math.floor(times.length / 3);
  const shown = (of: readonly number[]) => `${median(of).toFixed(0)} (${percentile(of, 99).toFixed(0)}) ms`;
  return [
    {
      what: `workflows of ${TASKS} core.noop, ${perSecond.toFixed(2)} a second for ${MINUTES} minutes`,
      value: `${times.length} succeeded, ${failures.length} did not${failures[0] === undefined ? '' : `: ${failures[0]}`}`,
      mark: 'all succeed',
      met: failures.length === 0,
    },
    {
      what: 'time of one, median (p99), last third',
      value: shown(times.slice(-third)),
      compared: `first third ${shown(times.slice(0, third))}`,
      ratio: median(times.slice(-third)) / median(times.slice(0, third)),
    },
  ];
}

function growthRows(samples: readonly Sample[]): Row[] {
  const last = samples.at(-1);
  const warm = samples.filter(({ at }) => at >= (last?.at ?? 0) * WARM);
  const [first] = warm;
  if (first === undefined || last === undefined) return [];
  const executions = (last.ended - first.ended) * (TASKS + 1);
  const rows: Row[] = STORED.map((name) => ({
    what: `${name} on disk, for 1,000 executions`,
    value: `${((((last.stored[name] ?? 0) - (first.stored[name] ?? 0)) / 2 ** 20) * (1_000 / executions)).toFixed(2)} MiB`,
  }));
  for (const { name } of first.costs) {
    const of = (sample: Sample) => sample.costs.find((cost) => cost.name === name);
    const points = warm.map((sample) => [sample.ended, of(sample)?.pss ?? 0] as const);
    rows.push({
      what: `${name}: memory, growth for 1,000 workflows`,
      value: `${of(last)?.pss.toFixed(0)} MiB, ${(slope(points) * 1_000).toFixed(1)} MiB`,
      compared: `file handles ${of(first)?.handles} → ${of(last)?.handles}`,
    });
  }
  return rows;
}

/** Of the straight line that fits best. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0) / of.length;
  const [x, y] = [mean(points.map(([one]) => one)), mean(points.map(([, one]) => one))];
  const above = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return above / points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}
