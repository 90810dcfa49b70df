/** Memory of what `npm start` starts, idle: with one process for the services that mostly wait, and with one for each. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createProgress } from '../cli/provision/progress.ts';
import { parseStartOptions } from '../cli/start/options.ts';
import { startSystem } from '../cli/start/system.ts';
import { findPortRow } from '../test/support/started-system.ts';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import type { Row } from './report.ts';

/** The runtime gives back what the start has taken within this time. Milliseconds. */
const IDLE_MS = 30_000;
const MARK_MIB = 400;

/** Starts the system both ways and returns a row for each process and each sum. */
export async function benchMemory(): Promise<Row[]> {
  return [...(await measureSystem(['--separate'])), ...(await measureSystem([]))];
}

async function measureSystem(more: readonly string[]): Promise<Row[]> {
  const folder = await temporaryFolder();
  const args = ['--data-dir', folder.path, '--ports-from', String(await findPortRow()), '--no-sample', ...more];
  const progress = createProgress({ write: () => undefined });
  const options = parseStartOptions(args, folder.path);
  const began = performance.now();
  const system = await startSystem({
    options,
    env: process.env,
    progress,
    onShutdownRequest: () => undefined,
    stopRequested: new Promise<string>(() => undefined),
  });
  const serving = (performance.now() - began) / 1_000;
  try {
    await delay(IDLE_MS);
    const names = new Map<number, string[]>();
    for (const { name, pid } of system.supervisor.status()) {
      if (pid !== undefined) names.set(pid, [...(names.get(pid) ?? []), name]);
    }
    const rows: Row[] = [];
    let total = 0;
    for (const [pid, services] of names) {
      const kib = await proportionalShare(pid);
      total += kib;
      const what = services.length === 1 ? services[0] : `${services.length} services in one process`;
      rows.push({ what: `memory (PSS) ${what}`, value: mib(kib) });
    }
    const how = more.length > 0 ? 'each in its own process' : 'as npm start starts them';
    const sum = { what: `memory (PSS) of all services, idle, ${how}`, value: mib(total) };
    rows.push(more.length > 0 ? sum : { ...sum, mark: `≤ ${MARK_MIB} MiB`, met: total <= MARK_MIB * 1024 });
    rows.push({ what: `npm start to serving, ${how}`, value: `${serving.toFixed(1)} s` });
    return rows;
  } finally {
    await system.stop();
    await folder.remove();
  }
}

/** KiB of a process, its part of what it shares with others included. */
async function proportionalShare(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
}

const mib = (kib: number) => `${(kib / 1024).toFixed(0)} MiB`;
