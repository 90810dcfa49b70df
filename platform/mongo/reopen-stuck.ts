import mongoose, { type Connection } from 'mongoose';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../logging/create-logger.ts';

const LOOK_EVERY_MS = 5_000;
const ANSWER_MS = 6_000;
/** For that long the driver is left to find its server again by itself. Milliseconds. */
const DRIVERS_OWN_MS = 10_000;

/**
 * Opens a connection anew whose driver has given up without saying so. When a connection is accepted and closed at once, as a proxy
 * without a server behind it does, the driver's monitor may wait for an answer for ever: the server is back, others reach it, and this
 * process never would again.
 */
export function reopenWhenStuck(
  connection: Connection,
  open: { readonly uri: string; readonly options: mongoose.ConnectOptions },
  logger: Logger,
): void {
  let silentSince: number | undefined;
  let isReopening = false;
  let looking = false;

  async function look(): Promise<void> {
    if (await inTime(connection.db?.command({ ping: 1 }))) {
      silentSince = undefined;
      return;
    }
    silentSince ??= performance.now();
    if (performance.now() - silentSince < DRIVERS_OWN_MS || !(await answers(open))) return;
    logger.warn('the database answers, but not on the connections of this process: they are opened anew');
    isReopening = true;
    try {
      await connection.close(true);
      await connection.openUri(open.uri, open.options);
      silentSince = undefined;
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'database connection could not be opened anew, trying again');
    } finally {
      isReopening = false;
    }
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

/** Whether a connection of its own reaches the server. */
async function answers({ uri, options }: { uri: string; options: mongoose.ConnectOptions }): Promise<boolean> {
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
