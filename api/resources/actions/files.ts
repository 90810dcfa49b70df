/** Files of actions in their packs: written, copied and removed through the API. */
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { readMetadata } from '../../../action-service/packs/read-metadata.ts';
import { errorCode, ValidationError } from '../../../core/errors.ts';
import { escapeRegex } from '../../../core/python/regex.ts';
import type { Action } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { packFilePath } from '../../packs/pack-files.ts';
import { type NewFile, refuseFile, type StagedFiles, stageFiles } from '../../packs/stage-files.ts';

export interface DataFile {
  readonly file_path: string;
  readonly content: string;
}

/** Files that come with an action, written and not yet in place. */
export interface StagedDataFiles extends Pick<StagedFiles, 'discard'> {
  /** Puts them in place, and tells rules of each. */
  put(): Promise<void>;
}

async function pathIn(context: ApiContext, pack: string, part: string, file: string): Promise<string> {
  const path = await packFilePath(context, pack, part, file);
  if (path === undefined) throw new ValidationError(`Pack "${pack}" has no folder to write files to.`);
  return path;
}

/** Writes the files that come with an action beside their places. @throws ForbiddenError, ValidationError */
export async function stageDataFiles(
  context: ApiContext,
  { pack, ref }: Pick<Action, 'pack' | 'ref'>,
  files: readonly DataFile[],
): Promise<StagedDataFiles> {
  const placed: (NewFile & { readonly name: string })[] = [];
  for (const { file_path: name, content } of files) {
    const path = await pathIn(context, pack, 'actions', name);
    placed.push({ name, path, write: (to) => writeFile(to, content) });
  }
  const staged = await stageFiles(placed);
  return {
    discard: staged.discard,
    async put() {
      await staged.put();
      for (const { name, path } of placed) {
        await context.stores.packs.updateOne({ ref: pack }, { $addToSet: { files: `actions/${name}` } });
        await context.dispatch({
          trigger: 'core.st2.action.file_writen',
          payload: { ref, file_path: path, host_info: {} },
        });
      }
    },
  };
}

/** Removes the program and the metadata of an action; those of another one that lie in the same places stay. */
export async function removeActionFiles(context: ApiContext, action: Action, other?: Action): Promise<void> {
  const kept = other === undefined ? [] : await pathsOf(context, other);
  for (const path of await pathsOf(context, action)) {
    if (!kept.includes(path)) await rm(path, { force: true }).catch(refuseFile);
  }
}

async function pathsOf(context: ApiContext, { pack, entry_point: program, metadata_file: metadata }: Action) {
  const paths = [
    program === '' ? undefined : await packFilePath(context, pack, 'actions', program),
    metadata === undefined || metadata === '' ? undefined : await packFilePath(context, pack, '', metadata),
  ];
  return paths.filter((path) => path !== undefined);
}

/**
 * Writes the program and the metadata of an action for a copy of it, beside their places.
 *
 * @throws ValidationError when the program is not there
 */
export async function stageActionFiles(context: ApiContext, source: Action, target: Omit<Action, 'id'>) {
  const files: NewFile[] = [];
  const program =
    source.entry_point === '' ? undefined : await packFilePath(context, source.pack, 'actions', source.entry_point);
  if (program !== undefined && target.entry_point !== '') {
    const path = await pathIn(context, target.pack, 'actions', target.entry_point);
    files.push({ path, write: (to) => copyProgram(source, target, program, to) });
  }
  const { metadata_file: file } = source;
  const from = file === undefined || file === '' ? undefined : await packFilePath(context, source.pack, '', file);
  const metadata = from === undefined ? metadataOf(source) : await readMetadata(from).catch(() => metadataOf(source));
  const copy = { ...metadata, name: target.name, pack: target.pack, entry_point: target.entry_point };
  const path = await pathIn(context, target.pack, '', `actions/${target.name}.yaml`);
  files.push({ path, write: (to) => writeFile(to, `---\n${stringify(copy)}`) });
  return await stageFiles(files);
}

/** A workflow of the Mistral language names itself inside of its file; its copy has to have the new name. */
async function copyProgram(source: Action, target: Omit<Action, 'id'>, from: string, to: string): Promise<void> {
  try {
    if (source.runner_type !== 'mistral-v2') return await copyFile(from, to);
    const text = await readFile(from, 'utf8');
    const old = new RegExp(`^${escapeRegex(source.ref)}(?=\\s*:)`, 'm');
    await writeFile(
      to,
      text.replace(old, () => target.ref),
    );
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new ValidationError(`The file "${source.entry_point}" of the action "${source.ref}" does not exist.`);
  }
}

function metadataOf(action: Action): Readonly<Record<string, unknown>> {
  const { description, enabled, runner_type, entry_point, parameters, tags, notify, output_schema } = action;
  return { description, enabled, runner_type, entry_point, parameters, tags, notify, output_schema };
}
