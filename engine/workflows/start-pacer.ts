import { sleep, workflowInfo } from '@temporalio/workflow';

/** Starts in one workflow task: what Temporal takes in one message, with room to spare. */
const STARTS_PER_TASK = 100;
const BYTES_PER_TASK = 1_500_000;
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
  let task = -1;
  let starts = 0;
  let bytes = 0;
  let armed = false;

  const hasBudget = () => {
    const now = workflowInfo().historyLength;
    if (now !== task) {
      task = now;
      starts = 0;
      bytes = 0;
    }
    return starts < STARTS_PER_TASK && (bytes < BYTES_PER_TASK || starts === 0);
  };

  const arm = (milliseconds: number, widen: boolean) => {
    if (armed) return;
    armed = true;
    void sleep(milliseconds).then(() => {
      armed = false;
      if (widen) window = Math.min(window * 2, LAST_WINDOW);
      release();
    });
  };

  const release = () => {
    for (let next = waiting[head]; next !== undefined; next = waiting[head]) {
      if (!hasBudget()) return arm(1, false);
      if (open >= window) return arm(WIDEN_AFTER_MS, true);
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
