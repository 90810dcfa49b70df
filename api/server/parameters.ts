import { type ParameterSchemas, parametersJsonSchema, validateValues } from '../../core/params/index.ts';

/**
 * Checks values against parameter schemas in StackStorm's form and fills in defaults.
 *
 * @throws ValidationError with StackStorm's sentence
 */
export function fillAndCheck(
  schemas: ParameterSchemas,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return validateValues(parametersJsonSchema(schemas), values) as Record<string, unknown>;
}
