import { isCompleted } from '../core/statuses.ts';
import { metrics } from '../platform/observability/metrics.ts';
import { annotateSpan } from '../platform/observability/tracing.ts';
import type { Execution } from '../stores/executions.ts';

/** Counts a change of status: how long the execution waited for its start, or took altogether. */
export function observeExecution({ id, status, runner_type, action_ref, start_timestamp, log }: Execution): void {
  annotateSpan({ 'st2.execution_id': id, 'st2.action': action_ref, 'st2.status': status });
  const seconds = (Date.now() - start_timestamp.getTime()) / 1_000;
  if (isCompleted(status)) metrics.executions.observe({ runner: runner_type, status }, seconds);
  // Going on after a pause is no start.
  else if (status === 'running' && !log.some((entry) => entry.status === 'paused')) {
    metrics.scheduleToStart.observe({ runner: runner_type }, seconds);
  }
}
