/** Replaces values that schemas call secret by asterisks. */
import { isDict } from '../python/dict.ts';
import type { ParameterSchema, ParameterSchemas } from './schema.ts';

export const MASKED_VALUE = '********';

/**
 * A copy of the values in which secrets are masked, at any depth of objects and lists. A secret object or list is
 * masked as a whole. Empty values (null, empty text) are masked like others, so that nothing is told about them.
 */
export function maskSecrets<T>(schemas: ParameterSchemas, values: T): T {
  return maskProperties(schemas, values) as T;
}

/** Masks one value by its own schema. */
export function maskValue(schema: ParameterSchema | undefined, value: unknown): unknown {
  if (!isDict(schema)) return value;
  if (schema.secret === true) return MASKED_VALUE;
  if (Array.isArray(value)) return isDict(schema.items) ? value.map((item) => maskValue(schema.items, item)) : value;
  if (!isDict(value)) return value;
  const masked = isDict(schema.properties) ? maskProperties(schema.properties, value) : value;
  const rest = schema.additionalProperties;
  if (!isDict(rest)) return masked;
  return mapValues(masked, (item, name) =>
    Object.hasOwn(schema.properties ?? {}, name) ? item : maskValue(rest as ParameterSchema, item),
  );
}

/** Names of the parameters that are secret, or hold something that is. */
export function secretNames(schemas: ParameterSchemas): readonly string[] {
  return Object.entries(schemas).flatMap(([name, schema]) => (holdsSecret(schema) ? [name] : []));
}

function holdsSecret(schema: unknown): boolean {
  if (!isDict(schema)) return false;
  const { secret, items, properties, additionalProperties } = schema as ParameterSchema;
  if (secret === true || holdsSecret(items) || holdsSecret(additionalProperties)) return true;
  return isDict(properties) && Object.values(properties).some(holdsSecret);
}

function maskProperties(schemas: ParameterSchemas, values: unknown): unknown {
  if (!isDict(values)) return values;
  return mapValues(values, (item, name) => maskValue(Object.hasOwn(schemas, name) ? schemas[name] : undefined, item));
}

function mapValues(values: unknown, change: (item: unknown, name: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values as Record<string, unknown>).map(([name, item]) => [name, change(item, name)]),
  );
}
