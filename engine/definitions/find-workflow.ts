import type { WorkflowDefinition } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import type { AdHocActionIr, WorkflowIr } from '../../workflow-translator/ir.ts';

/** Where definitions are looked up. */
export type DefinitionStores = Pick<Stores, 'workflowDefinitions'>;

/** A definition with its compiled form. */
export interface FoundWorkflow {
  readonly definition: WorkflowDefinition;
  readonly workflow: WorkflowIr;
}

/** The first of the names that is defined, in the namespace before the default one; `undefined` when none is. */
export async function findWorkflow(
  stores: DefinitionStores,
  names: readonly string[],
  namespace: string,
): Promise<FoundWorkflow | undefined> {
  const namespaces = namespace === '' ? [''] : [namespace, ''];
  for (const name of names) {
    for (const place of namespaces) {
      const definition = await stores.workflowDefinitions.findOne({ kind: 'workflow', name, namespace: place });
      if (definition !== undefined) return await compiled(stores, definition);
    }
  }
  return undefined;
}

/** The definition with this id. */
export async function findWorkflowById(stores: DefinitionStores, id: string): Promise<FoundWorkflow | undefined> {
  const definition = await stores.workflowDefinitions.findOne({ kind: 'workflow', id });
  return definition && (await compiled(stores, definition));
}

async function compiled(stores: DefinitionStores, definition: WorkflowDefinition): Promise<FoundWorkflow> {
  const workflow = JSON.parse(String(definition.ir)) as WorkflowIr;
  return { definition, workflow: await withAdHocActions(stores, workflow, definition.namespace) };
}

/** Adds the ad-hoc actions that were defined on their own, as far as the workflow may call them. */
async function withAdHocActions(
  stores: DefinitionStores,
  workflow: WorkflowIr,
  namespace: string,
): Promise<WorkflowIr> {
  const own = workflow.actions ?? {};
  const targets = workflow.tasks.filter((task) => task.kind === 'action').map((task) => task.target);
  const bases = Object.values(own).map((action) => action.base);
  const unknown = [...targets, ...bases].filter((name) => !isSystemName(name) && !Object.hasOwn(own, name));
  if (unknown.length === 0) return workflow;
  // All at once, with what they are based on: there are few.
  const defined = await stores.workflowDefinitions.find({ kind: 'action', namespace: { $in: ['', namespace] } });
  if (defined.length === 0) return workflow;
  const actions = defined.map((one) => JSON.parse(String(one.ir)) as AdHocActionIr);
  return { ...workflow, actions: { ...Object.fromEntries(actions.map((one) => [one.name, one])), ...own } };
}

function isSystemName(name: string): boolean {
  return name === 'st2.action' || name.startsWith('std.');
}
