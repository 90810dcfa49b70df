import { areOfUser } from '../../action-service/are-of-user.ts';
import { ForbiddenError } from '../../core/errors.ts';
import type { Stores } from '../../stores/stores.ts';

/**
 * An environment names the execution of ours that a workflow belongs to, and with it the user in whose name its actions run.
 *
 * @param user whose request it is; `undefined` where nobody is asked for a token
 * @throws ForbiddenError when the execution is another user's, or there is none
 */
export async function assertOwnExecution(
  stores: Stores,
  user: string | undefined,
  env: Readonly<Record<string, unknown>> | undefined,
): Promise<void> {
  const id = env?.st2_execution_id;
  if (user === undefined || id === undefined || id === null || id === '') return;
  if (await areOfUser(stores, user, [String(id)])) return;
  throw new ForbiddenError(`The environment's st2_execution_id "${String(id)}" is no execution of the user "${user}".`);
}
