import { setTimeout as sleep } from 'node:timers/promises';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../logging/create-logger.ts';
import { databaseFailure } from './database-failure.ts';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
const GIVE_UP_AFTER_MS = 300_000;

/**
 * Repeats work that may be done twice while it fails because the database is away or its disk is full, for five minutes at most.
 *
 * @throws what the work throws for any other reason, and in the end
 */
export async function withDatabase<T>(logger: Logger, work: () => Promise<T>): Promise<T> {
  const giveUp = Date.now() + GIVE_UP_AFTER_MS;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await work();
    } catch (error) {
      if (databaseFailure(error) === undefined || Date.now() > giveUp) throw error;
      logger.warn({ reason: errorMessage(error) }, 'database is away, trying again');
      await sleep(wait);
    }
  }
}
