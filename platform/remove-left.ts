import { rm, stat, writeFile } from 'node:fs/promises';
import { errorCode } from '../core/errors.ts';

/** Nobody takes this long to remove a file. */
const REMOVAL_LIMIT_MS = 10_000;

/**
 * Removes a file that a process which is gone has left, such as a lock. Only one at a time may, and looks again when it may: else the
 * file that it removes could be that of somebody who has removed the old one meanwhile and put its own in its place.
 *
 * @param isLeft whether the file is there and was left
 */
export async function removeLeft(file: string, isLeft: (file: string) => Promise<boolean>): Promise<void> {
  if (!(await isLeft(file))) return;
  const turn = `${file}.removal`;
  const ageMs = await stat(turn).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  // Whoever had the turn was killed in it.
  if (ageMs > REMOVAL_LIMIT_MS) await rm(turn, { force: true });
  // Somebody else removes it right now.
  if (!(await createFile(turn, ''))) return;
  try {
    if (await isLeft(file)) await rm(file, { force: true });
  } finally {
    await rm(turn, { force: true });
  }
}

/** Makes a file with a text; false when it is there. */
export async function createFile(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
