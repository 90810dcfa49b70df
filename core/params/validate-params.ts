/** Checks parameters against the merged schemas of an action, before an execution is made. */
import { isJinjaExpression } from '../expressions/stackstorm.ts';
import { isDict, setKey } from '../python/dict.ts';
import { PythonError } from '../python/errors.ts';
import { pyRepr } from '../python/repr.ts';
import { ParamError, ParamSchemaError } from './errors.ts';
import { bestProblem, checkSchema, type Schema, type SchemaProblem } from './json-schema.ts';
import { MASKED_VALUE, secretValues } from './mask-secrets.ts';
import { mergeParameterSchemas } from './merge-schemas.ts';
import type { ParameterDefinitions } from './render-params.ts';
import type { ParameterSchema, ParameterSchemas, ParameterValues } from './schema.ts';

/** The schema of a parameter that says nothing: any value but null. */
const ANY_TYPE: Schema = {
  anyOf: ['array', 'boolean', 'integer', 'number', 'object', 'string'].map((type) => ({ type })),
};

/** The JSON Schema of all parameters of an action. */
export function parametersJsonSchema(schemas: ParameterSchemas): Schema {
  const properties = Object.entries(schemas).map(([name, schema]): [string, Schema] => [
    name,
    Object.keys(schema ?? {}).length === 0 ? ANY_TYPE : schema,
  ]);
  if (properties.length === 0) return {};
  return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false };
}

/**
 * Checks rendered parameters; defaults count as given, and an optional parameter may be null.
 * @returns the parameters with defaults filled in
 * @throws ParamSchemaError in the words of StackStorm's validator, ParamError for an immutable parameter that is given
 */
export function validateParams(
  definitions: ParameterDefinitions,
  params: ParameterValues,
  actionRef = '',
): Record<string, unknown> {
  const schemas = mergeParameterSchemas(definitions.runner, definitions.action, actionRef);
  const filled = withDefaults(params, schemas) as Record<string, unknown>;
  const schema = nullable(parametersJsonSchema(schemas));
  const problem = findProblem(filled, schema);
  if (problem !== undefined) throw new ParamSchemaError(withoutSecrets(problem.message, schemas, filled), problem.path);
  return filled;
}

/**
 * Checks values against a whole schema, as that of a payload or of the answer to a question; defaults count as given, and optional
 * properties may be null.
 *
 * @returns the values with defaults filled in
 * @throws ParamSchemaError in the words of StackStorm's validator
 */
export function validateValues(schema: Schema, values: unknown): unknown {
  const properties = isDict(schema.properties) ? (schema.properties as ParameterSchemas) : {};
  const filled = schema.type === 'object' ? withDefaults(values, properties) : values;
  const problem = findProblem(filled, nullable(schema));
  if (problem !== undefined) throw new ParamSchemaError(problem.message, problem.path);
  return filled;
}

/** The problem to tell, which may be the schema's own. */
function findProblem(value: unknown, schema: Schema): SchemaProblem | undefined {
  try {
    return bestProblem(checkSchema(value, schema));
  } catch (error) {
    if (!(error instanceof PythonError)) throw error;
    return { message: `The schema cannot be used: ${error.message}`, path: [] };
  }
}

/**
 * Checks the configuration of a pack; what its schema has a default for need not be given, and it may hold more.
 * Templates over the datastore are text, as in StackStorm: they fit attributes of that type only.
 *
 * @throws ParamSchemaError naming the attribute
 */
export function validateConfig(pack: string, schemas: ParameterSchemas, values: ParameterValues): void {
  const filled = withDefaults(values, schemas) as Record<string, unknown>;
  const schema = nullable({ ...parametersJsonSchema(schemas), additionalProperties: true });
  const problem = findProblem(filled, schema);
  if (problem !== undefined) {
    const { message, path, property } = problem;
    const attribute = property === undefined ? path : [...path, property];
    throw configError(pack, attribute, withoutSecrets(message, schemas, filled), path);
  }
  for (const [name, value] of Object.entries(filled)) {
    if (own(schemas, name)?.secret !== true || !isJinjaExpression(value) || !value.includes('decrypt_kv')) continue;
    throw configError(
      pack,
      [name],
      'Values specified as "secret: True" in config schema are automatically decrypted by default. Use of ' +
        '"decrypt_kv" jinja filter is not allowed for such values. Please check the specified values in the config ' +
        'or the default values in the schema.',
    );
  }
}

type Path = SchemaProblem['path'];

function configError(pack: string, attribute: Path, why: string, path: Path = attribute): ParamSchemaError {
  const at = attribute.length === 0 ? '' : ` attribute "${attribute.join('.')}"`;
  return new ParamSchemaError(`Failed validating${at} in config for pack "${pack}" (${pack}.yaml): ${why}`, path);
}

/**
 * Refuses parameters that may not be set.
 * @throws ParamError naming them
 */
export function refuseImmutable(definitions: ParameterDefinitions, given: ParameterValues): void {
  const overridden = Object.keys(given).filter(
    (name) => own(definitions.action, name)?.immutable === true || own(definitions.runner, name)?.immutable === true,
  );
  if (overridden.length === 0) return;
  const names = overridden.map((name) => `'${name}'`).join(', ');
  throw new ParamError(`Override of immutable parameter(s) [${names}] is unsupported.`, { parameters: overridden });
}

function own(schemas: ParameterSchemas, name: string): ParameterSchema | undefined {
  return Object.hasOwn(schemas, name) ? schemas[name] : undefined;
}

/** The message without the secrets in it; it names values as Python prints them. */
function withoutSecrets(message: string, schemas: ParameterSchemas, values: ParameterValues): string {
  const printed = secretValues({ properties: schemas }, values).map((secret) => pyRepr(secret));
  return printed.reduce((text, secret) => text.replaceAll(secret, `'${MASKED_VALUE}'`), message);
}

function hasType(schema: ParameterSchema, type: string): boolean {
  return schema.type === type || (Array.isArray(schema.type) && schema.type.includes(type));
}

/** Fills defaults in, also within objects and lists of objects that are given. */
function withDefaults(value: unknown, schemas: ParameterSchemas): unknown {
  if (Array.isArray(value)) return value.map((item) => withDefaults(item, schemas));
  if (!isDict(value)) return value;
  const result: Record<string, unknown> = { ...(value as Record<string, unknown>) };
  for (const [name, schema] of Object.entries(schemas)) {
    if (!isDict(schema)) continue;
    if (!('default' in schema) && !Object.hasOwn(result, name)) continue;
    const value = (Object.hasOwn(result, name) ? result[name] : null) ?? schema.default ?? null;
    const inner = nestedSchemas(schema);
    setKey(result, name, inner === undefined ? value : withDefaults(value, inner));
  }
  return result;
}

function nestedSchemas(schema: ParameterSchema): ParameterSchemas | undefined {
  if (hasType(schema, 'array') && schema.items?.properties !== undefined) return schema.items.properties;
  if (hasType(schema, 'object') && schema.properties !== undefined) return schema.properties;
  return undefined;
}

/** The schema in which optional properties (and those with a null default) may be null. */
function nullable(schema: Schema): Schema {
  if (!isDict(schema.properties)) return schema;
  const properties = Object.entries(schema.properties as ParameterSchemas).map(
    ([name, property]): [string, unknown] => {
      if (!isDict(property)) return [name, property];
      const inner = nestedNullable(property);
      const isOptional = property.required !== true || 'default' in property;
      return [name, isOptional && (property.default ?? null) === null ? orNull(inner) : inner];
    },
  );
  return { ...schema, properties: Object.fromEntries(properties) };
}

function nestedNullable(property: ParameterSchema): Schema {
  if (hasType(property, 'array') && property.items?.properties !== undefined) {
    return { ...property, items: nullable(property.items) };
  }
  return hasType(property, 'object') && property.properties !== undefined ? nullable(property) : property;
}

function orNull(schema: Schema): Schema {
  if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: [...schema.anyOf, { type: 'null' }] };
  if (Array.isArray(schema.oneOf)) return { ...schema, oneOf: [...schema.oneOf, { type: 'null' }] };
  const types = Array.isArray(schema.type) ? (schema.type as readonly unknown[]) : [schema.type ?? 'string'];
  const allowed = types.includes('null') ? types : [...types, 'null'];
  return { ...schema, type: allowed };
}
