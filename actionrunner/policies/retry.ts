/** Runs a failed or timed out execution again, as a new one, up to a number of times. */
import type { Execution } from '../../stores/executions.ts';
import type { Policy, PolicyRecord } from './contract.ts';

const SECOND = 1_000;
/** Even without a delay a retry waits a moment, so that an action that fails at once does not spin. */
const LEAST_DELAY_MS = 100;

function retryCount(execution: Execution): number {
  const policies = execution.context.policies as { readonly retry?: { readonly retry_count?: unknown } } | undefined;
  const count = policies?.retry?.retry_count;
  return typeof count === 'number' ? count : 0;
}

/** Idempotency key of the retry of an execution: it also finds it. */
export function retryKey(executionId: string): string {
  return `retry:${executionId}`;
}

/** Whether the policy has the execution run once more. */
export function isToBeRetried(record: PolicyRecord, execution: Execution): boolean {
  const { retry_on: on, max_retry_count: most } = record.parameters;
  const matches =
    (execution.status === 'failed' && on === 'failure') ||
    (execution.status === 'timeout' && on === 'timeout') ||
    // The runner died: for who waits that is a failure like others.
    (execution.status === 'abandoned' && on === 'failure');
  return matches && retryCount(execution) < Number(most ?? 2);
}

export const retryPolicy: Policy = {
  type: 'action.retry',
  async after(record, execution, { actions, logger }) {
    if (!isToBeRetried(record, execution)) return false;
    const count = retryCount(execution) + 1;
    const delay = Math.max(Number(record.parameters.delay ?? 0) * SECOND, LEAST_DELAY_MS);
    const { user } = execution.context;
    await actions.request({
      action: execution.action_ref,
      parameters: execution.parameters,
      preRendered: true,
      user: typeof user === 'string' ? user : '',
      context: {
        ...execution.context,
        policies: {
          retry: {
            applied_policy: record.ref,
            retry_count: count,
            retried_liveaction_id: execution.liveaction_id,
          },
        },
      },
      notify: execution.notify,
      ...(execution.callback === undefined ? {} : { callback: execution.callback }),
      delay,
      // Who sees the end twice, or two who see it, make one retry.
      idempotencyKey: retryKey(execution.id),
    });
    logger.info({ execution_id: execution.id, policy: record.ref, retry: count }, 'execution is retried');
    return true;
  },
};
