/**
 * Runs a failed or timed out execution again, as a new one, up to a number of times. Whoever stores the end of an execution asks
 * for the retry before: who waits for the execution (a workflow) then hears of the last try only.
 * Source: `st2actions/policies/retry.py`; there, executions of a workflow are not retried.
 */
import type { Logger } from '../platform/logging/create-logger.ts';
import type { Execution } from '../stores/executions.ts';
import type { Stores } from '../stores/stores.ts';
import type { ActionService } from './contract.ts';

const SECOND = 1_000;
/** Even without a delay a retry waits a moment, so that an action that fails at once does not spin. */
const LEAST_DELAY_MS = 100;

export const RETRY_POLICY = 'action.retry';

/** A policy as it is registered. */
export interface PolicyRecord {
  readonly ref: string;
  readonly resource_ref: string;
  readonly policy_type: string;
  readonly enabled: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
}

interface RetryDeps {
  readonly actions: Pick<ActionService, 'request'>;
  readonly logger: Logger;
}

type Values = Readonly<Record<string, unknown>>;

function retryCount(execution: Execution): number {
  const policies = execution.context.policies as { readonly retry?: { readonly retry_count?: unknown } } | undefined;
  const count = policies?.retry?.retry_count;
  return typeof count === 'number' ? count : 0;
}

/** Idempotency key of the retry of an execution: it also finds it. */
export function retryKey(executionId: string): string {
  return `retry:${executionId}`;
}

/** Refused before it could run, as a request whose templates cannot be rendered: its parameters are not those of a run. */
function neverRan({ status, log }: Execution): boolean {
  return status === 'failed' && !log.some((entry) => entry.status === 'scheduled' || entry.status === 'running');
}

/** Whether the policy has the execution run once more. */
function isToBeRetried(record: PolicyRecord, execution: Execution): boolean {
  const { retry_on: on, max_retry_count: most } = record.parameters;
  const matches =
    (execution.status === 'failed' && on === 'failure' && !neverRan(execution)) ||
    (execution.status === 'timeout' && on === 'timeout') ||
    // The runner died: for who waits that is a failure like others.
    (execution.status === 'abandoned' && on === 'failure');
  return matches && retryCount(execution) < Number(most ?? 2);
}

/** The context without what its run has added: the workflow that it started is not that of the retry. */
function contextOfRequest({ context }: Execution): Values {
  const mistral = context.mistral as (Values & { readonly parent?: Values }) | undefined;
  if (typeof mistral?.execution_id !== 'string') return context;
  const { execution_id: _own, workflow_name: _name, parent = {}, ...kept } = mistral;
  const given = Object.entries({ ...kept, ...parent }).filter(([, value]) => value !== undefined);
  const { mistral: _mistral, ...rest } = context;
  return given.length === 0 ? rest : { ...rest, mistral: Object.fromEntries(given) };
}

/**
 * Has the execution, ended in the way that its status says, run again if the policy says so.
 * @returns whether it is; safe to repeat
 */
export async function retryByPolicy(
  record: PolicyRecord,
  execution: Execution,
  { actions, logger }: RetryDeps,
): Promise<boolean> {
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
      ...contextOfRequest(execution),
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
}

/** The same by whatever policies are registered for its action. For those who seldom end executions: it looks them up. */
export async function retryByPolicies(execution: Execution, deps: RetryDeps & { readonly stores: Stores }) {
  const records = (await deps.stores.policies.find(
    { resource_ref: execution.action_ref, policy_type: RETRY_POLICY, enabled: true },
    { sort: { ref: 1 } },
  )) as unknown as PolicyRecord[];
  let retried = false;
  for (const record of records) if (await retryByPolicy(record, execution, deps)) retried = true;
  return retried;
}
