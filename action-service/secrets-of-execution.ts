/** What is secret of an execution, as values: to be masked wherever it turns up. */
import { outputSchemaOf, type ParameterSchemas, secretValues } from '../core/params/index.ts';
import type { Execution } from '../stores/executions.ts';
import { type ActionSchemas, type RunnerSchemas, schemasOf } from './parameter-schemas.ts';

type Values = Readonly<Record<string, unknown>>;

/** What an execution was given in secret (an action may print it), what it gave in secret, and secret answers to an inquiry. */
export function secretsOfExecution(
  action: Values,
  runner: Values,
  execution: Pick<Execution, 'parameters' | 'result' | 'runner_type'>,
): readonly unknown[] {
  const { parameters, result, runner_type: type } = execution;
  return [
    ...parameterSecrets(action, runner, parameters),
    ...outputSecrets(action, runner, result),
    ...(type === 'inquirer' ? answerSecrets(valuesIn(result)) : []),
  ];
}

/** The secrets among parameters and the defaults of those that were not given. */
export function parameterSecrets(action: ActionSchemas, runner: RunnerSchemas, given: Values): readonly unknown[] {
  const schemas = schemasOf(action, runner);
  const defaults = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, schema?.default]));
  return secretValues({ properties: schemas }, { ...defaults, ...given });
}

/** The values in a result that the output schema of its action calls secret. */
export function outputSecrets(action: Values, runner: Values, result: unknown): readonly unknown[] {
  const output = valuesIn(result)[String(runner.output_key)];
  return secretValues(outputSchemaOf(action.output_schema), output ?? result);
}

function answerSecrets(result: Values): readonly unknown[] {
  const properties = valuesIn(valuesIn(result.schema).properties) as ParameterSchemas;
  return secretValues({ properties }, valuesIn(result.response));
}

function valuesIn(value: unknown): Values {
  return typeof value === 'object' && value !== null ? (value as Values) : {};
}
