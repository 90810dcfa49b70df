import { comeBack } from './engine-proxies.ts';
import { createSingleWait } from './single-wait.ts';

/**
 * Effort between two rests, in steps of the conductor; a workflow task has at most twice of it. Temporal's deadlock detection fails
 * a workflow task after five seconds by the clock, again and again: on a machine with ten times the work that it can do, too, a task
 * has to stay below. Only what we began ourselves and comes back from the server tells for sure that a new workflow task has begun:
 * where others failed in between, a replay parts the same events into workflow tasks in another way, so what it counts by must not
 * depend on that. It is an activity, as servers let a timer wait for up to a second (`history.timerProcessorMaxTimeShift`).
 */
const EFFORT_BETWEEN_RESTS = 500;

/** What became of an event. */
export interface Handled {
  readonly effort: number;
  /** It is not wholly handled yet. */
  readonly isLeft: boolean;
}

/** Hands events on one at a time, in order, also those that come up while one is handled. */
export interface EventLoop<E> {
  feed(event: E): void;
  readonly isIdle: boolean;
}

/**
 * @param handle called for each event, and with nothing while it answers that work is left; never again before it has returned
 * @param fail told of what `handle` throws
 */
export function createEventLoop<E>(
  handle: (event: E | undefined) => Handled,
  fail: (error: unknown) => void,
): EventLoop<E> {
  const queue: E[] = [];
  let busy = false;
  let effort = 0;
  let isLeft = false;

  const drain = () => {
    if (busy) return;
    busy = true;
    try {
      while ((isLeft || queue.length > 0) && effort < EFFORT_BETWEEN_RESTS) {
        const handled = handle(isLeft ? undefined : queue.shift());
        effort += handled.effort;
        isLeft = handled.isLeft;
      }
    } catch (error) {
      fail(error);
    } finally {
      busy = false;
    }
    // An endless loop of immediate actions must not hold the worker: the rest goes on in the next workflow task.
    if (queue.length > 0 || isLeft) rest();
  };

  const rest = createSingleWait(
    comeBack,
    () => {
      effort = 0;
      drain();
    },
    fail,
  );

  return {
    feed(event) {
      queue.push(event);
      drain();
    },
    get isIdle() {
      return queue.length === 0 && !isLeft;
    },
  };
}
