import { CANCELABLE_STATUSES } from '../../core/statuses.ts';
import { requestFailure } from '../../platform/http/request-failure.ts';
import type { TaskRun } from '../../stores/records.ts';
import type { ApiContext } from './api-context.ts';

const CALL_TIMEOUT_MS = 10_000;

/**
 * Cancels what StackStorm runs for an action that was canceled here: without it, the action would go on although its task has ended.
 * Nothing to do when it has ended, or is being canceled, by itself.
 */
export async function cancelChild(context: ApiContext, run: TaskRun): Promise<void> {
  const { stores, logger, st2api } = context;
  const workflow = await stores.workflowExecutions.findOne(
    { uuid: run.workflow_execution_id },
    { include: ['st2_execution_id'] },
  );
  if (workflow?.st2_execution_id === undefined) return;
  const child = await stores.executions.findOne(
    { parent: workflow.st2_execution_id, 'context.mistral.action_execution_id': run.uuid },
    { include: ['status'] },
  );
  if (child === undefined || !CANCELABLE_STATUSES.includes(child.status)) return;
  try {
    const { token } = await st2api.credentialsFor(workflow);
    const response = await fetch(`${st2api.url}/v1/executions/${child.id}`, {
      method: 'DELETE',
      headers: token === undefined ? {} : { 'x-auth-token': token },
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`st2api answered ${response.status}`);
  } catch (error) {
    // The task is canceled all the same; its action ends at its own timeout at the latest.
    logger.warn(
      { execution_id: child.id, reason: requestFailure('st2api', st2api.url, error) },
      'a canceled action could not be stopped',
    );
  }
}
