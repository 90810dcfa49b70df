import { EXECUTION_STATUSES, type ExecutionStatus, isCompleted } from '../../core/statuses.ts';
import { addGauge } from '../../platform/observability/metrics.ts';
import type { Stores } from '../../stores/stores.ts';

/** Counts the executions that are not finished by status, and how long the oldest request waits. */
export function measureExecutions({ executions }: Pick<Stores, 'executions'>): void {
  const unfinished: readonly ExecutionStatus[] = EXECUTION_STATUSES.filter((status) => !isCompleted(status));
  addGauge({
    name: 'executions_unfinished',
    help: 'Executions that are not finished, by status.',
    labelNames: ['status'],
    read: () =>
      Promise.all(
        unfinished.map(async (status) => ({ labels: { status }, value: await executions.count({ status }) })),
      ),
  });
  addGauge({
    name: 'executions_oldest_request_seconds',
    help: 'Age of the oldest execution that was requested and is not scheduled yet.',
    labelNames: [],
    async read() {
      const oldest = await executions.findOne(
        { status: 'requested' },
        { sort: { start_timestamp: 1 }, include: ['start_timestamp'] },
      );
      return [
        { labels: {}, value: oldest === undefined ? 0 : (Date.now() - oldest.start_timestamp.getTime()) / 1_000 },
      ];
    },
  });
}
