import { createSingleTimer } from './single-timer.ts';

/** Starts between two rests: what Temporal takes in one message, which may have those of before and after a rest. */
const STARTS_BETWEEN_RESTS = 100;
const BYTES_BETWEEN_RESTS = 1_500_000;
/** The codec passes bigger inputs as a claim check. */
const BYTES_PER_INPUT = 400_000;
/** Activities open at once, to begin with: many open ones make each completion dearer. */
const FIRST_WINDOW = 100;
/** Temporal refuses more than 2,000 open ones. */
const LAST_WINDOW = 1_500;
const WIDEN_AFTER_MS = 500;

/**
 * Spreads the starts of activities over workflow tasks, so that neither the size of one workflow task nor the number of open
 * activities passes Temporal's limits. The window widens while actions are slow: a wide fan-out of long actions runs at once.
 * It counts from one timer of its own to the next (see event-loop.ts for why not by workflow task).
 */
export interface StartPacer {
  /** Calls `go` now or in a later workflow task; `ended` is to be called once for each. */
  start(input: unknown, go: () => void): void;
  ended(): void;
}

export function createStartPacer(): StartPacer {
  let waiting: { readonly bytes: number; readonly go: () => void }[] = [];
  let head = 0;
  let open = 0;
  let window = FIRST_WINDOW;
  let starts = 0;
  let bytes = 0;

  const hasBudget = () => starts < STARTS_BETWEEN_RESTS && (bytes < BYTES_BETWEEN_RESTS || starts === 0);

  const rest = createSingleTimer(1, () => {
    starts = 0;
    bytes = 0;
    release();
  });

  const widenLater = createSingleTimer(WIDEN_AFTER_MS, () => {
    if (open >= window) window = Math.min(window * 2, LAST_WINDOW);
    release();
  });

  const release = () => {
    for (let next = waiting[head]; next !== undefined; next = waiting[head]) {
      if (!hasBudget()) return rest();
      if (open >= window) return widenLater();
      head += 1;
      open += 1;
      starts += 1;
      bytes += next.bytes;
      next.go();
    }
    waiting = [];
    head = 0;
  };

  return {
    start(input, go) {
      waiting.push({ bytes: Math.min(BYTES_PER_INPUT, JSON.stringify(input ?? null).length), go });
      release();
    },
    ended() {
      open -= 1;
      release();
    },
  };
}
