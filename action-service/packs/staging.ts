/**
 * The folder in which an installation makes packs ready: beside the packs, so that renaming puts them in place. Of an installation that
 * was killed between two renames it holds the only copy of the pack that was to be replaced.
 */
import { mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { isOwnerGone, ownerNote } from './owner-note.ts';
import { lockPack } from './pack-lock.ts';

const PREFIX = '.staging-';
const NOTE = '.owner';
const OLD = 'old.';
/** Nobody takes this long from making the folder to noting whose it is. */
const WITHOUT_NOTE_LIMIT_MS = 3_600_000;

/** Makes such a folder, empty but for the note of whose it is. */
export async function createStaging(base: string): Promise<string> {
  const staging = await mkdtemp(path.join(base, PREFIX));
  await writeFile(path.join(staging, NOTE), ownerNote());
  return staging;
}

/** Where the pack that is replaced lies until the installation has succeeded. */
export function placeOfOld(staging: string, pack: string): string {
  return path.join(staging, `${OLD}${pack}`);
}

/** Removes what killed installations have left, and puts back the packs that they had taken away. Never fails: it is tried again. */
export async function clearLeftStaging(base: string, logger: Logger): Promise<void> {
  const names = await readdir(base).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(PREFIX))) {
    const staging = path.join(base, name);
    try {
      if (!(await isLeft(staging))) continue;
      await putBack(base, staging);
      await rm(staging, { recursive: true, force: true });
      logger.info({ folder: staging }, 'what a killed installation of packs has left was cleared');
    } catch (error) {
      logger.warn({ folder: staging, reason: errorMessage(error) }, 'what an installation has left is not cleared yet');
    }
  }
}

async function isLeft(staging: string): Promise<boolean> {
  const note = path.join(staging, NOTE);
  if (await exists(note)) return await isOwnerGone(note);
  const { mtimeMs } = await stat(staging);
  return Date.now() - mtimeMs > WITHOUT_NOTE_LIMIT_MS;
}

/** @throws ValidationError while one of the packs is being installed: it is away from its place for a moment then as well */
async function putBack(base: string, staging: string): Promise<void> {
  const packs = (await readdir(staging)).filter((name) => name.startsWith(OLD)).map((name) => name.slice(OLD.length));
  for (const pack of packs) {
    const place = path.join(base, pack);
    const unlock = await lockPack(base, pack, false);
    try {
      if (!(await exists(place))) await rename(placeOfOld(staging, pack), place);
    } finally {
      await unlock();
    }
  }
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}
