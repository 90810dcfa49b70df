import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ValidationError } from '../../core/errors.ts';

/** Where a pack comes from. */
export type PackSource =
  /** A folder of this machine: a git repository when `ref` is to be looked up in it, else copied as it is. */
  | { readonly kind: 'folder'; readonly folder: string; readonly ref: string | undefined }
  | { readonly kind: 'git'; readonly url: string; readonly ref: string | undefined }
  /** A name to be looked up in the index. */
  | { readonly kind: 'index'; readonly name: string; readonly ref: string | undefined };

const NAME = /^[a-z0-9_][a-z0-9_-]*$/i;
const URL_LIKE = /^(?:https?|ssh|git):\/\/[^\s-][^\s]*$/i;
const SCP_LIKE = /^\w[\w.-]*@\w[\w.-]*:[^\s]+$/;
const GITHUB = /^\w[\w.-]*\/\w[\w.-]*$/;
/** A branch, tag or commit; must not be taken for an option. */
const REF = /^[\w][\w./+-]*$/;

/**
 * Reads what `st2 pack install` is given: a name of the index, `owner/repository`, a git URL, `file:///folder` or a path,
 * each with `=branch`, `=tag` or `=commit` after it.
 *
 * @throws ValidationError what it is not
 */
export function parsePackSource(text: string): PackSource {
  const given = text.trim();
  const whole = localFolder(given);
  if (whole !== undefined && existsSync(whole)) return { kind: 'folder', folder: whole, ref: undefined };
  const at = given.lastIndexOf('=');
  const place = at === -1 ? given : given.slice(0, at);
  const ref = at === -1 ? undefined : given.slice(at + 1);
  if (ref !== undefined && (!REF.test(ref) || ref.includes('..'))) {
    throw new ValidationError(`"${ref}" is no name of a branch, tag or commit.`, { pack: text });
  }
  const folder = localFolder(place);
  if (folder !== undefined) {
    if (!existsSync(folder))
      throw new ValidationError(`Local pack directory "${folder}" doesn't exist`, { pack: text });
    return { kind: 'folder', folder, ref };
  }
  if (NAME.test(place)) return { kind: 'index', name: place, ref };
  if (URL_LIKE.test(place) || SCP_LIKE.test(place)) return { kind: 'git', url: place, ref };
  if (GITHUB.test(place)) return { kind: 'git', url: `https://github.com/${place}`, ref };
  throw new ValidationError(
    `"${text}" is no pack: give a name of the index, a git URL, or a folder as file:///path or /path.`,
    { pack: text },
  );
}

function localFolder(text: string): string | undefined {
  if (text.startsWith('file://')) {
    try {
      return fileURLToPath(text);
    } catch {
      // `file://host/path` and the like name no file of this machine
      return undefined;
    }
  }
  return path.isAbsolute(text) ? path.normalize(text) : undefined;
}
