import type { ActionOutcome } from '../../core/action-outcome.ts';
import { ValidationError } from '../../core/errors.ts';
import { sendEmail } from '../activities/std-email.ts';
import { sendHttp } from '../activities/std-http.ts';
import { ActionError, systemActions } from '../workflows/system-actions.ts';

type Input = Readonly<Record<string, unknown>>;

const REMOTE: Readonly<Record<string, (input: Input) => Promise<unknown>>> = {
  'std.http': sendHttp,
  'std.email': sendEmail,
};
/** Longest wait of an action that runs within a request. Seconds. */
const WAIT_LIMIT = 60;

/** Runs an action of the engine without a workflow. @throws ValidationError when it is unknown or its input does not fit */
export async function runAlone(name: string, input: Input): Promise<{ state: 'SUCCESS' | 'ERROR'; result: unknown }> {
  const action = Object.hasOwn(systemActions, name) ? systemActions[name] : undefined;
  if (action === undefined) throw new ValidationError(`Failed to find action [action_name=${name}]`);
  const missing = action.params.filter((param) => param.required && !Object.hasOwn(input, param.name));
  const unexpected = Object.keys(input).filter((key) => !action.params.some((param) => param.name === key));
  if (missing.length + unexpected.length > 0) {
    const parts = [`name=${name}`];
    if (missing.length > 0) parts.push(`missing=[${missing.map((param) => `'${param.name}'`).join(', ')}]`);
    if (unexpected.length > 0) parts.push(`unexpected=[${unexpected.map((key) => `'${key}'`).join(', ')}]`);
    throw new ValidationError(`Invalid input [${parts.join(', ')}]`);
  }
  try {
    return { state: 'SUCCESS', result: await run(name, input) };
  } catch (error) {
    if (error instanceof ActionError) return { state: 'ERROR', result: error.result };
    if (error instanceof ValidationError) throw error;
    return { state: 'ERROR', result: failureResult(error) };
  }
}

async function run(name: string, input: Input): Promise<unknown> {
  const way = systemActions[name]?.way;
  if (way?.kind === 'inline') return way.run(input);
  if (way?.kind === 'timer') {
    await new Promise((resolve) => setTimeout(resolve, Math.min(WAIT_LIMIT, way.seconds(input)) * 1_000));
    return way.run(input);
  }
  if (way?.kind === 'refused') throw new ValidationError(`${name}: ${way.reason}`);
  const remote = REMOTE[name];
  if (remote === undefined) throw new ValidationError(`The action ${name} can run in a workflow only.`);
  return await remote(input);
}

function failureResult(error: unknown): unknown {
  const details = error instanceof Error && 'details' in error ? (error.details as unknown[]) : undefined;
  return (details?.[0] as ActionOutcome | undefined)?.result ?? String(error);
}
