import type { ExecutionStatus } from '../core/statuses.ts';
import { type Bus, EXCHANGES } from '../platform/bus/bus.ts';
import type { Execution } from '../stores/executions.ts';

/** Announces on the bus what happened to executions. Messages carry ids only. */
export interface Announcer {
  created(execution: Execution): void;
  changed(execution: Execution): void;
  /** Says the status once more, for a consumer that may have missed it. */
  again(id: string, status: ExecutionStatus): void;
  output(id: string, executionId: string): void;
}

export function createAnnouncer(bus: Bus): Announcer {
  const status = (id: string, now: ExecutionStatus) =>
    bus.publish(EXCHANGES.liveactionStatus, now, { id, status: now });
  /** With what scheduler and dispatcher would otherwise look up first. */
  const change = ({ id, status: now, action_ref, runner_type, due_at, parent }: Execution) =>
    bus.publish(EXCHANGES.liveactionStatus, now, {
      id,
      status: now,
      action_ref,
      runner_type,
      due: due_at !== undefined,
      child: parent !== undefined,
    });
  return {
    created(execution) {
      change(execution);
      bus.publish(EXCHANGES.execution, 'create', { id: execution.id, status: execution.status });
    },
    changed(execution) {
      change(execution);
      bus.publish(EXCHANGES.execution, 'update', { id: execution.id, status: execution.status });
    },
    again: status,
    output: (id, executionId) => bus.publish(EXCHANGES.executionOutput, 'create', { id, execution_id: executionId }),
  };
}
