/** Notes of who works on something in a folder, which several machines may share: they tell what a process has left that is gone. */
import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { errorCode } from '../../core/errors.ts';
import { isSameProcess, type NotedProcess, noteProcess } from '../../platform/noted-process.ts';

interface Owner extends NotedProcess {
  /** Pids say nothing of another machine or container with the same folder. */
  readonly host: string;
}

/** Longer than any installation takes: whether its owner lives cannot be seen from another host. */
const FOREIGN_LIMIT_MS = 3_600_000;
/** Nobody takes this long from making a note to writing its owner. */
const EMPTY_LIMIT_MS = 10_000;

/** What to write into a note of this process. */
export function ownerNote(): string {
  return JSON.stringify({ ...noteProcess(process.pid), host: hostname() } satisfies Owner);
}

/** Whether whoever wrote the note is gone. `false` where there is no note. */
export async function isOwnerGone(file: string): Promise<boolean> {
  try {
    const text = await readFile(file, 'utf8');
    const ageMs = Date.now() - (await stat(file)).mtimeMs;
    const owner = ownerIn(text);
    if (owner === undefined) return ageMs > EMPTY_LIMIT_MS;
    return owner.host === hostname() ? !isSameProcess(owner) : ageMs > FOREIGN_LIMIT_MS;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function ownerIn(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined; // its owner ended before it could write
  }
}
