import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage, UnavailableError } from '../../core/errors.ts';
import type { ManagedProcess } from '../processes/process-table.ts';

/** The options of {@link waitUntilReady}. */
export interface ReadinessOptions {
  /** What is waited for, as the subject of the error's sentence. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  /** When given and it exits, the wait ends at once. */
  readonly process?: ManagedProcess;
}

/**
 * Repeats `probe` until it resolves.
 *
 * @throws UnavailableError when the time is over or the process behind it has ended, with the last reason
 */
export async function waitUntilReady<T>(probe: () => Promise<T>, options: ReadinessOptions): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (options.process?.hasExited) {
        throw new UnavailableError(`${options.what} ended while it started; see ${options.process.logFile}.`);
      }
      if (Date.now() >= deadline) {
        const seconds = Math.round(options.timeoutMs / 1_000);
        throw new UnavailableError(`${options.what} does not answer after ${seconds} s: ${errorMessage(error)}`);
      }
    }
    await delay(options.intervalMs ?? 100);
  }
}
