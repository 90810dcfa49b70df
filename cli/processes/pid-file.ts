import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** One process as its pid file tells it. */
export interface PidRecord {
  readonly name: string;
  readonly pid: number;
}

const suffix = '.pid';

/** A process with its start time, `-` when the system does not tell it. */
export interface NotedProcess {
  readonly pid: number;
  readonly startTime: string;
}

/** What to note of a process, so that it is known again. */
export const noteProcess = (pid: number): NotedProcess => ({ pid, startTime: startTime(pid) ?? '-' });

/** Notes that process `name` runs as `pid`, with its start time, so that a reused pid is never taken for ours. */
export function writePidFile(folder: string, name: string, pid: number): void {
  writeFileSync(path.join(folder, name + suffix), `${pid} ${startTime(pid) ?? '-'}\n`);
}

/** Forgets `name`, provided that it is still noted with this `pid` (a successor may have taken the name). */
export function removePidFile(folder: string, name: string, pid: number): void {
  const file = path.join(folder, name + suffix);
  const noted = parse(file);
  if (noted === undefined || noted.pid === pid) rmSync(file, { force: true });
}

/** The processes noted in `folder` that are alive and are the ones that were noted, ordered by name. */
export function readLivePidFiles(folder: string): readonly PidRecord[] {
  return pidFiles(folder).flatMap((file) => {
    const noted = parse(file);
    if (noted === undefined || !isSameProcess(noted)) return [];
    return [{ name: path.basename(file, suffix), pid: noted.pid }];
  });
}

/** Removes the notes of processes that are gone, and returns their pids: what they led may still be there. */
export function removeStalePidFiles(folder: string): readonly number[] {
  return pidFiles(folder).flatMap((file) => {
    const noted = parse(file);
    if (noted !== undefined && isSameProcess(noted)) return [];
    rmSync(file, { force: true });
    return noted === undefined || isAlive(noted.pid) ? [] : [noted.pid];
  });
}

/** Whether a process with this pid exists (a zombie does not count as alive where /proc tells). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return statFields(pid)?.[0] !== 'Z';
}

/** Whether the process that was noted is alive, and its pid was not given to another since. */
export function isSameProcess(noted: NotedProcess): boolean {
  if (!isAlive(noted.pid)) return false;
  return noted.startTime === '-' || noted.startTime === startTime(noted.pid);
}

function pidFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(suffix))
      .sort()
      .map((name) => path.join(folder, name));
  } catch {
    return []; // the folder does not exist before the first start
  }
}

function parse(file: string): NotedProcess | undefined {
  try {
    const [pid, ...rest] = readFileSync(file, 'utf8').trim().split(' ');
    const number = Number(pid);
    if (!Number.isInteger(number) || number <= 1) return undefined;
    return { pid: number, startTime: rest.join(' ') || '-' };
  } catch {
    return undefined; // removed by its process in the meantime
  }
}

/** The start time of a process in whatever unit the system tells it: only equality matters. */
function startTime(pid: number): string | undefined {
  // Field 22 of /proc/PID/stat is the start time; statFields begins at field 3.
  const fromProc = statFields(pid)?.[19];
  if (fromProc !== undefined) return fromProc;
  if (process.platform === 'linux') return undefined;
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() || undefined;
}

/** The fields of /proc/PID/stat after the command's name, which may itself contain blanks and parentheses. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // no such process, or a system without /proc
  }
}
