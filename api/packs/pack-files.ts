/** Files of packs on disk. No path that a client names may lead out of the pack's folder. */
import { realpath } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { ValidationError } from '../../core/errors.ts';
import type { ApiContext } from '../context.ts';

/** The folder of a registered pack; `undefined` when it is not registered or has none. */
export async function packFolder({ stores }: Pick<ApiContext, 'stores'>, pack: string): Promise<string | undefined> {
  const found = await stores.packs.findOne({ ref: pack });
  return typeof found?.path === 'string' && found.path !== '' ? resolve(found.path) : undefined;
}

/**
 * The absolute path of a file within a part of a pack (`actions`, or `''` for the pack itself).
 *
 * @returns `undefined` when the pack is not registered
 * @throws ValidationError when the path, or a link on it, leads outside
 */
export async function packFilePath(
  context: Pick<ApiContext, 'stores'>,
  pack: string,
  part: string,
  file: string,
): Promise<string | undefined> {
  const folder = await packFolder(context, pack);
  if (folder === undefined) return undefined;
  const root = join(folder, part);
  const path = resolve(root, file);
  const isInside = (target: string, base: string) => target === base || target.startsWith(base + sep);
  const refused =
    part === '' ? outside(file, 'pack', root) : outside(`${part}/${file}`, `pack ${part}`, `${root}${sep}`);
  if (!isInside(path, root) || file.includes('\0')) throw refused;
  const [real, realRoot] = await Promise.all([existingPart(path), existingPart(folder)]);
  if (!isInside(real, realRoot)) throw refused;
  return path;
}

function outside(file: string, of: string, root: string): ValidationError {
  return new ValidationError(
    `Invalid file path: "${file}". File path needs to be relative to the ${of} directory (${root}). For example "my_action.py".`,
    { file },
  );
}

/** The path with links resolved, as far as it exists. */
async function existingPart(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    // The file may be about to be written: its nearest existing folder decides.
    const parent = dirname(path);
    return parent === path ? path : existingPart(parent);
  }
}
