/**
 * What executions, and the actions in workflows below them, are given and give in secret: inputs and results of tasks are part
 * of a workflow's result.
 */
import { holdsSecret, outputSchemaOf } from '../core/params/index.ts';
import type { Execution } from '../stores/executions.ts';
import type { Stores } from '../stores/stores.ts';
import { schemasOf } from './parameter-schemas.ts';
import { secretsOfExecution } from './secrets-of-execution.ts';
import type { Snapshots } from './snapshots.ts';
import { isWorkflowRunner } from './workflow-runners.ts';

/** What of an execution has to be known to look for its secrets. */
export const SECRECY_FIELDS = ['runner_type', 'action_snapshot', 'runner_snapshot'] as const;

/** Workflows within workflows are followed so far. */
const DEEPEST = 10;
/** Executions that are loaded at once. */
const AT_ONCE = 1_000;

interface Deps {
  readonly stores: Stores;
  readonly snapshots: Snapshots;
}

type Outline = Pick<Execution, 'id' | (typeof SECRECY_FIELDS)[number]>;

/** @returns the secret values, as they are, of these executions and of those below them */
export async function findSecrets(deps: Deps, executions: readonly Outline[]): Promise<unknown[]> {
  const secrets: unknown[] = [];
  let level = executions;
  for (let depth = 0; level.length > 0 && depth < DEEPEST; depth += 1) {
    secrets.push(...(await secretsOfLevel(deps, level)));
    const workflows = level.filter((one) => isWorkflowRunner(one.runner_type)).map(({ id }) => id);
    if (workflows.length === 0) break;
    level = await deps.stores.executions.find({ parent: { $in: workflows } }, { include: [...SECRECY_FIELDS] });
  }
  return secrets;
}

async function secretsOfLevel({ stores, snapshots }: Deps, level: readonly Outline[]): Promise<readonly unknown[]> {
  const kinds = new Map<string, Secrecy>();
  const kindOf = (one: Outline) => `${one.action_snapshot} ${one.runner_snapshot}`;
  for (const one of level) {
    if (!kinds.has(kindOf(one))) kinds.set(kindOf(one), await secrecyOf(snapshots, one));
  }
  const known = level.filter((one) => kinds.get(kindOf(one)) !== 'none');
  const secrets: unknown[] = [];
  for (let from = 0; from < known.length; from += AT_ONCE) {
    const some = known.slice(from, from + AT_ONCE);
    // Results may be large: they are loaded only where something in them may be secret.
    const more = some.some((one) => kinds.get(kindOf(one)) === 'given and result') ? ['result'] : [];
    const found = await stores.executions.find(
      { id: { $in: some.map(({ id }) => id) } },
      { include: [...SECRECY_FIELDS, 'parameters', ...more] },
    );
    for (const execution of found) {
      const action = await snapshots.get(execution.action_snapshot);
      secrets.push(...secretsOfExecution(action, await snapshots.get(execution.runner_snapshot), execution));
    }
  }
  return secrets;
}

/** Where an execution may have secrets. */
type Secrecy = 'none' | 'given' | 'given and result';

async function secrecyOf(snapshots: Snapshots, one: Outline): Promise<Secrecy> {
  const action = await snapshots.get(one.action_snapshot);
  if (one.runner_type === 'inquirer' || holdsSecret(outputSchemaOf(action.output_schema))) return 'given and result';
  const runner = await snapshots.get(one.runner_snapshot);
  return holdsSecret({ properties: schemasOf(action, runner) }) ? 'given' : 'none';
}
