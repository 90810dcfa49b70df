import { realpath } from 'node:fs/promises';
import { isAbsolute, join, resolve, sep } from 'node:path';

/**
 * The file of an action inside of its pack, links resolved.
 *
 * @returns `undefined` for an action without an entry point
 * @throws Error when the file is missing, or lies outside of the pack (also through a link)
 */
export async function resolveEntryPoint(
  packPath: string | undefined,
  pack: string,
  entryPoint: string,
): Promise<string | undefined> {
  if (entryPoint === '') return undefined;
  if (packPath === undefined) throw new Error(`The folder of pack "${pack}" is not known; register the pack.`);
  const wanted = isAbsolute(entryPoint) ? entryPoint : join(packPath, 'actions', entryPoint);
  const outside = () => new Error(`The entry point "${entryPoint}" is not inside of pack "${pack}".`);
  if (!isInside(resolve(packPath), resolve(wanted))) throw outside();
  const found = await realpath(wanted).catch(() => undefined);
  if (found === undefined) throw new Error(`The entry point "${entryPoint}" of pack "${pack}" does not exist.`);
  if (!isInside(await realpath(packPath), found)) throw outside();
  return found;
}

function isInside(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
