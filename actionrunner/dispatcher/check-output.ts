/** Checks what an action gave by its output schema, as StackStorm does when `validate_output_schema` is on. */
import { checkSchema, MASKED_VALUE, outputSchemaOf, secretValues } from '../../core/params/index.ts';
import type { Action, RunnerType } from '../../stores/records.ts';
import type { RunOutcome } from '../runners/contract.ts';

const MESSAGE = 'Error validating output. See error output for more details.';

/**
 * A success whose result does not fit the schema of the runner, or of the action, becomes a failure that says where. The action's is
 * for the part of the result that the runner's `output_key` names, and counts only where the runner has a schema.
 * Source: `st2common/util/output_schema.py` (statuses and the form of the result). Secret values are not quoted.
 */
export function checkOutput(
  action: Pick<Action, 'output_schema'>,
  runnerType: Pick<RunnerType, 'output_schema' | 'output_key'>,
  outcome: RunOutcome,
): RunOutcome {
  const { status, result } = outcome;
  const ofRunner = outputSchemaOf(runnerType.output_schema);
  if (status !== 'succeeded' || !result || ofRunner === undefined) return outcome;
  const key = String(runnerType.output_key);
  const ofAction = outputSchemaOf(action.output_schema);
  const output = (result as Readonly<Record<string, unknown>>)[key];
  const secrets = secretValues(ofAction, output).flatMap(texts);
  for (const { message, path } of checkSchema(result, ofRunner)) return failure(message, path, secrets);
  if (ofAction === undefined) return outcome;
  if (output === undefined)
    return failure(`the result has no '${key}', for which the action has a schema`, [], secrets);
  for (const { message, path } of checkSchema(output, ofAction)) return failure(message, [key, ...path], secrets);
  return outcome;
}

function failure(message: string, path: readonly (string | number)[], secrets: readonly string[]): RunOutcome {
  const masked = secrets.reduce((text, secret) => text.replaceAll(secret, MASKED_VALUE), message);
  const place = path.length === 0 ? '' : ` (at ${path.join('.')})`;
  return { status: 'failed', result: { error: `${masked}${place}`, message: MESSAGE } };
}

/** All texts and numbers in a value. */
function texts(value: unknown): readonly string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(texts);
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? [String(value)] : [];
}
