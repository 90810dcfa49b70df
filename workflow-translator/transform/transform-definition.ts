import { ValidationError } from '../../core/errors.ts';
import { type Dict, dictHas, dictKeys, isDict } from '../../core/python/dict.ts';
import { dictAt, textAt } from '../build/values.ts';
import { createReport, type Problem } from '../check/problems.ts';
import { parseYaml, type YamlDocument } from '../parse/yaml-document.ts';
import { dumpYaml } from './dump-yaml.ts';
import { type ActionForTransform, type KnownActions, referencedActions, rewriteActions } from './rewrite.ts';

/** Finds a registered action by its reference; undefined when there is none. */
export type ActionLookup =
  | ((ref: string) => Promise<ActionForTransform | undefined> | ActionForTransform | undefined)
  | KnownActions;

export interface TransformOptions {
  /** Reference of the action that the definition belongs to; its name must be the same. Not checked when absent. */
  readonly ref?: string;
  readonly lookupAction: ActionLookup;
}

export interface TransformedDefinition {
  /** The definition to deploy, as YAML. */
  readonly definition: string;
  readonly kind: 'workflow' | 'workbook';
  readonly name: string;
  /** Full names of its workflows in order of the document: `<workbook>.<workflow>` for those of a workbook. */
  readonly workflows: readonly string[];
}

/**
 * Rewrites the workflow file of a pack so that each registered action is called by `st2.action` (see rewrite.ts). The
 * definition is not validated here beyond what the rewrite needs: the engine does that when it is deployed.
 * @throws ValidationError with StackStorm's sentence for the first problem and all of them as `details.problems`
 */
export async function transformDefinition(text: string, options: TransformOptions): Promise<TransformedDefinition> {
  const yaml = parseYaml(text, { keepTimestamps: true });
  const document = documentOf(yaml);
  const kind = dictHas(document, 'workflows') ? 'workbook' : 'workflow';
  const name = checkedName(document, kind, options.ref);
  const { problems, report } = createReport(yaml.locate);
  const actions = await lookUp(referencedActions(document), options.lookupAction);
  const rewritten = rewriteActions(document, actions, report);
  if (problems[0] !== undefined) throw new ValidationError(problems[0].message, { problems });
  return { definition: dumpYaml(rewritten), kind, name, workflows: workflowNames(document, kind, name) };
}

/**
 * The workflow of a transformed definition that a start without further word means.
 * @param requested full name, needed when a workbook has several workflows
 * @throws ValidationError when it cannot be told or does not exist
 */
export function entryWorkflow(transformed: TransformedDefinition, requested?: string): string {
  if (transformed.kind === 'workflow') return transformed.name;
  const [only, ...others] = transformed.workflows;
  if (only === undefined) throw new ValidationError('There are no workflows in the workbook.');
  if (others.length === 0) return only;
  if (requested === undefined || requested === '') {
    throw new ValidationError('Workbook definition is detected. Default workflow cannot be determined.');
  }
  const last = requested.slice(requested.lastIndexOf('.') + 1);
  const found = transformed.workflows.find((name) => name === `${transformed.name}.${last}`);
  if (found === undefined) throw new ValidationError(`Unable to find the workflow "${requested}" in the workbook.`);
  return found;
}

/** What the rewrite finds wrong with the calls of a document. */
export async function checkCalls(text: string, lookupAction: ActionLookup): Promise<readonly Problem[]> {
  const yaml = parseYaml(text, { keepTimestamps: true });
  if (!isDict(yaml.value)) return [];
  const { problems, report } = createReport(yaml.locate);
  rewriteActions(yaml.value, await lookUp(referencedActions(yaml.value), lookupAction), report);
  return problems;
}

async function lookUp(refs: readonly string[], lookup: ActionLookup): Promise<KnownActions> {
  if (typeof lookup !== 'function') return lookup;
  const found = await Promise.all(refs.map(async (ref) => [ref, await lookup(ref)] as const));
  return new Map(found);
}

function documentOf(yaml: YamlDocument): Dict {
  const [problem] = yaml.problems;
  if (problem !== undefined) {
    const problems = yaml.problems.map((each) => ({ ...each, code: 'YAML', severity: 'error', path: '' }));
    const place = `line ${problem.line}, column ${problem.column}`;
    throw new ValidationError(`Definition could not be parsed: ${problem.message} (${place})`, { problems });
  }
  if (!isDict(yaml.value)) throw new ValidationError('A workflow definition must be a mapping.');
  return yaml.value;
}

function checkedName(document: Dict, kind: TransformedDefinition['kind'], ref: string | undefined): string {
  const name = kind === 'workbook' ? (textAt(document, 'name') ?? '') : onlyWorkflow(document);
  if (ref !== undefined && name !== ref) {
    throw new ValidationError(`Name of the ${kind} must be the same as the fully qualified action name "${ref}".`);
  }
  return name;
}

function onlyWorkflow(document: Dict): string {
  const [name, ...others] = dictKeys(document).filter((key) => key !== 'version');
  if (name === undefined || others.length > 0) {
    throw new ValidationError('Workflow (not workbook) definition is detected. Multiple workflows is not supported.');
  }
  return String(name);
}

function workflowNames(document: Dict, kind: TransformedDefinition['kind'], name: string): readonly string[] {
  if (kind === 'workflow') return [name];
  const workflows = dictAt(document, 'workflows');
  if (workflows === undefined) return [];
  return dictKeys(workflows).flatMap((key) => (key === 'version' ? [] : [`${name}.${String(key)}`]));
}
