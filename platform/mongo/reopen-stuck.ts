import mongoose, { type Connection } from 'mongoose';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../logging/create-logger.ts';
import { withDeadline } from '../with-deadline.ts';

const LOOK_EVERY_MS = 5_000;
/** Longer than the driver looks for its server before it gives up. */
const ANSWER_MS = 6_000;
/** What the driver needs to find a server again that is there. */
const SOON_MS = 1_500;

interface Open {
  readonly uri: string;
  readonly options: mongoose.ConnectOptions;
}

/**
 * Opens a connection anew whose driver has given up without saying so. When a connection is accepted and closed at once, as a proxy
 * without a server behind it does, the driver's monitor may wait for an answer for ever: the server is back, others reach it, and this
 * process never would again.
 */
export function reopenWhenStuck(connection: Connection, open: Open, logger: Logger): void {
  let isReopening = false;
  let isClosed = false;
  let looking = false;

  async function look(): Promise<void> {
    if ((await isAlive(ANSWER_MS)) || !(await answers(open))) return;
    // It may have come back just now.
    if (await isAlive(SOON_MS)) return;
    // By its owner, in the middle of the look: opened anew it would keep the process from ending.
    if (isClosed) return;
    logger.warn('the database answers, but not on the connections of this process: they are opened anew');
    isReopening = true;
    try {
      await openAnew(connection, open);
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'database connection could not be opened anew, trying again');
    } finally {
      isReopening = false;
    }
  }

  const isAlive = (limitMs: number) => inTime(connection.db?.command({ ping: 1 }), limitMs);

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, LOOK_EVERY_MS);
  timer.unref();
  connection.on('close', () => {
    if (isReopening) return;
    isClosed = true;
    clearInterval(timer);
  });
}

/**
 * Closes a connection and opens it again, for all who hold it or collections of it. What is under way fails as when the database is
 * away.
 * It must not be closed by force: Mongoose refuses whatever is asked of such a connection, even when it was opened again.
 */
export async function openAnew(connection: Connection, { uri, options }: Open): Promise<void> {
  await connection.close();
  await connection.openUri(uri, { ...options });
}

/** Whether a connection of its own reaches the server. */
async function answers({ uri, options }: Open): Promise<boolean> {
  const probe = mongoose.createConnection(uri, { ...options, maxPoolSize: 1 });
  const isOpen = await inTime(probe.asPromise(), ANSWER_MS);
  await inTime(probe.close(true), ANSWER_MS);
  return isOpen;
}

/** Whether the work succeeds, and before long. */
async function inTime(work: Promise<unknown> | undefined, limitMs: number): Promise<boolean> {
  if (work === undefined) return false;
  return await withDeadline(work, limitMs, 'The database does not answer.').then(
    () => true,
    () => false,
  );
}
