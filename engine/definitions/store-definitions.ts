/**
 * Definitions as users upload them: checked, compiled, stored. A text that is stored already is not written again.
 */
import { randomUUID } from 'node:crypto';
import { ConflictError, NotFoundError, ValidationError } from '../../core/errors.ts';
import type { WorkflowDefinition } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import {
  type AdHocActionIr,
  type DocumentIr,
  dumpYaml,
  type InputIr,
  parseDefinition,
  type WorkflowIr,
} from '../../workflow-translator/index.ts';

export type DefinitionKind = WorkflowDefinition['kind'];

export interface UploadOptions {
  readonly namespace: string;
  readonly scope: string;
  /** `create` refuses a name that exists, `update` one that does not. */
  readonly mode: 'create' | 'update';
  /** Only this definition may be updated. */
  readonly id?: string;
}

const LABELS: Readonly<Record<DefinitionKind, string>> = {
  workflow: 'Workflow',
  workbook: 'Workbook',
  action: 'Action definition',
};

/** @throws ValidationError with `Invalid DSL: …` */
export async function uploadWorkflows(stores: Stores, text: string, options: UploadOptions) {
  const document = parseDefinition(text, { kind: 'workflow' });
  const { workflows } = document;
  if (options.id !== undefined && workflows.length > 1) {
    throw new ValidationError(
      `More than one workflows are not supported for update with identifier. [identifier: ${options.id}]`,
    );
  }
  const all = workflows.map((workflow) => {
    const definition = workflows.length === 1 ? text : dumpYaml({ version: '2.0', [workflow.name]: workflow.spec });
    return { kind: 'workflow', definition, ...workflowFields(workflow) } as const;
  });
  return await saveAll(stores, all, options);
}

/** Stores a workbook and the workflows and actions in it. @throws ValidationError with `Invalid DSL: …` */
export async function uploadWorkbook(stores: Stores, text: string, options: UploadOptions) {
  const document: DocumentIr = parseDefinition(text, { kind: 'workbook' });
  const name = document.name ?? '';
  const fields = { kind: 'workbook', name, definition: text, input: '', tags: document.tags ?? [] } as const;
  const record = await save(stores, fields, await findPlace(stores, fields, options), options);
  for (const workflow of document.workflows) {
    const definition = dumpYaml({ version: '2.0', [workflow.name]: workflow.spec });
    const fields = { kind: 'workflow', definition, workbook: name, ...workflowFields(workflow) } as const;
    await replace(stores, fields, options);
  }
  for (const action of document.actions) await replace(stores, actionFields(action, text, name), options);
  return record;
}

/** Stores ad-hoc actions. @throws ValidationError with `Invalid DSL: …` */
export async function uploadActions(stores: Stores, text: string, options: UploadOptions) {
  const { actions } = parseDefinition(text, { kind: 'actions' });
  const all = actions.map((action) => actionFields(action, text));
  return await saveAll(stores, all, options);
}

/** All are looked at before the first is stored: one that is refused changes nothing. */
async function saveAll(stores: Stores, all: readonly Fields[], options: UploadOptions) {
  const found: (WorkflowDefinition | undefined)[] = [];
  for (const fields of all) found.push(await findPlace(stores, fields, options));
  const saved: WorkflowDefinition[] = [];
  for (const [index, fields] of all.entries()) saved.push(await save(stores, fields, found[index], options));
  return saved;
}

/**
 * Removes a definition by name or id. What came with a workbook stays, as in Mistral.
 *
 * @throws NotFoundError
 * @throws ValidationError for a workflow that triggers start
 */
export async function removeDefinition(stores: Stores, kind: DefinitionKind, identifier: string, namespace: string) {
  const found = await findDefinition(stores, kind, identifier, namespace);
  if (kind === 'workflow') await refuseTriggered(stores, found.id, identifier);
  await stores.workflowDefinitions.removeOne({ id: found.id });
}

async function refuseTriggered(stores: Stores, workflow_id: string, identifier: string): Promise<void> {
  for (const kind of ['cron', 'event'] as const) {
    const triggers = await stores[`${kind}Triggers`].find({ workflow_id }, { include: ['id'] });
    if (triggers.length === 0) continue;
    const ids = triggers.map(({ id }) => id).join(', ');
    throw new ValidationError(
      `Can't delete workflow that has ${kind} triggers associated. [workflow_identifier=${identifier}], [${kind}_trigger_id(s)=${ids}]`,
    );
  }
}

/** A definition by name or id, in the namespace or else in the default one. @throws NotFoundError */
export async function findDefinition(stores: Stores, kind: DefinitionKind, identifier: string, namespace: string) {
  const { workflowDefinitions } = stores;
  const found =
    (await workflowDefinitions.findOne({ kind, name: identifier, namespace })) ??
    (namespace === '' ? undefined : await workflowDefinitions.findOne({ kind, name: identifier, namespace: '' })) ??
    (await workflowDefinitions.findOne({ kind, id: identifier }));
  if (found !== undefined) return found;
  const label = LABELS[kind];
  throw new NotFoundError(
    `${label} not found [${kind}_${kind === 'workflow' ? 'identifier' : 'name'}=${identifier}, namespace=${namespace}]`,
  );
}

type Fields = Pick<WorkflowDefinition, 'kind' | 'name' | 'definition' | 'input' | 'tags'> &
  Partial<Pick<WorkflowDefinition, 'ir' | 'workbook'>>;

/** The definition in whose place a new one comes. @throws ConflictError, NotFoundError by the mode */
async function findPlace(
  stores: Stores,
  fields: Fields,
  { namespace, mode, id }: UploadOptions,
): Promise<WorkflowDefinition | undefined> {
  const { kind, name } = fields;
  const byId = id === undefined ? undefined : await stores.workflowDefinitions.findOne({ kind, id });
  const found = byId ?? (await stores.workflowDefinitions.findOne({ kind, name, namespace }));
  if (mode === 'create' && found !== undefined) {
    throw new ConflictError(
      `Duplicate entry for ${LABELS[kind]} ['name', 'namespace', 'project_id']: ${name}, ${namespace}, <default-project>`,
      found.id,
    );
  }
  if (mode === 'update' && found === undefined) {
    throw new NotFoundError(`${LABELS[kind]} not found [${kind}_identifier=${id ?? name}, namespace=${namespace}]`);
  }
  return found;
}

function save(stores: Stores, fields: Fields, found: WorkflowDefinition | undefined, options: UploadOptions) {
  return found === undefined ? insert(stores, fields, options) : change(stores, found, fields, options);
}

async function replace(stores: Stores, fields: Fields, options: UploadOptions): Promise<void> {
  const { kind, name } = fields;
  const found = await stores.workflowDefinitions.findOne({ kind, name, namespace: options.namespace });
  await save(stores, fields, found, options);
}

async function insert(stores: Stores, fields: Fields, { namespace, scope }: UploadOptions) {
  return await stores.workflowDefinitions.insert({
    id: randomUUID(),
    ...fields,
    namespace,
    scope,
    created_at: new Date(),
  });
}

async function change(stores: Stores, found: WorkflowDefinition, fields: Fields, { scope }: UploadOptions) {
  if (found.definition === fields.definition && found.scope === scope && found.ir === fields.ir) return found;
  const updated = { $set: { ...fields, scope, updated_at: new Date() } };
  return (await stores.workflowDefinitions.updateOne({ id: found.id }, updated)) ?? found;
}

function workflowFields(workflow: WorkflowIr) {
  const { name, tags = [], input } = workflow;
  return { name, tags, input: inputText(input), ir: JSON.stringify(workflow) };
}

function actionFields(action: AdHocActionIr, definition: string, workbook?: string): Fields {
  const fields = { kind: 'action', name: action.name, definition, input: inputText(action.input) } as const;
  return {
    ...fields,
    tags: action.tags ?? [],
    ir: JSON.stringify(action),
    ...(workbook === undefined ? {} : { workbook }),
  };
}

/** Declared input in one line, as lists show it: `a, b="1"`. */
function inputText(input: readonly InputIr[]): string {
  const defaultText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return input
    .map((one) => (Object.hasOwn(one, 'default') ? `${one.name}="${defaultText(one.default)}"` : one.name))
    .join(', ');
}
