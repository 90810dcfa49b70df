/** What a sensor fires, as a trigger instance: the trigger found, the payload checked. Source: `trigger_dispatcher.py`. */
import { Ajv, type ValidateFunction } from 'ajv';
import type { DispatchTrigger } from '../../action-service/triggers/dispatch-trigger.ts';
import { parametersHash } from '../../action-service/triggers/trigger-service.ts';
import { errorMessage, ValidationError } from '../../core/errors.ts';
import { remember } from '../../core/expressions/remember.ts';
import { compileRegex } from '../../core/python/regex.ts';
import { isPlainObject } from '../../core/python/values.ts';
import type { OpenContent } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import type { SensorDispatch } from './sensor-process.ts';

/** Patterns of packs are Python's, and must not be able to hang the process. */
const regExp = Object.assign(
  (pattern: string) => {
    const regex = compileRegex(pattern);
    return { test: (text: string) => regex.search(text) !== null };
  },
  { code: 'compileRegex' },
);

/**
 * The check of a schema, by its JSON text: the database gives a new object with every event. Each has an Ajv of its own, as one
 * keeps all that it compiled for ever and takes an `$id` once. For a schema that is none it is a sentence.
 */
const checkOf = remember((schema): ValidateFunction | string => {
  const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false, code: { regExp } });
  try {
    return ajv.compile({ type: 'object', ...normalize(JSON.parse(schema) as Readonly<Record<string, unknown>>) });
  } catch (error) {
    return `the payload schema of its type cannot be used: ${errorMessage(error)}`;
  }
});

/** @returns the function behind `sensor_service.dispatch`; it throws ValidationError for what cannot be dispatched */
export function createSensorDispatch(
  stores: Stores,
  dispatch: DispatchTrigger,
): (message: SensorDispatch) => Promise<void> {
  async function findTrigger(wanted: unknown): Promise<OpenContent | undefined> {
    if (typeof wanted === 'string') return stores.triggers.findOne({ ref: wanted });
    if (!isPlainObject(wanted)) return undefined;
    if (typeof wanted.ref === 'string') return stores.triggers.findOne({ ref: wanted.ref });
    if (typeof wanted.pack === 'string' && typeof wanted.name === 'string') {
      return stores.triggers.findOne({ ref: `${wanted.pack}.${wanted.name}` });
    }
    return stores.triggers.findOne({ type: wanted.type, parameters_hash: parametersHash(wanted.parameters ?? {}) });
  }

  return async ({ trigger: wanted, payload, trace_context: trace }) => {
    const trigger = await findTrigger(wanted);
    if (trigger === undefined) {
      const shown = typeof wanted === 'string' ? wanted : JSON.stringify(wanted);
      throw new ValidationError(`Trigger "${shown}" does not exist: no rule uses it, or it is not registered.`);
    }
    const type = await stores.triggerTypes.findOne({ ref: trigger.type }, { include: ['payload_schema'] });
    const values = payload ?? {};
    const problem = findProblem(type?.payload_schema, values);
    if (problem !== undefined) {
      throw new ValidationError(
        `Trigger payload validation failed and validation is enabled, not dispatching a trigger "${trigger.ref}": ${problem}`,
      );
    }
    await dispatch({
      trigger: trigger.ref,
      payload: values as Readonly<Record<string, unknown>>,
      ...(isPlainObject(trace) ? { traceContext: trace } : {}),
    });
  };
}

/** The first thing wrong with a payload. Schemas of packs mark required properties one by one. */
function findProblem(schema: unknown, payload: unknown): string | undefined {
  if (!isPlainObject(schema) || Object.keys(schema).length === 0) return undefined;
  const check = checkOf(JSON.stringify(schema));
  if (typeof check === 'string') return check;
  if (check(payload)) return undefined;
  const [first] = check.errors ?? [];
  return `${first?.instancePath ?? ''} ${first?.message ?? 'does not fit'}`.trim();
}

function normalize(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { required, ...rest } = schema;
  const result: Record<string, unknown> = Array.isArray(required) ? { ...rest, required } : { ...rest };
  if (!isPlainObject(schema.properties)) return result;
  const properties = Object.entries(schema.properties);
  const named = properties.filter(([, one]) => isPlainObject(one) && one.required === true).map(([name]) => name);
  result.properties = Object.fromEntries(
    properties.map(([name, one]) => [name, isPlainObject(one) ? orNull(normalize(one), one) : one]),
  );
  const all = [...(Array.isArray(required) ? required : []), ...named];
  return all.length === 0 ? result : { ...result, required: all };
}

/** As in StackStorm, what is neither required nor has a default may be null: sensors pass on what a service left out. */
function orNull(schema: Record<string, unknown>, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (given.required === true || (given.default ?? null) !== null) return schema;
  if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: [...schema.anyOf, { type: 'null' }] };
  if (Array.isArray(schema.oneOf)) return { ...schema, oneOf: [...schema.oneOf, { type: 'null' }] };
  if (schema.type === undefined) return schema;
  const types: readonly unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type];
  const choices = Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {};
  return { ...schema, ...choices, type: [...types, 'null'] };
}
