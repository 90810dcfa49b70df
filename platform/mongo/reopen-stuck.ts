import mongoose, { type Connection } from 'mongoose';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../logging/create-logger.ts';

const LOOK_EVERY_MS = 5_000;
const ANSWER_MS = 6_000;
/** For that long the driver is left to find its server again by itself. Milliseconds. */
const DRIVERS_OWN_MS = 10_000;

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
  let silentSince: number | undefined;
  let isReopening = false;
  let looking = false;

  async function look(): Promise<void> {
    if (await isAlive()) return;
    silentSince ??= performance.now();
    if (performance.now() - silentSince < DRIVERS_OWN_MS || !(await answers(open))) return;
    // The driver may have found it as well, meanwhile.
    if (await isAlive()) return;
    logger.warn('the database answers, but not on the connections of this process: they are opened anew');
    isReopening = true;
    try {
      await openAnew(connection, open);
      silentSince = undefined;
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'database connection could not be opened anew, trying again');
    } finally {
      isReopening = false;
    }
  }

  async function isAlive(): Promise<boolean> {
    const answered = await inTime(connection.db?.command({ ping: 1 }));
    if (answered) silentSince = undefined;
    return answered;
  }

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, LOOK_EVERY_MS);
  timer.unref();
  connection.on('close', () => isReopening || clearInterval(timer));
}

/**
 * Closes a connection and opens it again, for all who hold it or collections of it. What they ask for in between waits.
 * It must not be closed by force: Mongoose refuses whatever is asked of such a connection, even when it was opened again.
 */
export async function openAnew(connection: Connection, { uri, options }: Open): Promise<void> {
  await connection.close();
  await connection.openUri(uri, { ...options });
}

/** Whether a connection of its own reaches the server. */
async function answers({ uri, options }: Open): Promise<boolean> {
  const probe = mongoose.createConnection(uri, { ...options, maxPoolSize: 1 });
  const isOpen = await inTime(probe.asPromise());
  await inTime(probe.close(true));
  return isOpen;
}

/** Whether the work succeeds, and before long. */
async function inTime(work: Promise<unknown> | undefined): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ANSWER_MS);
  });
  const done = Promise.resolve(work).then(
    () => work !== undefined,
    () => false,
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
