import type { KeyValueService } from '../../action-service/keyvalue/keyvalue-service.ts';
import { type FinalParams, resolveFinalParams } from '../../core/params/index.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Action, ParameterSchemas, RunnerType } from '../../stores/records.ts';
import type { RunnerServices } from '../runners/contract.ts';

export type FinalParametersOf = (execution: Execution, action: Action, runnerType: RunnerType) => Promise<FinalParams>;

interface Deps {
  readonly keyValues: KeyValueService;
  readonly packConfig: RunnerServices['packConfig'];
  readonly systemUser: string;
}

/** Whether any default is a template: only those can ask for the configuration of the pack. */
function hasTemplates(schemas: ParameterSchemas): boolean {
  return Object.values(schemas).some((schema) => {
    const text = schema?.default === undefined ? '' : JSON.stringify(schema.default);
    return text.includes('{{') || text.includes('{%');
  });
}

/** Fills defaults in, renders those that are templates, and tells the runner's parameters from the action's. */
export function createFinalParameters({ keyValues, packConfig, systemUser }: Deps): FinalParametersOf {
  return async (execution, action, runnerType) => {
    const definitions = { runner: runnerType.runner_parameters ?? {}, action: action.parameters ?? {} };
    const { user } = execution.context;
    const config =
      hasTemplates(definitions.runner) || hasTemplates(definitions.action)
        ? await packConfig(action.pack, typeof user === 'string' ? user : systemUser)
        : {};
    return resolveFinalParams(definitions, execution.parameters, {
      actionContext: execution.context,
      config,
      fetch: ({ scope, key, user: owner }) => keyValues.value(scope, key, owner ?? '', false),
      decrypt: (text) => keyValues.decrypt(text),
      systemUser,
    });
  };
}
