import { ActivityNotFoundError, type Client, WorkflowNotFoundError } from '@temporalio/client';
import { isCompleted } from '../../core/statuses.ts';
import { actionFailure } from '../../platform/temporal/action-failure.ts';
import { withDeadline } from '../../platform/with-deadline.ts';
import type { Execution } from '../../stores/executions.ts';
import type { CallbackSender } from '../contract.ts';

/**
 * Tells a workflow how its action goes: completes the activity that waits, or signals a pause.
 * The pair of ids needs no token, so the completion may come from any process, at any time, more than once. The run of the workflow
 * that asked spares Temporal the look which one is the current one; in a later run, the activity has the same pair of ids.
 */
export function createMistralV2Callback(connect: () => Promise<Client>): CallbackSender {
  return {
    async deliver(callback, execution) {
      const { workflow_id, run_id, activity_id } = callback;
      if (typeof workflow_id !== 'string' || typeof activity_id !== 'string') return;
      const client = await connect();
      const activity = { workflowId: workflow_id, activityId: activity_id };
      if (typeof run_id === 'string' && (await isTold(client, { ...activity, runId: run_id }, execution))) return;
      // Otherwise it was completed before, or the workflow is over: nobody waits.
      await isTold(client, activity, execution);
    },
  };
}

/**
 * A server that hangs must not keep the slot of the action. The client's own deadlines need an `AsyncLocalStorage`, which costs a process
 * that has one in use a part of all its promises.
 */
const DEADLINE_MS = 30_000;

interface Activity {
  readonly workflowId: string;
  readonly runId?: string;
  readonly activityId: string;
}

/** @returns whether somebody waited for it */
async function isTold(client: Client, activity: Activity, execution: Execution): Promise<boolean> {
  try {
    await withDeadline(tell(client, activity, execution), DEADLINE_MS, 'Temporal does not answer.');
    return true;
  } catch (error) {
    if (error instanceof ActivityNotFoundError || error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

async function tell(client: Client, activity: Activity, execution: Execution): Promise<void> {
  const { status, id, log } = execution;
  if (status === 'paused' || status === 'running') {
    const state = status === 'paused' ? 'PAUSED' : 'RUNNING';
    const mark = { from: id, number: log.length };
    const { workflowId, activityId } = activity;
    return await client.workflow.getHandle(workflowId).signal('actionUpdated', { id: activityId, state, mark });
  }
  if (!isCompleted(status)) return;
  const outcome = { status, result: execution.result ?? null };
  if (status === 'succeeded') await client.activity.complete(activity, outcome);
  else await client.activity.fail(activity, actionFailure(outcome));
}
