/** The output schema of an action in its two forms. */
import { isDict } from '../python/dict.ts';
import type { ParameterSchema, ParameterSchemas } from './schema.ts';

/**
 * An output schema is a JSON Schema or, in the form up to StackStorm 3.8, a mapping of the names of properties to their schemas, in
 * which no other properties are allowed.
 * @returns `undefined` for one that says nothing, or is neither (such as what StackStorm's API fills in)
 */
export function outputSchemaOf(written: unknown): ParameterSchema | undefined {
  if (!isDict(written)) return undefined;
  const schema = written as ParameterSchema;
  if (typeof schema.type === 'string') return schema;
  const properties = Object.values(schema);
  if (properties.length === 0 || !properties.every((property) => isDict(property))) return undefined;
  return { type: 'object', properties: schema as unknown as ParameterSchemas, additionalProperties: false };
}
