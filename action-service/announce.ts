import { type Bus, EXCHANGES } from '../platform/bus/bus.ts';
import type { Execution } from '../stores/executions.ts';

/** Announces on the bus what happened to executions. Messages carry ids only. */
export interface Announcer {
  created(execution: Execution): void;
  changed(execution: Execution): void;
  output(id: string, executionId: string): void;
}

export function createAnnouncer(bus: Bus): Announcer {
  /** With what scheduler, dispatcher and notifier would otherwise look up first. */
  const change = (exchange: string, key: string, execution: Execution) =>
    bus.publish(exchange, key, {
      id: execution.id,
      status: execution.status,
      action_ref: execution.action_ref,
      runner_type: execution.runner_type,
      due: execution.due_at !== undefined,
      child: execution.parent !== undefined,
      notify: execution.notify !== undefined,
    });
  return {
    created(execution) {
      change(EXCHANGES.liveactionStatus, execution.status, execution);
      change(EXCHANGES.execution, 'create', execution);
    },
    changed(execution) {
      change(EXCHANGES.liveactionStatus, execution.status, execution);
      change(EXCHANGES.execution, 'update', execution);
    },
    output: (id, executionId) => bus.publish(EXCHANGES.executionOutput, 'create', { id, execution_id: executionId }),
  };
}
