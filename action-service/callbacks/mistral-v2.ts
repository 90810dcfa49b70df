import { ActivityNotFoundError, type Client, WorkflowNotFoundError } from '@temporalio/client';
import { isCompleted } from '../../core/statuses.ts';
import { actionFailure } from '../../platform/temporal/action-failure.ts';
import type { Execution } from '../../stores/executions.ts';
import type { CallbackSender } from '../contract.ts';

/**
 * Tells a workflow how its action goes: completes the activity that waits, or signals a pause.
 * The pair of ids needs no token, so the completion may come from any process, at any time, more than once.
 */
export function createMistralV2Callback(client: Client): CallbackSender {
  return {
    async deliver(callback, execution) {
      const { workflow_id, activity_id } = callback;
      if (typeof workflow_id !== 'string' || typeof activity_id !== 'string') return;
      try {
        await tell(client, workflow_id, activity_id, execution);
      } catch (error) {
        // Completed before, or the workflow is over: nobody waits.
        if (error instanceof ActivityNotFoundError || error instanceof WorkflowNotFoundError) return;
        throw error;
      }
    },
  };
}

async function tell(client: Client, workflowId: string, activityId: string, execution: Execution): Promise<void> {
  const { status, id, log } = execution;
  if (status === 'paused' || status === 'running') {
    const state = status === 'paused' ? 'PAUSED' : 'RUNNING';
    const mark = { from: id, number: log.length };
    return await client.workflow.getHandle(workflowId).signal('actionUpdated', { id: activityId, state, mark });
  }
  if (!isCompleted(status)) return;
  const outcome = { status, result: execution.result ?? null };
  const activity = { workflowId, activityId };
  if (status === 'succeeded') await client.activity.complete(activity, outcome);
  else await client.activity.fail(activity, actionFailure(outcome));
}
