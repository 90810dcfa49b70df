/** Processes that are noted in files: a pid alone says little, for it is given to another process once its own has ended. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process with its start time, `-` when the system does not tell it. */
export interface NotedProcess {
  readonly pid: number;
  readonly startTime: string;
}

/** What to note of a process, so that it is known again. */
export const noteProcess = (pid: number): NotedProcess => ({ pid, startTime: startTime(pid) ?? '-' });

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
