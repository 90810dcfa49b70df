import { errorMessage } from '../../core/errors.ts';
import { COMPLETED_STATUSES } from '../../core/statuses.ts';
import type { TrackerContext } from './tracker-context.ts';

/** A callback that young may be on its way. Milliseconds. */
const ON_ITS_WAY_MS = 1_000;
const AT_ONCE = 100;

/** Delivers the completions that were not delivered: their process died, or Temporal was away. */
export async function sweepCallbacks({ stores, actions, logger }: TrackerContext): Promise<void> {
  try {
    const waiting = await stores.executions.find(
      {
        callback_state: 'pending',
        status: { $in: COMPLETED_STATUSES },
        updated_at: { $lt: new Date(Date.now() - ON_ITS_WAY_MS) },
      },
      { limit: AT_ONCE },
    );
    for (const execution of waiting) await actions.deliverCallback(execution);
  } catch (error) {
    logger.warn({ reason: errorMessage(error) }, 'looking for undelivered completions failed');
  }
}
