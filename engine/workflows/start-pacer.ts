import { sleep } from '@temporalio/workflow';
import { createSingleWait } from './single-wait.ts';

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
 * The starts between two rests are a portion. What was begun in a portion and comes back ends it: a new workflow task has begun since
 * (see event-loop.ts for why not by workflow task). That is the first activity to end, or a timer where none does soon.
 */
export interface StartPacer {
  start(activity: PacedActivity): void;
  /** Begins nothing more, until it is let go on. */
  hold(isHeld: boolean): void;
  /** Begun and not ended. */
  readonly open: number;
}

export interface PacedActivity {
  readonly input: unknown;
  /** Asked right before it is begun. */
  isWanted(): boolean;
  /** Begins it, now or in a later workflow task. */
  go(ended: Ended): void;
}

/** Is to be called once for what was begun. `byServer`: its end has come from the server. */
export type Ended = (byServer: boolean) => void;

/** @param wait resolves after so many milliseconds of the workflow's time */
export function createStartPacer(wait: (ms: number) => Promise<void> = sleep): StartPacer {
  let waiting: PacedActivity[] = [];
  let head = 0;
  let open = 0;
  let window = FIRST_WINDOW;
  let portion = 0;
  let starts = 0;
  let bytes = 0;
  let isHeld = false;

  const hasBudget = () => starts < STARTS_BETWEEN_RESTS && (bytes < BYTES_BETWEEN_RESTS || starts === 0);

  const endPortion = (number: number) => {
    if (number !== portion) return;
    portion += 1;
    starts = 0;
    bytes = 0;
  };

  const rest = createSingleWait(
    async () => {
      const begunIn = portion;
      await wait(1);
      endPortion(begunIn);
    },
    () => release(),
  );

  const widenLater = createSingleWait(
    () => wait(WIDEN_AFTER_MS),
    () => {
      if (open >= window) window = Math.min(window * 2, LAST_WINDOW);
      release();
    },
  );

  const release = () => {
    if (isHeld) return;
    for (let next = waiting[head]; next !== undefined; next = waiting[head]) {
      if (next.isWanted()) {
        if (!hasBudget()) return rest();
        if (open >= window) return widenLater();
        begin(next);
      }
      head += 1;
    }
    waiting = [];
    head = 0;
  };

  const begin = ({ input, go }: PacedActivity) => {
    open += 1;
    starts += 1;
    bytes += Math.min(BYTES_PER_INPUT, JSON.stringify(input ?? null).length);
    const begunIn = portion;
    go((byServer) => {
      open -= 1;
      if (byServer) endPortion(begunIn);
      release();
    });
  };

  return {
    start(activity) {
      waiting.push(activity);
      release();
    },
    hold(held) {
      isHeld = held;
      release();
    },
    get open() {
      return open;
    },
  };
}
