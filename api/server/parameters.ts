import { isPlainObject } from '../../core/python/values.ts';
import { assertFits, toObjectSchema } from './json-schema.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * Checks values against parameter schemas in StackStorm's form and fills in defaults.
 *
 * @throws ValidationError with StackStorm's sentence
 */
export function fillAndCheck(schemas: Values, values: Values): Record<string, unknown> {
  const filled = withDefaults(schemas, values);
  assertFits(toObjectSchema(schemas), filled);
  return filled;
}

function withDefaults(schemas: Values, values: Values): Record<string, unknown> {
  const filled: Record<string, unknown> = { ...values };
  for (const [name, schema] of Object.entries(schemas)) {
    if (!isPlainObject(schema) || Object.hasOwn(values, name)) continue;
    if (schema.default !== undefined && schema.default !== null) filled[name] = schema.default;
  }
  return filled;
}
