/** The schemas of what an object or a list holds. */
import { isDict } from '../python/dict.ts';
import { compileRegex } from '../python/regex.ts';
import type { ParameterSchema, ParameterSchemas } from './schema.ts';

/** The schema of an item: the one of its place, or the one of all. */
export function schemaOfItem({ items, additionalItems }: ParameterSchema, index: number): ParameterSchema | undefined {
  return Array.isArray(items) ? (items[index] ?? additionalItems) : items;
}

/** The schema of a property: its own, else those of all patterns that fit its name together, else that of any other. */
export function schemaOfProperty(schema: ParameterSchema, name: string): ParameterSchema | undefined {
  const { properties, patternProperties, additionalProperties } = schema;
  if (isDict(properties) && Object.hasOwn(properties, name)) return properties[name];
  const patterns = isDict(patternProperties) ? Object.entries(patternProperties as ParameterSchemas) : [];
  const fitting = patterns.filter(([pattern, own]) => isDict(own) && compileRegex(pattern).search(name) !== null);
  if (fitting.length > 0) return Object.assign({}, ...fitting.map(([, own]) => own)) as ParameterSchema;
  return isDict(additionalProperties) ? (additionalProperties as ParameterSchema) : undefined;
}
