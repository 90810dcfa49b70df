import { rememberSecrets } from '../platform/temporal/secret-values.ts';
import type { Execution } from '../stores/executions.ts';
import { secretsOfExecution } from './secrets-of-execution.ts';
import type { Snapshots } from './snapshots.ts';

/** Makes the function that tells what is secret of an execution before its result goes to a workflow. */
export function createSecretNotes(snapshots: Snapshots): (execution: Execution) => Promise<void> {
  return async (execution) => {
    const action = await snapshots.get(execution.action_snapshot);
    const runner = await snapshots.get(execution.runner_snapshot);
    rememberSecrets(secretsOfExecution(action, runner, execution));
  };
}
