/**
 * The form of a document: every part against its schema, from the whole down to a task, and the few rules of form that a
 * schema cannot say. Reports everything that Mistral refuses (it stops at the first; here the rest is found, too).
 */
import { type Dict, dictEntries, dictGet, dictHas, dictKeys, isDict } from '../../core/python/dict.ts';
import { pyRepr } from '../../core/python/repr.ts';
import type { DocumentKind } from '../build/document.ts';
import { parseInlineCall } from '../build/inline-call.ts';
import { readRetry } from '../build/policies.ts';
import { ON_KEYS } from '../build/task.ts';
import { readOnClause } from '../build/transitions.ts';
import { dictAt, textAt } from '../build/values.ts';
import { buildWithItems, readWithItems } from '../build/with-items.ts';
import type { Path } from '../parse/yaml-document.ts';
import { adHocAction, itemList, workbook, workflow } from '../schema/documents.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { directTask, reverseTask, taskDefaults } from '../schema/tasks.ts';
import { validateSchema } from '../schema/validator.ts';
import type { Report } from './problems.ts';

const MAX_TASK_NAME = 255;
/** Names of joins become part of a lock's name, which is limited. */
const MAX_JOIN_NAME = 208;

/** Checks the form of a document of a known kind. */
export function checkStructure(document: unknown, kind: DocumentKind, report: Report): void {
  if (kind === 'workbook') {
    checkWorkbook(document, report);
    return;
  }
  if (!isDict(document)) {
    applySchema(document, itemList, [], 'document', report);
    return;
  }
  applySchema(document, itemList, [], 'document', report);
  const items = dictEntries(document).filter(([name]) => name !== 'version');
  if (items.length === 0) {
    report('SCHEMA', `At least one item must be in the list [data=${pyRepr(document)}].`, []);
  }
  for (const [name, body] of items) {
    if (typeof name !== 'string') {
      report('NAME', `The name ${pyRepr(name)} is no text.`, [String(name)]);
      continue;
    }
    checkNoBlank(name, [name], report);
    if (isDict(body) && kind === 'actions') checkAction(body, [name], report);
    else if (isDict(body)) checkWorkflow(name, body, [name], report);
  }
}

function checkWorkbook(document: unknown, report: Report): void {
  applySchema(document, workbook, [], 'workbook', report);
  if (!isDict(document)) return;
  checkNoBlank(textAt(document, 'name') ?? '', ['name'], report);
  for (const [name, body] of sectionEntries(document, 'actions')) {
    if (isDict(body)) checkAction(body, ['actions', name], report);
    else applySchema(body, adHocAction, ['actions', name], 'action', report);
  }
  for (const [name, body] of sectionEntries(document, 'workflows')) {
    const path = ['workflows', name];
    if (isDict(body)) checkWorkflow(name, body, path, report);
    else report('SCHEMA', `A workflow must be a mapping, not ${pyRepr(body)}.`, path);
  }
}

/** Mistral stores no definition under a name with a blank in it. */
function checkNoBlank(name: string, path: Path, report: Report): void {
  if (name.includes(' ')) report('NAME', `Name '${name}' must not contain spaces`, path);
}

function sectionEntries(document: Dict, key: string): [string, unknown][] {
  const section = dictAt(document, key);
  if (section === undefined) return [];
  return dictEntries(section).flatMap(([name, body]): [string, unknown][] =>
    typeof name === 'string' && name !== 'version' ? [[name, body]] : [],
  );
}

function applySchema(value: unknown, schema: JsonSchema, path: Path, owner: string, report: Report): boolean {
  const errors = validateSchema(value, schema);
  for (const error of errors) {
    const extras = { schema_path: [owner, ...error.schemaPath].join('.') };
    report('SCHEMA', `Invalid DSL: ${error.message}`, [...path, ...error.path], extras);
  }
  return errors.length === 0;
}

function checkAction(action: Dict, path: Path, report: Report): void {
  if (path.at(-1) === '') report('NAME', 'The name of an action must not be empty.', path);
  applySchema(action, adHocAction, path, 'action', report);
  checkCall(action, 'base', path, report);
}

function checkWorkflow(name: string, body: Dict, path: Path, report: Report): void {
  if (isUuidLike(name)) report('NAME', 'Workflow name cannot be in the format of UUID.', path);
  const type = dictHas(body, 'type') ? dictGet(body, 'type') : 'direct';
  applySchema(body, workflow, path, 'workflow', report);
  const defaults = dictAt(body, 'task-defaults');
  if (defaults !== undefined) checkDefaults(defaults, [...path, 'task-defaults'], report);
  const tasks = dictAt(body, 'tasks');
  if (tasks === undefined) return;
  if (dictKeys(tasks).some((key) => typeof key !== 'string')) return;
  const taskSchema = type === 'reverse' ? reverseTask : directTask;
  for (const [task, spec] of dictEntries(tasks)) {
    const place = [...path, 'tasks', String(task)];
    if (!isDict(spec)) report('SCHEMA', `Invalid DSL: ${pyRepr(spec)} is not of type 'object'`, place);
    else if (task !== 'version') checkTask(String(task), spec, taskSchema, place, report);
  }
}

function checkDefaults(defaults: Dict, path: Path, report: Report): void {
  if (!applySchema(defaults, taskDefaults, path, 'task-defaults', report)) return;
  checkClauses(defaults, path, report);
  readRetry(dictGet(defaults, 'retry'), [...path, 'retry'], report);
}

function checkTask(name: string, task: Dict, schema: JsonSchema, path: Path, report: Report): void {
  if (name === '') report('NAME', 'The name of a task must not be empty.', path);
  if ([...name].length > MAX_TASK_NAME) {
    report('NAME', `The length of a '${name}' task name must not exceed ${MAX_TASK_NAME} symbols`, path);
  }
  if (!applySchema(task, schema, path, 'task', report)) return;
  if (dictGet(task, 'join') && [...name].length > MAX_JOIN_NAME) {
    report('NAME', `The length of a '${name}' join task name must not exceed ${MAX_JOIN_NAME} symbols`, path);
  }
  const params = checkCall(task, dictHas(task, 'action') ? 'action' : 'workflow', path, report);
  if (params > 0 && typeof dictGet(task, 'input') === 'string') {
    report('INLINE_CALL', 'Inline parameters and an expression as "input" exclude each other.', [...path, 'input']);
  }
  buildWithItems(readWithItems(dictGet(task, 'with-items'), [...path, 'with-items'], report), undefined, report);
  readRetry(dictGet(task, 'retry'), [...path, 'retry'], report);
  checkClauses(task, path, report);
}

function checkClauses(owner: Dict, path: Path, report: Report): void {
  for (const key of ON_KEYS) if (dictHas(owner, key)) readOnClause(dictGet(owner, key), [...path, key], report);
}

/** Checks an inline call and gives the number of its parameters. */
function checkCall(owner: Dict, key: string, path: Path, report: Report): number {
  const text = textAt(owner, key);
  if (text === undefined) return 0;
  const call = parseInlineCall(text);
  if (call === undefined) report('INLINE_CALL', `Invalid action/workflow task property: ${text}`, [...path, key]);
  return call?.params.size ?? 0;
}

function isUuidLike(name: string): boolean {
  const digits = name
    .replaceAll('urn:', '')
    .replaceAll('uuid:', '')
    .replace(/^[{}]+|[{}]+$/g, '')
    .replaceAll('-', '');
  return /^[0-9a-f]{32}$/i.test(digits);
}
