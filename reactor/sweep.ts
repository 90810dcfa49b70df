import { errorMessage } from '../core/errors.ts';
import type { Service } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logging/create-logger.ts';

export interface SweepOptions {
  /** Pause between the end of one run and the next, milliseconds. */
  readonly everyMs: number;
  readonly work: () => Promise<void>;
  /** What it looks after, for the log. */
  readonly what: string;
  readonly logger: Logger;
}

/** Something done again and again; a run that fails is logged and the next one comes all the same. */
export interface Sweep extends Service {
  /** Runs at once, or right after the run under way. */
  hurry(): void;
}

/** Makes a sweep; it first runs `everyMs` after the start. `stop` waits for the run under way. */
export function createSweep({ everyMs, work, what, logger }: SweepOptions): Sweep {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let isStopped = true;

  function arm(delay: number): void {
    clearTimeout(timer);
    if (isStopped) return;
    timer = setTimeout(() => {
      running = work()
        .catch((error: unknown) => logger.warn({ reason: errorMessage(error), sweep: what }, 'sweep failed'))
        .finally(() => {
          running = undefined;
          const next = again ? 0 : everyMs;
          again = false;
          arm(next);
        });
    }, delay);
  }

  return {
    start: async () => {
      isStopped = false;
      arm(everyMs);
    },
    hurry() {
      if (running !== undefined) again = true;
      else arm(0);
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
