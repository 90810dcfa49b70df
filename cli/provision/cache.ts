import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../../platform/noted-process.ts';

/** Environment variables as a program received them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder for what is expensive to make and the same for every clone on this machine (built programs, virtualenvs):
 * `TRAMONTANE_CACHE_DIR`, else `$XDG_CACHE_HOME/tramontane`, else `~/.cache/tramontane`.
 */
export function cacheFolder(env: Environment): string {
  if (env.TRAMONTANE_CACHE_DIR) return path.resolve(env.TRAMONTANE_CACHE_DIR);
  return path.join(env.XDG_CACHE_HOME || path.join(env.HOME || os.homedir(), '.cache'), 'tramontane');
}

/**
 * Runs `make` unless `isMade` says that its product is there, with one maker at a time across processes.
 * The lock is a folder with its owner's pid inside; a lock whose owner died is taken over.
 */
export async function makeOnce(lockFolder: string, isMade: () => Promise<boolean>, make: () => Promise<void>) {
  if (await isMade()) return;
  await mkdir(path.dirname(lockFolder), { recursive: true });
  for (;;) {
    if (await takeLock(lockFolder)) break;
    await delay(300);
    if (await isMade()) return;
  }
  try {
    if (!(await isMade())) await make();
  } finally {
    await rm(lockFolder, { recursive: true, force: true });
  }
}

async function takeLock(folder: string): Promise<boolean> {
  const ownerFile = path.join(folder, 'owner');
  try {
    await mkdir(folder);
    await writeFile(ownerFile, String(process.pid));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = Number(await readFile(ownerFile, 'utf8').catch(() => '')) || undefined;
  const takenAt = (await stat(folder).catch(() => undefined))?.mtimeMs ?? Date.now();
  // A lock without an owner is one that is just being taken, or whose taker died in between.
  const isDead = owner === undefined ? Date.now() - takenAt > 5_000 : !isAlive(owner);
  if (isDead) await rm(folder, { recursive: true, force: true });
  return false;
}
