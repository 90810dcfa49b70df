import { type Bus, EXCHANGES, type Message } from '../platform/bus/bus.ts';
import type { Execution } from '../stores/executions.ts';

/** Announces on the bus what happened to executions. Messages carry ids only. */
export interface Announcer {
  /**
   * The order to run what nothing can hold back, which goes past the scheduler.
   * @param isEarly the execution is just being stored
   */
  ordered(execution: Execution, isEarly: boolean): void;
  /** @param isOrdered its order was given */
  created(execution: Execution, isOrdered: boolean): void;
  /** That it runs is said with what comes next, such as its end, or a moment later: each message for itself wakes the broker. */
  changed(execution: Execution): void;
  /** @param isQuiet nothing follows that the notifier would have to see to */
  ended(execution: Execution, isQuiet: boolean): void;
  /** That somebody waits for this end whom another process has to tell. */
  untold(execution: Execution, source: string): void;
  output(id: string, executionId: string): void;
  /** Says what is still to be said. */
  flush(): void;
}

/** For how long it is kept that an execution runs. */
const HELD_MS = 10;

export function createAnnouncer(bus: Bus): Announcer {
  const held: Execution[] = [];
  let timer: NodeJS.Timeout | undefined;

  /** With what scheduler, dispatcher and notifier would otherwise look up first. */
  const change = (exchange: string, key: string, execution: Execution, more: Message = {}) =>
    bus.publish(exchange, key, {
      id: execution.id,
      status: execution.status,
      action_ref: execution.action_ref,
      runner_type: execution.runner_type,
      child: execution.parent !== undefined,
      notify: execution.notify !== undefined,
      ...more,
    });
  const say = (execution: Execution) => {
    change(EXCHANGES.liveactionStatus, execution.status, execution);
    change(EXCHANGES.execution, 'update', execution);
  };

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const execution of held.splice(0)) say(execution);
  }

  function changed(execution: Execution): void {
    if (execution.status === 'running') {
      held.push(execution);
      timer ??= setTimeout(flush, HELD_MS);
      return;
    }
    flush();
    say(execution);
  }

  return {
    ordered(execution, isEarly) {
      // Not written: the dispatcher that takes it writes both steps. Should the order be lost, the sweep finds the request.
      const order = { status: 'scheduled', scheduled_at: Date.now(), ...(isEarly ? { early: true } : {}) } as const;
      change(EXCHANGES.liveactionStatus, order.status, execution, order);
    },
    created(execution, isOrdered) {
      if (!isOrdered) change(EXCHANGES.liveactionStatus, execution.status, execution);
      change(EXCHANGES.execution, 'create', execution);
    },
    changed,
    ended(execution, isQuiet) {
      changed(execution);
      if (!isQuiet) change(EXCHANGES.executionEnd, execution.status, execution);
    },
    untold(execution, source) {
      change(EXCHANGES.executionCallback, source, execution);
    },
    output(id, executionId) {
      flush();
      bus.publish(EXCHANGES.executionOutput, 'create', { id, execution_id: executionId });
    },
    flush,
  };
}
