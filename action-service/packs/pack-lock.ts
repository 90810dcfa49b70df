import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ValidationError } from '../../core/errors.ts';
import { createFile, removeLeft } from '../../platform/remove-left.ts';
import { isOwnerGone, ownerNote } from './owner-note.ts';

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
  else await removeLeft(file, isOwnerGone);
  if (!(await createFile(file, ownerNote())))
    throw new ValidationError(`Pack "${pack}" is being installed by somebody else. Use "force" to go on all the same.`);
  return () => rm(file, { force: true });
}
