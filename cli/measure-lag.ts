import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** What a service is behind with, in words for `st2ctl status`; the metrics that say so, by name without their prefix. */
const LAGS: Readonly<Record<string, (value: number, labels: string) => string | undefined>> = {
  bus_queue_depth: (value, labels) =>
    value > 0 ? `${value} in ${/queue="([^"]*)"/.exec(labels)?.[1] ?? 'a queue'}` : undefined,
  executions_oldest_request_seconds: (value) => (value > 1 ? `oldest request ${value.toFixed(0)} s old` : undefined),
  tracker_lag_seconds: (value) => (value > 1 ? `polls ${value.toFixed(1)} s late` : undefined),
  tracker_undelivered_completions: (value) => (value > 0 ? `${value} completions undelivered` : undefined),
};
const ANSWER_MS = 4_000;

/** What a process is behind with. */
export interface ProcessLag {
  /** Name of the process: of its service, or of the host of several. */
  readonly name: string;
  /** `-` when nothing waits, `?` when it cannot be asked. */
  readonly lag: string;
}

/** Asks a process what it is behind with, at the address that it has noted in the data folder. */
export async function measureLag(dataFolder: string, pid: number): Promise<ProcessLag> {
  const folder = path.join(dataFolder, 'operations');
  const suffix = `-${pid}.json`;
  const note = (await readdir(folder).catch(() => [])).find((file) => file.endsWith(suffix));
  if (note === undefined) return { name: 'process', lag: '?' };
  const name = note.slice(0, -suffix.length);
  try {
    const text = await readFile(path.join(folder, note), 'utf8');
    const [{ targets }] = JSON.parse(text) as [{ readonly targets: readonly string[] }];
    const answer = await fetch(`http://${targets[0]}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return { name, lag: lagIn(await answer.text()) };
  } catch {
    return { name, lag: '?' };
  }
}

/** Reads the lag out of metrics in Prometheus' text form. */
export function lagIn(metrics: string): string {
  const lags = metrics.split('\n').flatMap((line) => {
    const [, name = '', labels = '', value = ''] = /^tramontane_(\w+)(\{.*\})? (\S+)$/.exec(line) ?? [];
    return LAGS[name]?.(Number(value), labels) ?? [];
  });
  return lags.length === 0 ? '-' : lags.join(', ');
}
