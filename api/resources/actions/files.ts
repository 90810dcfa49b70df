/** Files of actions in their packs: written, copied and removed through the API. */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import { readMetadata } from '../../../action-service/packs/read-metadata.ts';
import { ForbiddenError, ValidationError } from '../../../core/errors.ts';
import type { Action } from '../../../stores/records.ts';
import type { ApiContext } from '../../context.ts';
import { packFilePath } from '../../packs/pack-files.ts';

export interface DataFile {
  readonly file_path: string;
  readonly content: string;
}

async function pathIn(context: ApiContext, pack: string, part: string, file: string): Promise<string> {
  const path = await packFilePath(context, pack, part, file);
  if (path === undefined) throw new ValidationError(`Pack "${pack}" has no folder to write files to.`);
  return path;
}

function refuseDenied(error: unknown): never {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    throw new ForbiddenError('No permission to change the files of the pack.');
  throw error;
}

/** Writes the files that come with an action, and tells rules of each. */
export async function writeDataFiles(
  context: ApiContext,
  pack: string,
  ref: string,
  files: readonly DataFile[],
): Promise<void> {
  for (const file of files) {
    const path = await pathIn(context, pack, 'actions', file.file_path);
    await mkdir(dirname(path), { recursive: true }).catch(refuseDenied);
    await writeFile(path, file.content).catch(refuseDenied);
    await context.stores.packs.updateOne({ ref: pack }, { $addToSet: { files: `actions/${file.file_path}` } });
    await context.dispatch({
      trigger: 'core.st2.action.file_writen',
      payload: { ref, file_path: path, host_info: {} },
    });
  }
}

/** Removes the program and the metadata of an action. */
export async function removeActionFiles(context: ApiContext, action: Action): Promise<void> {
  if (action.entry_point !== '') {
    const path = await packFilePath(context, action.pack, 'actions', action.entry_point);
    if (path !== undefined) await rm(path, { force: true }).catch(refuseDenied);
  }
  const { metadata_file: metadata } = action;
  if (metadata === undefined || metadata === '') return;
  const path = await packFilePath(context, action.pack, '', metadata);
  if (path !== undefined) await rm(path, { force: true }).catch(refuseDenied);
}

/** Copies the program and the metadata of an action into another pack, under another name. */
export async function copyActionFiles(context: ApiContext, source: Action, target: Action): Promise<void> {
  if (source.entry_point !== '' && target.entry_point !== '') {
    const from = await packFilePath(context, source.pack, 'actions', source.entry_point);
    const to = await pathIn(context, target.pack, 'actions', target.entry_point);
    await mkdir(dirname(to), { recursive: true }).catch(refuseDenied);
    if (from !== undefined) await copyProgram(source, target, from, to).catch(refuseDenied);
  }
  const { metadata_file: sourceFile } = source;
  const from =
    sourceFile === undefined || sourceFile === ''
      ? undefined
      : await packFilePath(context, source.pack, '', sourceFile);
  const to = await pathIn(context, target.pack, '', `actions/${target.name}.yaml`);
  await mkdir(dirname(to), { recursive: true }).catch(refuseDenied);
  const metadata = from === undefined ? metadataOf(source) : await readMetadata(from).catch(() => metadataOf(source));
  const copy = { ...metadata, name: target.name, pack: target.pack, entry_point: target.entry_point };
  await writeFile(to, `---\n${stringify(copy)}`).catch(refuseDenied);
}

/** A workflow of the Mistral language names itself inside of its file; its copy has to have the new name. */
async function copyProgram(source: Action, target: Action, from: string, to: string): Promise<void> {
  if (source.runner_type !== 'mistral-v2') return copyFile(from, to);
  const text = await readFile(from, 'utf8');
  const old = new RegExp(`^${source.ref.replaceAll('.', '\\.')}(?=\\s*:)`, 'm');
  await writeFile(
    to,
    text.replace(old, () => target.ref),
  );
}

function metadataOf(action: Action): Readonly<Record<string, unknown>> {
  const { description, enabled, runner_type, entry_point, parameters, tags, notify, output_schema } = action;
  return { description, enabled, runner_type, entry_point, parameters, tags, notify, output_schema };
}
