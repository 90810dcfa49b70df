/**
 * The configuration of a pack as actions and sensors see it: the stored values, those that are templates over the datastore
 * rendered (secrets decrypted), and what is not given filled from the schema's defaults, at any depth. Defaults are not
 * rendered. Source: StackStorm's `util/config_loader.py`.
 */
import { errorCode, errorMessage, ValidationError } from '../../core/errors.ts';
import { isJinjaExpression, renderTemplate } from '../../core/expressions/stackstorm.ts';
import { type ParameterSchema, type ParameterSchemas, withKeyValues } from '../../core/params/index.ts';
import { type KeyValueSource, keyValueRoot } from '../../core/params/key-value-lookup.ts';
import { schemaOfItem, schemaOfProperty } from '../../core/params/nested-schemas.ts';
import { setKey } from '../../core/python/dict.ts';
import { pyTruth } from '../../core/python/equality.ts';
import { isPlainObject } from '../../core/python/values.ts';
import type { Stores } from '../../stores/stores.ts';
import type { KeyValueService } from '../keyvalue/keyvalue-service.ts';

type Values = Readonly<Record<string, unknown>>;

/** @returns the function that loads a pack's configuration for a user */
export function createPackConfigs(
  stores: Stores,
  keyValues: KeyValueService,
): (pack: string, user: string) => Promise<Values> {
  return async (pack, user) => {
    const properties = ((await stores.configSchemas.findOne({ pack }))?.attributes ?? {}) as ParameterSchemas;
    const values = ((await stores.configs.findOne({ pack }))?.values ?? {}) as Values;
    if (Object.keys(properties).length === 0 && Object.keys(values).length === 0) return {};
    const root: ParameterSchema = { properties };
    return withKeyValues(
      ({ scope, key, user: owner }) => keyValues.value(scope, key, owner ?? user, false),
      (source) => withDefaults(root, resolveObject(root, values, { pack, source, user, keyValues, path: [] })),
    );
  };
}

interface Resolution {
  readonly pack: string;
  readonly source: KeyValueSource;
  readonly user: string;
  readonly keyValues: KeyValueService;
  readonly path: readonly string[];
}

function resolveObject(schema: ParameterSchema, values: Values, resolution: Resolution): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const at = { ...resolution, path: [...resolution.path, name] };
      return [name, resolveValue(schemaOfProperty(schema, name) ?? {}, value, at)];
    }),
  );
}

function resolveValue(schema: ParameterSchema, value: unknown, at: Resolution): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) =>
      resolveValue(schemaOfItem(schema, index) ?? {}, item, { ...at, path: [...at.path, String(index)] }),
    );
  }
  if (isPlainObject(value)) return resolveObject(schema, value, at);
  return isJinjaExpression(value) ? render(schema, value, at) : value;
}

/** The text of a template; nothing for an empty one, such as that of a key that does not exist. */
function render(schema: ParameterSchema, template: string, at: Resolution): string | null {
  try {
    const names = { st2kv: keyValueRoot(at.source, at.user) };
    const text = renderTemplate(template, names, { decrypt: (value) => at.keyValues.decrypt(value) });
    if (text === '') return null;
    return schema.secret === true ? at.keyValues.decrypt(text) : text;
  } catch (error) {
    if (errorCode(error) === 'EFFECT_REQUIRED') throw error;
    const place = `key "${at.path.join('.')}" with value "${template}" for pack "${at.pack}" config`;
    throw new ValidationError(`Failed to render dynamic configuration value for ${place}: ${errorMessage(error)}`);
  }
}

/** Fills in what is not given; objects and lists whose insides are described are there even if they are empty. */
function withDefaults(schema: ParameterSchema, values: Values): Record<string, unknown> {
  const filled: Record<string, unknown> = { ...values };
  for (const name of new Set([...Object.keys(schema.properties ?? {}), ...Object.keys(values)])) {
    const own = schemaOfProperty(schema, name);
    if (!isPlainObject(own)) continue;
    const given = Object.hasOwn(filled, name) ? filled[name] : own.default;
    const value = valueWithDefaults(own, given);
    if (value !== undefined) setKey(filled, name, value);
  }
  return filled;
}

function valueWithDefaults(schema: ParameterSchema, value: unknown): unknown {
  const { type, properties, patternProperties, additionalProperties, items, additionalItems } = schema;
  if (type === 'object' && describes(properties, patternProperties, additionalProperties)) {
    const object = pyTruth(value) ? value : {};
    return isPlainObject(object) ? withDefaults(schema, object) : object;
  }
  if (type === 'array' && describes(items, additionalItems)) {
    const list = pyTruth(value) ? value : [];
    if (!Array.isArray(list)) return list;
    return list.map((item, index) => valueWithDefaults(schemaOfItem(schema, index) ?? {}, item));
  }
  return value;
}

const describes = (...parts: readonly unknown[]): boolean =>
  parts.some((part) => part === true || (typeof part === 'object' && part !== null && Object.keys(part).length > 0));
