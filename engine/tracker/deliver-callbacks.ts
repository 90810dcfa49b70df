import { errorMessage } from '../../core/errors.ts';
import { COMPLETED_STATUSES, isCompleted } from '../../core/statuses.ts';
import { findStale } from '../../stores/find-stale.ts';
import type { TrackerContext } from './tracker-context.ts';

/** A callback that young may be on its way. Milliseconds. */
const ON_ITS_WAY_MS = 1_000;
const AT_ONCE = 100;

/** Delivers the completions that were not delivered: their process died, or Temporal was away. */
export async function sweepCallbacks({ stores, actions, logger }: TrackerContext): Promise<void> {
  try {
    const undelivered = { callback_state: 'pending', status: { $in: COMPLETED_STATUSES } };
    const waiting = await findStale(stores.executions, ON_ITS_WAY_MS, undelivered, { limit: AT_ONCE });
    for (const execution of waiting) await actions.deliverCallback(execution);
  } catch (error) {
    logger.warn({ reason: errorMessage(error) }, 'looking for undelivered completions failed');
  }
}

/** Delivers a completion for a process that cannot do so itself, such as st2api, where questions are answered. */
export async function deliverFor({ stores, actions }: TrackerContext, id: string): Promise<void> {
  const execution = await stores.executions.get(id);
  if (execution?.callback_state !== 'pending' || !isCompleted(execution.status)) return;
  await actions.deliverCallback(execution);
}
