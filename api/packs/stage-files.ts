import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, errorMessage, ForbiddenError, ValidationError } from '../../core/errors.ts';

/** A file that is to be. */
export interface NewFile {
  readonly path: string;
  /** Writes its content to this path. */
  readonly write: (path: string) => Promise<void>;
}

/** Files that lie complete beside their places. */
export interface StagedFiles {
  /** Moves all of them to their places. */
  put(): Promise<void>;
  /** Removes them, as far as they are not in place. */
  discard(): Promise<void>;
}

const DENIED = ['EACCES', 'EPERM', 'EROFS'];
/** What stands in the way of a path that a user has named. */
const WRONG_PATH = ['EEXIST', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENOTDIR'];

/** Told to clients instead of the system's error. @throws ForbiddenError, ValidationError, or the error as it is */
export function refuseFile(error: unknown): never {
  const code = errorCode(error) ?? '';
  if (DENIED.includes(code)) throw new ForbiddenError('No permission to change the files of the pack.');
  if (WRONG_PATH.includes(code)) throw new ValidationError(`The file cannot be written: ${errorMessage(error)}.`);
  throw error;
}

/**
 * Writes files beside their places: what can go wrong with them does so before anything else is changed.
 *
 * @throws ForbiddenError, ValidationError; nothing is left behind then
 */
export async function stageFiles(files: readonly NewFile[]): Promise<StagedFiles> {
  const staged: { readonly from: string; readonly to: string }[] = [];
  const discard = async () => {
    for (const { from } of staged) await rm(from, { force: true });
  };
  try {
    for (const { path, write } of files) {
      await refuseFolder(path);
      const folder = dirname(path);
      await mkdir(folder, { recursive: true });
      const from = join(folder, `.${randomUUID()}.new`);
      staged.push({ from, to: path });
      await write(from);
    }
  } catch (error) {
    await discard();
    return refuseFile(error);
  }
  return {
    discard,
    async put() {
      for (const { from, to } of staged) await rename(from, to).catch(refuseFile);
    },
  };
}

async function refuseFolder(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
  if (found?.isDirectory() === true) throw new ValidationError(`"${path}" is a folder.`);
}
