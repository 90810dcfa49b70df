import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isAlive, isSameProcess, type NotedProcess, noteProcess } from '../../platform/noted-process.ts';

/** One process as its pid file tells it. */
export interface PidRecord {
  readonly name: string;
  readonly pid: number;
}

const suffix = '.pid';

/** Notes that process `name` runs as `pid`, with its start time, so that a reused pid is never taken for ours. */
export function writePidFile(folder: string, name: string, pid: number): void {
  writeFileSync(path.join(folder, name + suffix), `${pid} ${noteProcess(pid).startTime}\n`);
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
