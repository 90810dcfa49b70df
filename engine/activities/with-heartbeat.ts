import { Context } from '@temporalio/activity';
import { errorMessage } from '../../core/errors.ts';
import { actionFailure } from '../../platform/temporal/action-failure.ts';
import { BEAT_SECONDS } from '../outside-limits.ts';

/** How Temporal's worker calls its own end, as the message of a cancel. */
const SHUTDOWN = 'WORKER_SHUTDOWN';

/**
 * An activity that is not repeated when its process is lost: as long as it beats, its workflow knows that somebody carries it out.
 * What a worker that is stopped cannot finish fails at once.
 */
export function withHeartbeat<A>(work: (argument: A) => Promise<unknown>): (argument: A) => Promise<unknown> {
  return async (argument) => {
    const context = Context.current();
    const timer = setInterval(() => context.heartbeat(), BEAT_SECONDS * 1_000);
    try {
      return await Promise.race([work(argument), untilStopped(context)]);
    } finally {
      clearInterval(timer);
    }
  };
}

async function untilStopped(context: Context): Promise<never> {
  const reason = await context.cancelled.catch(errorMessage);
  // A workflow that no longer wants the action has gone on without it: what is half done is finished all the same.
  if (reason !== SHUTDOWN) return await new Promise<never>(() => undefined);
  throw actionFailure({ status: 'failed', result: 'mistral-server was stopped while the action was under way.' });
}
