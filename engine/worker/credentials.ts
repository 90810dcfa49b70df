import { createServiceTokens } from '../../action-service/tokens.ts';
import type { Config } from '../../platform/config/load-config.ts';
import type { Stores } from '../../stores/stores.ts';
import type { St2ActionContext } from '../activities/st2-action.ts';
import type { InTheNameOf } from '../contract.ts';
import { userOfExecution } from '../executions/user-of-execution.ts';

const KNOWN_LIMIT = 10_000;

/**
 * In whose name the actions of a workflow run: the user of the execution that the workflow belongs to, as stored,
 * never as the workflow's own data say; else the user of mistral-api who has started it.
 */
export function createCredentials(stores: Stores, config: Config): St2ActionContext['credentialsFor'] {
  const { serviceToken } = createServiceTokens(stores, config.auth.service_token_ttl);
  const users = new Map<string, Promise<string>>();

  async function storedUser(executionId: string): Promise<string> {
    return (await userOfExecution(stores, executionId)) ?? config.system.user;
  }

  /** The first tasks of a workflow ask at once: one of them for all. */
  function userOf({ st2_execution_id: executionId, owner, acting_user: user }: InTheNameOf): Promise<string> | string {
    if (executionId === undefined) return owner ?? config.system.user;
    if (user !== undefined) return user;
    const known = users.get(executionId);
    if (known !== undefined) return known;
    if (users.size >= KNOWN_LIMIT) users.clear();
    const stored = storedUser(executionId);
    users.set(executionId, stored);
    stored.catch(() => users.delete(executionId));
    return stored;
  }

  return async (of) => {
    const user = await userOf(of);
    return { user, token: config.auth.enable ? await serviceToken(user) : undefined };
  };
}
