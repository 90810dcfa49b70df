/**
 * Parameters of actions: rendered, cast, checked, masked. Pure: the datastore and the pack's configuration are given.
 * The functions here return plain JSON data; those of `render-params.ts` keep the values of the expression engine.
 */
import { toJsonValue } from '../python/to-json.ts';
import { cast as castValue } from './cast.ts';
import { type KeyValueFetch, withKeyValues } from './key-values.ts';
import {
  type FinalParams,
  type ParameterDefinitions,
  type RenderContext,
  renderFinal,
  renderLive,
} from './render-params.ts';
import type { ParameterValues } from './schema.ts';

export { bestMatch } from './best-match.ts';
export { ParamCastError, ParamError, ParamSchemaError } from './errors.ts';
export { checkSchema } from './json-schema.ts';
export type { KeyValueReference, KeyValueScope, KeyValueSource } from './key-value-lookup.ts';
export { type KeyValueFetch, withKeyValues } from './key-values.ts';
export {
  createTextMask,
  holdsSecret,
  MASKED_VALUE,
  maskOccurrences,
  maskSecrets,
  maskValue,
  secretNames,
  secretValues,
  type TextMask,
} from './mask-secrets.ts';
export { byPosition, mergeParameterSchemas, parametersView } from './merge-schemas.ts';
export { outputSchemaOf } from './output-schema.ts';
export type { FinalParams, ParameterDefinitions, RenderContext } from './render-params.ts';
export type { ParameterSchema, ParameterSchemas, ParameterValues } from './schema.ts';
export {
  parametersJsonSchema,
  refuseImmutable,
  validateConfig,
  validateParams,
  validateValues,
} from './validate-params.ts';

/** Casts a value to a parameter type. @throws PythonError ValueError, TypeError */
export function cast(type: string, value: unknown): unknown {
  return toJsonValue(castValue(type, value));
}

/** See {@link renderLive}. @throws ParamError, ParamCastError */
export function renderLiveParams(
  definitions: ParameterDefinitions,
  params: ParameterValues,
  context: RenderContext,
): Record<string, unknown> {
  return toJsonValue(renderLive(definitions, params, context)) as Record<string, unknown>;
}

/** See {@link renderFinal}. @throws ParamError, ParamCastError */
export function renderFinalParams(
  definitions: ParameterDefinitions,
  params: ParameterValues,
  context: RenderContext,
): FinalParams {
  return toJsonValue(renderFinal(definitions, params, context)) as FinalParams;
}

/** As {@link RenderContext}, with the datastore asked asynchronously. */
export interface AsyncRenderContext extends Omit<RenderContext, 'keyValues'> {
  readonly fetch: KeyValueFetch;
}

/** {@link renderLiveParams} with items of the datastore fetched as they are needed. */
export function resolveLiveParams(
  definitions: ParameterDefinitions,
  params: ParameterValues,
  context: AsyncRenderContext,
): Promise<Record<string, unknown>> {
  return withKeyValues(context.fetch, (keyValues) => renderLiveParams(definitions, params, { ...context, keyValues }));
}

/** {@link renderFinalParams} with items of the datastore fetched as they are needed. */
export function resolveFinalParams(
  definitions: ParameterDefinitions,
  params: ParameterValues,
  context: AsyncRenderContext,
): Promise<FinalParams> {
  return withKeyValues(context.fetch, (keyValues) => renderFinalParams(definitions, params, { ...context, keyValues }));
}
