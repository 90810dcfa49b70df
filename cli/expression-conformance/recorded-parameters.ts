/** Rendering of parameters over the datastore and the configuration that a recorded case gives. */
import type { ParameterSchemas, ParameterValues } from '../../core/params/index.ts';
import type { KeyValueReference } from '../../core/params/key-value-lookup.ts';
import { type RenderContext, renderFinal, renderLive } from '../../core/params/render-params.ts';
import type { RecordedCase } from './recorded-cases.ts';

interface RecordedInput {
  readonly action_parameters: ParameterSchemas;
  readonly runner_parameters: ParameterSchemas;
  readonly params: ParameterValues;
}

/** The two steps of a case. */
export function withKeyValueTable(record: RecordedCase) {
  const { action_parameters, runner_parameters, params } = record.expression as RecordedInput;
  const definitions = { action: action_parameters, runner: runner_parameters };
  const table = (record.context.$kv ?? {}) as Readonly<Record<string, string>>;
  const context: RenderContext = {
    actionContext: (record.context.action_context ?? {}) as ParameterValues,
    additionalContexts: (record.context.additional_contexts ?? {}) as ParameterValues,
    config: record.context.$config,
    keyValues: ({ scope, user, key }: KeyValueReference) =>
      table[scope === 'user' ? `user/${user}:${key}` : `system/${key}`],
  };
  const live = (): Record<string, unknown> => renderLive(definitions, params, context);
  return { live, final: () => renderFinal(definitions, live(), context) };
}
