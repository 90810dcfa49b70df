import { outputSchemaOf, type ParameterSchemas, secretNames, secretValues } from '../core/params/index.ts';
import { rememberSecrets } from '../platform/temporal/secret-values.ts';
import type { Execution } from '../stores/executions.ts';
import type { Snapshots } from './snapshots.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * Makes the function that tells what is secret of an execution before its result goes to a workflow: parameters (a command may print
 * them), what the output schema calls secret, and secret answers to an inquiry.
 */
export function createSecretNotes(snapshots: Snapshots): (execution: Execution) => Promise<void> {
  return async (execution) => {
    const action = await snapshots.get(execution.action_snapshot);
    const runner = await snapshots.get(execution.runner_snapshot);
    remember(schemasIn(runner.runner_parameters), execution.parameters);
    remember(schemasIn(action.parameters), execution.parameters);
    const result = valuesIn(execution.result);
    rememberSecrets(outputSecrets(action, runner, execution.result));
    if (execution.runner_type === 'inquirer') {
      remember(schemasIn(schemasIn(result.schema).properties), valuesIn(result.response));
    }
  };
}

/** The values in a result that the output schema of its action calls secret. */
export function outputSecrets(action: Values, runner: Values, result: unknown): readonly unknown[] {
  const output = valuesIn(result)[String(runner.output_key)];
  return secretValues(outputSchemaOf(action.output_schema), output ?? result);
}

function remember(schemas: ParameterSchemas, values: Values): void {
  for (const name of secretNames(schemas)) rememberSecrets(values[name]);
}

const schemasIn = (value: unknown) => valuesIn(value) as ParameterSchemas;

function valuesIn(value: unknown): Values {
  return typeof value === 'object' && value !== null ? (value as Values) : {};
}
