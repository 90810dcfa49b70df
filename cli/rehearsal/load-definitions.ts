/** Reads the workflow to rehearse, and those beside it that it may call. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ValidationError } from '../../core/errors.ts';
import { checkDefinition, type DocumentIr, type Problem, type WorkflowIr } from '../../workflow-translator/index.ts';
import type { Definitions } from './rehearse-case.ts';

export interface LoadedDefinitions extends Definitions {
  readonly document: DocumentIr;
}

/**
 * The document of `file`, and all valid ones of its folder: a sub-workflow usually stands beside its parent.
 * @throws ValidationError with every problem of `file`, each with its place
 */
export async function loadDefinitions(file: string): Promise<LoadedDefinitions> {
  const { document, problems } = checkDefinition(await readFile(file, 'utf8'));
  if (document === undefined) throw new ValidationError(problems.map((one) => describe(file, one)).join('\n'));
  const documents = [...(await siblings(file, document)), document];
  const workflows = new Map(documents.flatMap((one) => one.workflows).map((one) => [one.name, one]));
  const actions = new Map(documents.flatMap((one) => one.actions).map((one) => [one.name, one]));
  return { document, workflows, actions };
}

/**
 * The workflow that is meant.
 * @throws ValidationError when it cannot be told
 */
export function chooseWorkflow(document: DocumentIr, wanted: string | undefined): WorkflowIr {
  const { workflows } = document;
  const names = workflows.map((one) => one.name);
  const entry = wanted ?? (names.length === 1 ? names[0] : names.find((name) => name.endsWith('.main')));
  const found = workflows.find((one) => one.name === entry);
  if (found !== undefined) return found;
  throw new ValidationError(`Say which workflow is to be rehearsed with 'workflow:'; there are ${names.join(', ')}.`);
}

async function siblings(file: string, document: DocumentIr): Promise<DocumentIr[]> {
  const callsOthers = document.workflows.some((one) => one.tasks.some((task) => task.kind === 'workflow'));
  if (!callsOthers) return [];
  const folder = path.dirname(file);
  const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name) && !/\.rehearsal\.ya?ml$/.test(name));
  const others = names.map((name) => path.join(folder, name)).filter((name) => name !== path.resolve(file));
  const checked = await Promise.all(others.map(async (name) => checkDefinition(await readFile(name, 'utf8'))));
  return checked.map((one) => one.document).filter((one) => one !== undefined);
}

function describe(file: string, { message, line, column }: Problem): string {
  return `${file}:${line}:${column}: ${message}`;
}
