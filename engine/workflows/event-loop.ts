import { sleep, workflowInfo } from '@temporalio/workflow';

/** Events handled in one workflow task. Many more would run into Temporal's deadlock detection. */
const EVENTS_PER_TASK = 2_000;

/** Hands events on one at a time, in order, also those that come up while one is handled. */
export interface EventLoop<E> {
  feed(event: E): void;
  readonly isIdle: boolean;
}

/**
 * @param handle called for each event; never again before it has returned
 * @param fail told of what `handle` throws
 */
export function createEventLoop<E>(handle: (event: E) => void, fail: (error: unknown) => void): EventLoop<E> {
  const queue: E[] = [];
  let busy = false;
  let armed = false;
  let task = -1;
  let handled = 0;

  const hasRoom = () => {
    const now = workflowInfo().historyLength;
    if (now !== task) {
      task = now;
      handled = 0;
    }
    handled += 1;
    return handled <= EVENTS_PER_TASK;
  };

  const drain = () => {
    if (busy) return;
    busy = true;
    try {
      while (queue.length > 0 && hasRoom()) handle(queue.shift() as E);
    } catch (error) {
      fail(error);
    } finally {
      busy = false;
    }
    if (queue.length === 0 || armed) return;
    // An endless loop of immediate actions must not hold the worker: the rest goes on in the next workflow task.
    armed = true;
    sleep(1).then(() => {
      armed = false;
      drain();
    }, fail);
  };

  return {
    feed(event) {
      queue.push(event);
      drain();
    },
    get isIdle() {
      return queue.length === 0;
    },
  };
}
