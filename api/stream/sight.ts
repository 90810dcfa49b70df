import { ForbiddenError } from '../../core/errors.ts';
import type { Config } from '../../platform/config/load-config.ts';
import type { Stores } from '../../stores/stores.ts';
import { ownOnly } from '../server/authorize.ts';
import type { ApiRequest } from '../server/route.ts';
import type { StreamEvent } from './events.ts';

/** Own executions of a client that are remembered; of those that have been quiet for longer, output is not shown. */
export const REMEMBERED = 5_000;

interface SightDeps {
  readonly config: Config;
  readonly stores: Pick<Stores, 'executions'>;
}

/**
 * Which events a requester may see: under permission isolation those of own executions. Output does not say whose it is,
 * so it is shown once the execution was seen.
 *
 * @param endId the execution that the client waits for
 * @throws ForbiddenError when the execution to wait for is somebody else's
 */
export async function createSight(
  { config, stores }: SightDeps,
  { requester }: ApiRequest,
  endId: string | undefined,
): Promise<(event: StreamEvent) => boolean> {
  const user = ownOnly(config, requester)['context.user'];
  if (user === undefined) return () => true;
  if (endId !== undefined) {
    const execution = await stores.executions.get(endId, { include: ['context'] });
    if (execution !== undefined && execution.context.user !== user) {
      throw new ForbiddenError(`User "${requester.user}" may not see the execution "${endId}".`);
    }
  }
  /** The one that was quiet for the longest time comes first. */
  const own = new Set<string>();
  const note = (id: string) => {
    own.delete(id);
    own.add(id);
    if (own.size > REMEMBERED) own.delete(own.values().next().value as string);
  };
  return ({ executionId, owner, outputId }) => {
    if (executionId === undefined) return true;
    const isOwn = outputId === undefined ? owner === user : executionId === endId || own.has(executionId);
    if (isOwn) note(executionId);
    return isOwn;
  };
}
