import { WorkflowFailedError } from '@temporalio/client';
import { NotFoundError } from '../../core/errors.ts';
import type { WorkflowExecution } from '../../stores/records.ts';
import { isFinalState } from '../contract.ts';
import { toText } from '../executions/execution-records.ts';
import type { TrackerContext } from './tracker-context.ts';

/** A workflow that is not known to Temporal may just be about to start. Milliseconds. */
const START_GRACE_MS = 30_000;

/**
 * The record of a workflow that Temporal has closed. One that ended by itself has reported before; one that was ended from outside
 * has not, and gets its end written here.
 *
 * @param status Temporal's word for how it ended
 */
export async function closeRecord(
  { stores, client, logger }: TrackerContext,
  record: Pick<WorkflowExecution, 'uuid' | 'workflow_id'>,
  status: string,
): Promise<WorkflowExecution> {
  const fresh = await stores.workflowExecutions.findOne({ uuid: record.uuid });
  if (fresh === undefined) throw new NotFoundError(`Workflow Execution not found [id=${record.uuid}]`);
  if (isFinalState(fresh.state) || status === 'CONTINUED_AS_NEW') return fresh;
  if (status === 'NOT_FOUND' && Date.now() - fresh.created_at.getTime() < START_GRACE_MS) return fresh;
  const end = await endOf(() => client.workflow.getHandle(record.workflow_id).result());
  const reason = end.reason === undefined ? '' : `: ${end.reason}`;
  const closing = {
    state: STATES[status] ?? 'ERROR',
    state_info: status === 'COMPLETED' ? null : `The workflow was ended in Temporal (${status.toLowerCase()})${reason}`,
    ...(status === 'COMPLETED' ? { output: toText(end.output ?? {}) } : {}),
    updated_at: new Date(),
  };
  logger.warn({ workflow_id: record.workflow_id, status }, 'workflow was ended from outside, or its report was lost');
  const closed = await stores.workflowExecutions.updateOne(
    { uuid: record.uuid, state: fresh.state },
    { $set: closing },
  );
  return closed ?? fresh;
}

const STATES: Readonly<Record<string, string>> = { COMPLETED: 'SUCCESS', CANCELED: 'CANCELLED' };

async function endOf(
  result: () => Promise<unknown>,
): Promise<{ readonly output?: unknown; readonly reason?: string | undefined }> {
  try {
    return { output: await result() };
  } catch (error) {
    if (error instanceof WorkflowFailedError) return { reason: error.cause?.message };
    return {}; // Temporal has forgotten it.
  }
}
