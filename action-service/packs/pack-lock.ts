import { rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, ValidationError } from '../../core/errors.ts';
import { isOwnerGone, ownerNote } from './owner-note.ts';

/** Nobody takes this long to remove a lock. */
const REMOVAL_LIMIT_MS = 10_000;

/**
 * Locks the installation of a pack into a folder.
 *
 * @param force whoever has the lock
 * @returns what unlocks it
 * @throws ValidationError when the pack is being installed already
 */
export async function lockPack(base: string, pack: string, force: boolean): Promise<() => Promise<void>> {
  const file = path.join(base, `.${pack}.lock`);
  if (force) await rm(file, { force: true });
  else await removeLeft(file);
  if (!(await create(file, ownerNote())))
    throw new ValidationError(`Pack "${pack}" is being installed by somebody else. Use "force" to go on all the same.`);
  return () => rm(file, { force: true });
}

/**
 * Removes a lock whose owner is gone. Only one at a time may, and looks again when it may: else the lock that it removes could be that
 * of somebody who has removed the old one meanwhile.
 */
async function removeLeft(file: string): Promise<void> {
  if (!(await isOwnerGone(file))) return;
  const turn = `${file}.removal`;
  const ageMs = await stat(turn).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  // Whoever had the turn was killed in it.
  if (ageMs > REMOVAL_LIMIT_MS) await rm(turn, { force: true });
  // Somebody else removes it right now, and locks it then.
  if (!(await create(turn, ''))) return;
  try {
    if (await isOwnerGone(file)) await rm(file, { force: true });
  } finally {
    await rm(turn, { force: true });
  }
}

/** Makes a file; false when it is there. */
async function create(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
