import { type Bus, EXCHANGES, type Message } from '../platform/bus/bus.ts';
import type { Execution } from '../stores/executions.ts';

/** Announces on the bus what happened to executions. Messages carry ids only. */
export interface Announcer {
  /** @param isFree nothing can hold it back: the message is the order to run it, which goes past the scheduler */
  created(execution: Execution, isFree: boolean): void;
  changed(execution: Execution): void;
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
  return {
    created(execution, isFree) {
      // Not written: the dispatcher that takes it writes both steps. Should the order be lost, the sweep finds the request.
      const order = { status: 'scheduled', scheduled_at: Date.now() } as const;
      if (isFree) change(EXCHANGES.liveactionStatus, order.status, execution, order);
      else change(EXCHANGES.liveactionStatus, execution.status, execution);
      change(EXCHANGES.execution, 'create', execution);
    },
    changed(execution) {
      change(EXCHANGES.liveactionStatus, execution.status, execution);
      change(EXCHANGES.execution, 'update', execution);
    },
    output: (id, executionId) => bus.publish(EXCHANGES.executionOutput, 'create', { id, execution_id: executionId }),
  };
}
