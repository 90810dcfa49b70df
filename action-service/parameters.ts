/**
 * Parameters of a request: rendered, cast, checked and masked by the schemas of the action and of its runner.
 * The rules themselves are pure and stand in core/params; here they get the datastore and the pack's configuration.
 */
import {
  maskOccurrences,
  maskSecrets,
  maskValue,
  outputSchemaOf,
  type ParameterSchema,
  refuseImmutable,
  resolveLiveParams,
  validateParams,
} from '../core/params/index.ts';
import type { Execution } from '../stores/executions.ts';
import type { Action, ParameterSchemas, RunnerType } from '../stores/records.ts';
import type { Stores } from '../stores/stores.ts';
import type { KeyValueService } from './keyvalue/keyvalue-service.ts';
import { createPackConfigs } from './packs/pack-config.ts';
import { parameterSecrets } from './secrets-of-execution.ts';

type Values = Readonly<Record<string, unknown>>;

/** The action that answers an inquiry: its answer may hold what the inquiry calls secret. */
const RESPOND_ACTION = 'st2.inquiry.respond';

export interface ParameterRules {
  /** Renders templates in the given parameters and casts them. @throws ValidationError naming the parameter */
  render(action: Action, runner: RunnerType, given: Values, context: Values, more?: Values): Promise<Values>;
  /** @throws ValidationError in the words of StackStorm's JSON schema validator */
  validate(action: Action, runner: RunnerType, rendered: Values, given: Values): void;
  /** Replaces what the schemas call secret by asterisks. */
  mask(schemas: ParameterSchemas, values: Values, actionRef: string): Values;
  /**
   * The result with what the output schema calls secret, or a secret answer to an inquiry, replaced by asterisks; secret
   * parameters wherever they occur, and in that of a workflow `within`, what its tasks are given and give in secret.
   */
  maskResult(action: Values, runner: Values, execution: Execution, within?: readonly unknown[]): unknown;
}

interface Deps {
  readonly stores: Stores;
  readonly keyValues: KeyValueService;
  readonly systemUser: string;
}

export function createParameterRules({ stores, keyValues, systemUser }: Deps): ParameterRules {
  const loadConfig = createPackConfigs(stores, keyValues);

  return {
    async render(action, runner, given, context, more) {
      const definitions = { runner: runner.runner_parameters, action: action.parameters };
      const user = typeof context.user === 'string' ? context.user : systemUser;
      return resolveLiveParams(definitions, given, {
        actionContext: context,
        additionalContexts: more,
        // A broken configuration must not keep actions from running that do not use it (StackStorm: "errors -> empty").
        config: mentionsConfig(definitions, given) ? await loadConfig(action.pack, user) : {},
        fetch: ({ scope, key, user: owner }) => keyValues.value(scope, key, owner ?? user, false),
        decrypt: (text) => keyValues.decrypt(text),
        systemUser,
      });
    },

    validate(action, runner, rendered, given) {
      const definitions = { runner: runner.runner_parameters, action: action.parameters };
      validateParams(definitions, rendered);
      refuseImmutable(definitions, given);
    },

    mask(schemas, values, actionRef) {
      if (actionRef === RESPOND_ACTION && 'response' in values) return { ...values, response: '********' };
      return maskSecrets(schemas, values);
    },

    maskResult(action, runner, execution, within = []) {
      const { result } = execution;
      if (typeof result !== 'object' || result === null) return result;
      if (execution.runner_type === 'inquirer') return maskResponse(result as Values);
      const secrets = [...parameterSecrets(action, runner, execution.parameters), ...within];
      return maskOccurrences(maskOutput(action, runner, result as Values), secrets);
    },
  };
}

function maskOutput(action: Values, runner: Values, result: Values): unknown {
  const schema = outputSchemaOf(action.output_schema);
  if (schema === undefined) return result;
  const key = runner.output_key;
  if (typeof key !== 'string' || !(key in result)) return maskValue(schema, result);
  return { ...result, [key]: maskValue(schema, result[key]) };
}

function maskResponse(result: Values): Values {
  const schema = result.schema as ParameterSchema | undefined;
  if (result.response === undefined || schema?.properties === undefined) return result;
  return { ...result, response: maskSecrets(schema.properties, result.response as Values) };
}

function mentionsConfig(definitions: unknown, given: Values): boolean {
  return JSON.stringify([definitions, given]).includes('config_context');
}
