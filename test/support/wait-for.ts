import { setTimeout as delay } from 'node:timers/promises';

/** So long that only what never comes is missed, on a machine however slow. */
const NEVER_MS = 120_000;

/** The options of {@link waitFor}. */
export interface WaitOptions {
  /** What is waited for; part of the error. */
  readonly what: string;
  /** Milliseconds after which it counts as never; {@link NEVER_MS} when absent. */
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/**
 * Repeats `probe` until it gives something other than `undefined`, `null` or `false`, and returns that.
 * A probe that throws counts as not yet, and its last error is part of the failure.
 */
export async function waitFor<T>(
  probe: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  options: WaitOptions,
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? NEVER_MS;
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) return value as T;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline) {
      throw new Error(`${options.what}: not within ${timeoutMs} ms`, last === undefined ? undefined : { cause: last });
    }
    await delay(options.intervalMs ?? 50);
  }
}
