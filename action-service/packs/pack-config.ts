/**
 * The configuration of a pack as actions and sensors see it: the stored values, those that are templates over the datastore
 * rendered (secrets decrypted), and what is not given filled from the schema's defaults, at any depth.
 */
import { errorMessage, ValidationError } from '../../core/errors.ts';
import { isJinjaExpression, renderTemplate } from '../../core/expressions/stackstorm.ts';
import { type ParameterSchema, type ParameterSchemas, withKeyValues } from '../../core/params/index.ts';
import { type KeyValueSource, keyValueRoot } from '../../core/params/key-value-lookup.ts';
import type { Stores } from '../../stores/stores.ts';
import type { KeyValueService } from '../keyvalue/keyvalue-service.ts';

type Values = Readonly<Record<string, unknown>>;

/** @returns the function that loads a pack's configuration for a user */
export function createPackConfigs(
  stores: Stores,
  keyValues: KeyValueService,
): (pack: string, user: string) => Promise<Values> {
  return async (pack, user) => {
    const schema = ((await stores.configSchemas.findOne({ pack }))?.attributes ?? {}) as ParameterSchemas;
    const values = ((await stores.configs.findOne({ pack }))?.values ?? {}) as Values;
    if (Object.keys(schema).length === 0 && Object.keys(values).length === 0) return {};
    return withKeyValues(
      ({ scope, key, user: owner }) => keyValues.value(scope, key, owner ?? user, false),
      (source) => withDefaults(schema, resolveMapping(schema, values, { source, user, keyValues, path: [] })),
    );
  };
}

interface Resolution {
  readonly source: KeyValueSource;
  readonly user: string;
  readonly keyValues: KeyValueService;
  readonly path: readonly string[];
}

function resolveMapping(schemas: ParameterSchemas, values: Values, resolution: Resolution): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const at = { ...resolution, path: [...resolution.path, name] };
      return [name, resolveValue(schemas[name], value, at)];
    }),
  );
}

function resolveValue(schema: ParameterSchema | undefined, value: unknown, at: Resolution): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveValue(schema?.items, item, at));
  if (typeof value === 'object' && value !== null) return resolveMapping(schema?.properties ?? {}, value as Values, at);
  if (!isJinjaExpression(value)) return value;
  try {
    const text = renderTemplate(value, { st2kv: keyValueRoot(at.source, at.user) });
    return schema?.secret === true && text !== '' ? at.keyValues.decrypt(text) : text;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EFFECT_REQUIRED') throw error;
    const place = at.path.join('.');
    throw new ValidationError(
      `Failed to render dynamic configuration value for key "${place}" with value "${value}": ${errorMessage(error)}`,
    );
  }
}

function withDefaults(schemas: ParameterSchemas, values: Values): Record<string, unknown> {
  const filled: Record<string, unknown> = { ...values };
  for (const [name, schema] of Object.entries(schemas)) {
    const value = filled[name];
    if (schema.type === 'object' && schema.properties !== undefined) {
      if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))) {
        const nested = withDefaults(schema.properties, (value ?? {}) as Values);
        if (value !== undefined || Object.keys(nested).length > 0) filled[name] = nested;
      }
    } else if (schema.type === 'array' && Array.isArray(value) && schema.items?.properties !== undefined) {
      const items = schema.items.properties;
      filled[name] = value.map((item) =>
        typeof item === 'object' && item !== null ? withDefaults(items, item as Values) : item,
      );
    }
    if (filled[name] === undefined && schema.default !== undefined) filled[name] = schema.default;
  }
  return filled;
}
