import { COMPLETED_STATUSES } from '../../core/statuses.ts';
import { addGauge } from '../../platform/observability/metrics.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Watch } from './watch-executions.ts';

/** Measures how far the tracker is behind: polls that are overdue, and completions that nobody has delivered yet. */
export function measureLag(stores: Stores, watch: Watch): void {
  const one = async (value: number | Promise<number>) => [{ labels: {}, value: await value }];
  addGauge({
    name: 'tracker_watched_workflows',
    help: 'Workflows that this tracker follows.',
    labelNames: [],
    read: () => one(watch.load().watched),
  });
  addGauge({
    name: 'tracker_lag_seconds',
    help: 'By how much the poll that is most overdue is late.',
    labelNames: [],
    read: () => one(watch.load().overdueMs / 1_000),
  });
  addGauge({
    name: 'tracker_undelivered_completions',
    help: 'Actions that have ended and whose workflow does not know.',
    labelNames: [],
    read: () => one(stores.executions.count({ callback_state: 'pending', status: { $in: COMPLETED_STATUSES } })),
  });
}
