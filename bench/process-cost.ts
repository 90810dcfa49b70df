/** What processes have used, as the kernel counts it. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Clock ticks a second in `/proc`: fixed by the kernel's interface on Linux. */
const TICKS = 100;

/** Use of one named process with all of its process group. */
export interface ProcessCost {
  readonly name: string;
  /** Seconds of user and system time, children that have ended included. */
  readonly cpu: number;
  /** Memory that is its own, shared pages counted in parts; MiB. */
  readonly pss: number;
  /** Open file handles. */
  readonly handles: number;
}

/** Reads the use of every process that has a pid file in `<folder>/pids`. */
export async function processCosts(folder: string): Promise<ProcessCost[]> {
  const pids = path.join(folder, 'pids');
  const files = (await readdir(pids)).filter((file) => file.endsWith('.pid'));
  const groups = await readGroups();
  const costs = files.map(async (file) => {
    const leader = Number.parseInt(await readFile(path.join(pids, file), 'utf8').catch(() => ''), 10);
    const members = groups.get(leader) ?? [];
    const parts = await Promise.all(members.map(async ({ pid, cpu }) => ({ cpu, ...(await memoryOf(pid)) })));
    const sum = (key: 'cpu' | 'pss' | 'handles') => parts.reduce((total, part) => total + part[key], 0);
    return { name: file.replace(/\.pid$/, ''), cpu: sum('cpu'), pss: sum('pss'), handles: sum('handles') };
  });
  return (await Promise.all(costs)).filter(({ pss }) => pss > 0).sort((a, b) => a.name.localeCompare(b.name));
}

/** Seconds that each process has used between two readings, by name; `total` for all of them. */
export function cpuBetween(before: readonly ProcessCost[], after: readonly ProcessCost[]): ReadonlyMap<string, number> {
  const earlier = new Map(before.map(({ name, cpu }) => [name, cpu]));
  const used = new Map(after.map(({ name, cpu }) => [name, cpu - (earlier.get(name) ?? 0)]));
  return used.set(
    'total',
    [...used.values()].reduce((sum, one) => sum + one, 0),
  );
}

async function readGroups(): Promise<ReadonlyMap<number, { readonly pid: number; readonly cpu: number }[]>> {
  const groups = new Map<number, { pid: number; cpu: number }[]>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // The name in parentheses may hold spaces.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [group = 0] = [fields[2]];
    const cpu = [11, 12, 13, 14].reduce((sum, place) => sum + (fields[place] ?? 0), 0) / TICKS;
    groups.set(group, [...(groups.get(group) ?? []), { pid: Number(name), cpu }]);
  }
  return groups;
}

async function memoryOf(pid: number): Promise<{ readonly pss: number; readonly handles: number }> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const handles = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return { pss: Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) / 1024, handles: handles.length };
}
