import { CompleteAsyncError, type Context } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';
import { isTracing, withSpan } from '../../platform/observability/tracing.ts';
import { traceparentOf } from '../../platform/temporal/trace-headers.ts';

/** Makes a span of each activity, within the trace of its workflow. */
export function traceActivities({ info }: Context): ActivityInterceptors {
  if (!isTracing()) return {};
  return {
    inbound: {
      async execute(input, next) {
        const { workflowId, runId } = info.workflowExecution ?? {};
        const attributes = { 'temporal.workflow_id': workflowId, 'temporal.run_id': runId, attempt: info.attempt };
        const span = { parent: traceparentOf(input.headers), attributes } as const;
        // That an action is completed later is no failure of the activity.
        const outcome = await withSpan(`activity ${info.activityType}`, span, async () => {
          try {
            return { result: await next(input) };
          } catch (error) {
            if (error instanceof CompleteAsyncError) return { later: error };
            throw error;
          }
        });
        if (outcome.later !== undefined) throw outcome.later;
        return outcome.result;
      },
    },
  };
}
