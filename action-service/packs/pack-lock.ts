import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { errorCode, ValidationError } from '../../core/errors.ts';
import { isSameProcess, type NotedProcess, noteProcess } from '../../platform/noted-process.ts';

interface Owner extends NotedProcess {
  /** Pids say nothing of another machine or container with the same folder. */
  readonly host: string;
}

/** Longer than any installation takes: whether its owner lives cannot be seen from another host. */
const FOREIGN_LIMIT_MS = 3_600_000;
/** Nobody takes this long from making a lock to writing its owner. */
const EMPTY_LIMIT_MS = 10_000;

/**
 * Locks the installation of a pack into a folder.
 *
 * @param force whoever has the lock
 * @returns what unlocks it
 * @throws ValidationError when the pack is being installed already
 */
export async function lockPack(base: string, pack: string, force: boolean): Promise<() => Promise<void>> {
  const file = path.join(base, `.${pack}.lock`);
  if (force || (await isStale(file))) await rm(file, { force: true });
  const owner: Owner = { ...noteProcess(process.pid), host: hostname() };
  try {
    await writeFile(file, JSON.stringify(owner), { flag: 'wx' });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    throw new ValidationError(`Pack "${pack}" is being installed by somebody else. Use "force" to go on all the same.`);
  }
  return () => rm(file, { force: true });
}

/** Whether whoever made the lock is gone. */
async function isStale(file: string): Promise<boolean> {
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
