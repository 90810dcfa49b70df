import { ForbiddenError } from '../../core/errors.ts';
import type { Stores } from '../../stores/stores.ts';
import { userOfExecution } from './user-of-execution.ts';

type Environment = Readonly<Record<string, unknown>> | undefined;

/**
 * The user in whose name the execution of ours runs that an environment names.
 *
 * @returns `undefined` when it names none, or none that is stored
 */
export async function userOfEnvironment(stores: Stores, env: Environment): Promise<string | undefined> {
  const id = named(env);
  return id === undefined ? undefined : await userOfExecution(stores, id);
}

/**
 * An environment names the execution of ours that a workflow belongs to, and with it the user in whose name its actions run.
 *
 * @param user whose request it is; `undefined` where nobody is asked for a token
 * @throws ForbiddenError when the execution is another user's, or there is none
 */
export async function assertOwnExecution(stores: Stores, user: string | undefined, env: Environment): Promise<void> {
  if (user !== undefined && named(env) !== undefined) assertOwn(env, await userOfEnvironment(stores, env), user);
}

/** The same where the user of the execution is known. @throws ForbiddenError when the execution is another user's, or there is none */
export function assertOwn(env: Environment, executionUser: string | undefined, user: string | undefined): void {
  const id = named(env);
  if (user === undefined || id === undefined || user === executionUser) return;
  throw new ForbiddenError(`The environment's st2_execution_id "${id}" is no execution of the user "${user}".`);
}

function named(env: Environment): string | undefined {
  const id = env?.st2_execution_id;
  return id === undefined || id === null || id === '' ? undefined : String(id);
}
