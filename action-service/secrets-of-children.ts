/**
 * What the actions in a workflow are given and give in secret: inputs and results of tasks are part of the workflow's result.
 */
import { holdsSecret, outputSchemaOf, type ParameterSchemas, secretValues } from '../core/params/index.ts';
import type { Execution } from '../stores/executions.ts';
import type { Stores } from '../stores/stores.ts';
import { outputSecrets } from './note-secrets.ts';
import type { Snapshots } from './snapshots.ts';
import { isWorkflowRunner } from './workflow-runners.ts';

/** What of a child has to be loaded. */
export const CHILD_FIELDS = ['parent', 'start_timestamp', 'runner_type', 'action_snapshot', 'runner_snapshot'] as const;

/** Workflows within workflows are followed so far. */
const DEEPEST = 10;
/** Children that are looked at on one level. */
const MOST_CHILDREN = 1_000;

interface Deps {
  readonly stores: Stores;
  readonly snapshots: Snapshots;
}

/** @returns the secret values, as they are, of these executions and of those below them */
export async function secretsOfChildren(deps: Deps, children: readonly Execution[]): Promise<unknown[]> {
  const secrets: unknown[] = [];
  let level = children;
  for (let depth = 0; level.length > 0 && depth < DEEPEST; depth += 1) {
    secrets.push(...(await secretsOfLevel(deps, level)));
    const workflows = level.filter((child) => isWorkflowRunner(child.runner_type)).map(({ id }) => id);
    if (workflows.length === 0) break;
    level = await deps.stores.executions.find({ parent: { $in: workflows } }, { include: [...CHILD_FIELDS] });
  }
  return secrets;
}

async function secretsOfLevel({ stores, snapshots }: Deps, level: readonly Execution[]): Promise<unknown[]> {
  const given = new Set<string>();
  const giving = new Set<string>();
  for (const hash of new Set(level.map((child) => child.action_snapshot))) {
    const { parameters, output_schema: output } = await snapshots.get(hash);
    if (holdsSecret({ properties: parameters })) given.add(hash);
    if (holdsSecret(outputSchemaOf(output))) giving.add(hash);
  }
  const knows = ({ action_snapshot: hash }: Execution) => given.has(hash) || giving.has(hash);
  const ids = level.filter(knows).slice(0, MOST_CHILDREN);
  if (ids.length === 0) return [];
  const include = ['parameters', 'action_snapshot', 'runner_snapshot', ...(giving.size === 0 ? [] : ['result'])];
  const found = await stores.executions.find({ id: { $in: ids.map(({ id }) => id) } }, { include });
  const secrets: unknown[] = [];
  for (const child of found) {
    const action = await snapshots.get(child.action_snapshot);
    const schemas = (action.parameters ?? {}) as ParameterSchemas;
    secrets.push(...secretValues({ properties: schemas }, child.parameters));
    secrets.push(...outputSecrets(action, await snapshots.get(child.runner_snapshot), child.result));
  }
  return secrets;
}
