import type { ParameterSchemas } from '../core/params/index.ts';

/** An action, as far as it says what it takes. */
export interface ActionSchemas {
  readonly parameters?: unknown;
}

/** A runner type, likewise. */
export interface RunnerSchemas {
  readonly runner_parameters?: unknown;
}

/** The schemas of all parameters that an action takes, its runner's included. */
export function schemasOf(action: ActionSchemas, runner: RunnerSchemas): ParameterSchemas {
  return {
    ...(runner.runner_parameters as ParameterSchemas | undefined),
    ...(action.parameters as ParameterSchemas | undefined),
  };
}
