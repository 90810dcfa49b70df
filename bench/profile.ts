/** Where the time and the CPU of one task go: by step of its execution, and by process, beside those of bare Temporal. */
import type { RunningServices } from '../test/support/running-services.ts';
import { BARE_WORKER, type Bare, startBare, warmUp } from './bare/bare-temporal.ts';
import { type Shape, workflowName } from './bench-pack.ts';
import { median } from './measure.ts';
import { measureOwnSystem, type OwnSystem } from './own-system.ts';
import { cpuBetween, processCosts } from './process-cost.ts';
import type { Row } from './report.ts';
import { runToSuccess } from './run-to-success.ts';

/** Shape, tasks and runs. */
const SHAPES: readonly (readonly [Shape, number, number])[] = [
  ['linear', 50, 12],
  ['fan-out', 100, 12],
];
/** What runs for bare Temporal. */
const ofBare = ['temporal', BARE_WORKER];
/** Left out of the rows, not of the total; milliseconds a task. */
const LITTLE = 0.1;

interface Child {
  readonly log: readonly { readonly status: string; readonly timestamp: string }[];
}

/** Runs each workflow several times, ours and bare in turn, and returns a row for each step and each process. */
export function benchProfile(): Promise<Row[]> {
  const shapes = SHAPES.map(([shape, count]) => [shape, count] as const);
  return measureOwnSystem(shapes, async (system) => {
    const bare = await startBare(system.infrastructure);
    await warmUp(system.services, bare, shapes);
    const rows: Row[] = [];
    for (const [shape, count, runs] of SHAPES) rows.push(...(await profile(system, bare, shape, count, runs)));
    return rows;
  });
}

async function profile(
  { infrastructure, services }: OwnSystem,
  bare: Bare,
  shape: Shape,
  count: number,
  runs: number,
): Promise<Row[]> {
  const name = workflowName(shape, count);
  const ids: string[] = [];
  const [ours, theirs] = [new Map<string, number>(), new Map<string, number>()];
  let before = await processCosts(infrastructure.folder);
  const used = async () => {
    const after = await processCosts(infrastructure.folder);
    const between = cpuBetween(before, after);
    before = after;
    return [...between].filter(([process]) => process !== 'total');
  };
  for (let run = 0; run < runs; run += 1) {
    ids.push((await runToSuccess(services, name)).id);
    for (const [process, seconds] of await used()) add(ours, process, seconds);
    await bare(shape, count, 'asynchronous');
    // What our services still do by then is ours.
    for (const [process, seconds] of await used()) add(ofBare.includes(process) ? theirs : ours, process, seconds);
  }
  const what = (process: string) => `${shape} ${count}, CPU of a task: ${process}`;
  const perTask = (seconds: number) => (seconds * 1_000) / (runs * count);
  const ms = (seconds: number) => `${perTask(seconds).toFixed(1)} ms`;
  const sum = (of: ReadonlyMap<string, number>) => [...of.values()].reduce((total, seconds) => total + seconds, 0);
  const byCost = [...ours].sort(([, a], [, b]) => b - a).filter(([, seconds]) => perTask(seconds) >= LITTLE);
  return [
    {
      what: what('all'),
      value: ms(sum(ours)),
      compared: `bare Temporal ${ms(sum(theirs))}`,
      ratio: sum(ours) / sum(theirs),
    },
    ...byCost.map(([process, seconds]) => ({ what: what(process), value: ms(seconds) })),
    ...[...theirs].map(([process, seconds]) => ({
      what: what(process),
      value: '',
      compared: `bare Temporal ${ms(seconds)}`,
    })),
    ...(await steps(services, ids)).map((row) => ({ ...row, what: `${shape} ${count}, ${row.what}` })),
  ];
}

function add(sums: Map<string, number>, name: string, seconds: number): void {
  sums.set(name, (sums.get(name) ?? 0) + seconds);
}

/** Medians of the time from one step to the next. */
async function steps(services: RunningServices, ids: readonly string[]): Promise<Row[]> {
  const gaps = new Map<string, number[]>();
  const note = (step: string, from: number, to: number) => gaps.set(step, [...(gaps.get(step) ?? []), to - from]);
  for (const id of ids) {
    const children = await services.request<Child[]>('GET', `/executions/${id}/children?include_attributes=log`);
    const logs = children.map(({ log }) =>
      log.map(({ status, timestamp }) => [status, Date.parse(timestamp)] as const),
    );
    logs.sort(([a], [b]) => (a?.[1] ?? 0) - (b?.[1] ?? 0));
    for (const [at, log] of logs.entries()) {
      for (const [place, [status, time]] of log.entries()) {
        const next = log[place + 1];
        if (next !== undefined) note(`${status} → ${next[0]}`, time, next[1]);
      }
      const [end, following] = [log.at(-1), logs[at + 1]?.[0]];
      if (end !== undefined && following !== undefined) note('ended → next requested', end[1], following[1]);
    }
  }
  return [...gaps].map(([step, times]) => ({ what: `time of a task: ${step}`, value: `${median(times)} ms` }));
}
