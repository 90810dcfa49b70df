/** Stores how a run ended, whatever the database and other users of the execution do meanwhile. */
import type { ActionService } from '../../action-service/contract.ts';
import { errorMessage, errorTrace } from '../../core/errors.ts';
import { type ExecutionStatus, FAILED_STATUSES, isCompleted } from '../../core/statuses.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { withDatabase } from '../../platform/mongo/with-database.ts';
import type { Execution } from '../../stores/executions.ts';
import type { RunOutcome, StopReason } from '../runners/contract.ts';

export interface OutcomeDeps {
  readonly actions: ActionService;
  readonly owner: string;
  /** Whether a policy has the execution, ended in this way, run once more as another one. */
  readonly retried: (execution: Execution, status: ExecutionStatus) => Promise<boolean>;
  readonly logger: Logger;
}

/** What an error looks like in a result. */
export function toErrorResult(error: unknown): { readonly error: string; readonly traceback: string } {
  return { error: errorMessage(error), traceback: errorTrace(error) };
}

/** The outcome of a run that was stopped from outside; `undefined` when nothing is to be stored. */
export function stoppedOutcome(reason: StopReason, outcome: RunOutcome | undefined): RunOutcome | undefined {
  switch (reason) {
    case 'canceled':
      return outcome?.status === 'canceled' ? outcome : { status: 'canceled', context: outcome?.context };
    case 'shutdown':
      if (outcome !== undefined && ['succeeded', 'paused', 'pending', 'running'].includes(outcome.status))
        return outcome;
      return {
        status: 'abandoned',
        result: { error: 'The action runner was stopped before the action had ended.', traceback: '' },
      };
    case 'lease-lost':
      return undefined;
  }
}

async function store(deps: OutcomeDeps, execution: Execution, outcome: RunOutcome): Promise<void> {
  const { actions, owner, logger } = deps;
  const { id } = execution;
  const { status, result, context } = outcome;
  // The retry exists before the end of this one is known: a crash in between leaves an execution that is found abandoned.
  const retried =
    FAILED_STATUSES.includes(status) && (await withDatabase(logger, () => deps.retried(execution, status)));
  const mine = { context, lease: null, ifLeasedBy: owner, ...(retried ? { callback: null } : {}) } as const;
  const stored = await withDatabase(logger, async () => {
    if (status !== 'running') return await actions.changeStatus(id, status, { ...mine, result, known: execution });
    const begun =
      execution.status === 'scheduled'
        ? await actions.changeStatus(id, status, { ...mine, result, from: ['scheduled'] })
        : undefined;
    return begun ?? (await actions.updateProgress(id, { ...mine, result }));
  });
  if (stored !== undefined || status === 'running') return;
  // A cancel came in between: the end of the run is the end of the cancel.
  const canceled = await withDatabase(logger, () =>
    actions.changeStatus(id, isCompleted(status) && status !== 'succeeded' ? status : 'canceled', {
      ...mine,
      from: ['canceling'],
    }),
  );
  if (canceled === undefined)
    logger.warn({ execution_id: id, status }, 'the end of a run was not stored, it had ended already');
}

/** Stores an outcome; one that cannot be stored (a result that is too large) becomes a failure that says so. */
export async function storeOutcome(deps: OutcomeDeps, execution: Execution, outcome: RunOutcome): Promise<void> {
  try {
    await store(deps, execution, outcome);
  } catch (error) {
    deps.logger.error({ err: error, execution_id: execution.id }, 'result of an action could not be stored');
    await store(deps, execution, {
      status: isCompleted(outcome.status) && outcome.status !== 'succeeded' ? outcome.status : 'failed',
      result: { error: `The result of the action could not be stored: ${errorMessage(error)}`, traceback: '' },
    });
  }
}
