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
  changed(execution: Execution): void;
  /** @param isQuiet nothing follows that the notifier would have to see to */
  ended(execution: Execution, isQuiet: boolean): void;
  output(id: string, executionId: string): void;
}

export function createAnnouncer(bus: Bus): Announcer {
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
  const changed = (execution: Execution) => {
    change(EXCHANGES.liveactionStatus, execution.status, execution);
    change(EXCHANGES.execution, 'update', execution);
  };
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
    output: (id, executionId) => bus.publish(EXCHANGES.executionOutput, 'create', { id, execution_id: executionId }),
  };
}
