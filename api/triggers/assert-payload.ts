import { errorCode, errorMessage, ValidationError } from '../../core/errors.ts';
import { validateValues } from '../../core/params/index.ts';
import { pyRepr, pyStr } from '../../core/python/repr.ts';
import { isPlainObject } from '../../core/python/values.ts';
import type { ApiContext } from '../context.ts';

/**
 * Checks a payload against the schema of its trigger's type.
 *
 * @param trigger reference of a trigger, or of a type without parameters
 * @throws ValidationError with StackStorm's sentence
 */
export async function assertPayload(
  { stores }: Pick<ApiContext, 'stores'>,
  trigger: string,
  payload: unknown,
): Promise<void> {
  const known = await stores.triggers.findOne({ ref: trigger });
  const typeRef = typeof known?.type === 'string' ? known.type : trigger;
  const type = await stores.triggerTypes.findOne({ ref: typeRef });
  const problem =
    type === undefined
      ? `Trigger type with reference "${trigger}" doesn't exist in the database`
      : findPayloadProblem(type.payload_schema, payload);
  if (problem === undefined) return;
  const shown = pyStr(payload ?? null);
  throw new ValidationError(
    `Trigger payload validation failed and validation is enabled, not dispatching a trigger "${trigger}" (${shown}): ${problem}`,
  );
}

function findPayloadProblem(schema: unknown, payload: unknown): string | undefined {
  if (!isPlainObject(schema) || Object.keys(schema).length === 0) return undefined;
  if (!isPlainObject(payload)) return `${pyRepr(payload ?? null)} is not of type 'object'`;
  try {
    validateValues(schema, payload);
    return undefined;
  } catch (error) {
    if (errorCode(error) !== 'VALIDATION') throw error;
    return errorMessage(error);
  }
}
