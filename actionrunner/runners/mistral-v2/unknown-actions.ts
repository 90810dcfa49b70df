/** A definition that calls actions which are not registered: refused before anything starts, told as clients look for it. */
import { ValidationError } from '../../../core/errors.ts';
import type { Problem } from '../../../workflow-translator/index.ts';
import type { RunOutcome } from '../contract.ts';

function problemsOf(error: ValidationError): readonly Problem[] {
  return Array.isArray(error.details.problems) ? error.details.problems : [];
}

/**
 * The outcome for such a refusal, `undefined` for any other error. Mistral found this out when the task was started, so its
 * clients read the reason in `extra.state_info`; all refusals of a definition stand in `error`.
 */
export function unknownActionsOutcome(error: unknown): RunOutcome | undefined {
  if (!(error instanceof ValidationError)) return undefined;
  const unknown = problemsOf(error).filter(({ code }) => code === 'UNKNOWN_ACTION');
  if (unknown.length === 0) return undefined;
  const reasons = unknown.map(({ message, line, column }) => `${message} (line ${line}, column ${column})`).join('\n');
  const extra = { state: 'ERROR', state_info: `Failed to find action: ${reasons}` };
  return { status: 'failed', result: { error: error.message, traceback: '', extra, tasks: [] } };
}
