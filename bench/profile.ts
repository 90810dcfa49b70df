/** Where the time and the CPU of one task of a linear workflow go: by step of its execution, and by process. */
import type { RunningServices } from '../test/support/running-services.ts';
import { workflowName } from './bench-pack.ts';
import { median } from './measure.ts';
import { measureOwnSystem } from './own-system.ts';
import { cpuBetween, processCosts } from './process-cost.ts';
import type { Row } from './report.ts';
import { runToSuccess } from './run-to-success.ts';

const TASKS = 50;
const RUNS = 6;

interface Child {
  readonly log: readonly { readonly status: string; readonly timestamp: string }[];
}

/** Runs the workflow several times and returns a row for each step and each process. */
export function benchProfile(): Promise<Row[]> {
  return measureOwnSystem([['linear', TASKS]], async ({ infrastructure, services }) => {
    const name = workflowName('linear', TASKS);
    await runToSuccess(services, name);
    const before = await processCosts(infrastructure.folder);
    const began = performance.now();
    const ids: string[] = [];
    for (let run = 0; run < RUNS; run += 1) ids.push((await runToSuccess(services, name)).id);
    const elapsed = performance.now() - began;
    const used = cpuBetween(before, await processCosts(infrastructure.folder));
    const tasks = RUNS * TASKS;
    const rows = [{ what: 'a task, start to end of the workflow', value: `${(elapsed / tasks).toFixed(1)} ms` }];
    rows.push(...(await steps(services, ids)));
    const byCost = [...used].sort(([, a], [, b]) => b - a);
    for (const [process, seconds] of byCost) {
      const ms = (seconds * 1_000) / tasks;
      if (ms >= 0.1) rows.push({ what: `CPU of a task: ${process}`, value: `${ms.toFixed(1)} ms` });
    }
    return rows;
  });
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
