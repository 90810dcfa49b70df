/** Finds and replaces values that schemas call secret. */
import { isDict } from '../python/dict.ts';
import { schemaOfItem, schemaOfProperty } from './nested-schemas.ts';
import type { ParameterSchema, ParameterSchemas } from './schema.ts';

export const MASKED_VALUE = '********';

/**
 * A copy of the values in which secrets are masked, at any depth of objects and lists. A secret object or list is
 * masked as a whole. Empty values (null, empty text) are masked like others, so that nothing is told about them.
 */
export function maskSecrets<T>(schemas: ParameterSchemas, values: T): T {
  return maskValue({ properties: schemas }, values) as T;
}

/** Masks one value by its own schema. */
export function maskValue(schema: ParameterSchema | undefined, value: unknown): unknown {
  return replaceSecrets(schema, value, () => MASKED_VALUE);
}

/** The values in a value that its schema calls secret, as they are: texts, numbers, whole objects and lists. */
export function secretValues(schema: ParameterSchema | undefined, value: unknown): readonly unknown[] {
  const found: unknown[] = [];
  replaceSecrets(schema, value, (secret) => {
    found.push(secret);
    return secret;
  });
  return found;
}

/** Names of the parameters that are secret, or hold something that is. */
export function secretNames(schemas: ParameterSchemas): readonly string[] {
  return Object.entries(schemas).flatMap(([name, schema]) => (holdsSecret(schema) ? [name] : []));
}

function holdsSecret(schema: unknown): boolean {
  if (!isDict(schema)) return false;
  const { secret, items, properties, patternProperties, additionalProperties } = schema as ParameterSchema;
  if (secret === true || [items].flat().some(holdsSecret) || holdsSecret(additionalProperties)) return true;
  return [properties, patternProperties].some((of) => isDict(of) && Object.values(of as object).some(holdsSecret));
}

function replaceSecrets(
  schema: ParameterSchema | undefined,
  value: unknown,
  replace: (secret: unknown) => unknown,
): unknown {
  if (!isDict(schema)) return value;
  if (schema.secret === true) return replace(value);
  if (Array.isArray(value)) {
    return value.map((item, index) => replaceSecrets(schemaOfItem(schema, index), item, replace));
  }
  if (!isDict(value)) return value;
  return Object.fromEntries(
    Object.entries(value as Record<string, unknown>).map(([name, item]) => [
      name,
      replaceSecrets(schemaOfProperty(schema, name), item, replace),
    ]),
  );
}
