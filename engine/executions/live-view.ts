import { type Client, QueryRejectedError, WorkflowNotFoundError } from '@temporalio/client';
import { type LiveView, VIEW_QUERY } from '../contract.ts';

/**
 * Temporal's server (1.29) loses an answer that comes before it has noted the query; mostly just after a workflow task, such as that
 * of a signal. It waits for it for a second or more then, so it is asked once more before.
 */
const LOST_MS = 500;
const DEADLINE_MS = 5_000;

/** What a workflow says of itself, or why it does not. */
export type LiveAnswer =
  | { readonly kind: 'view'; readonly view: LiveView }
  /** Temporal has no open workflow of this id; `status` is Temporal's word for how it ended. */
  | { readonly kind: 'closed'; readonly status: string }
  /** No worker or no server answers now. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Asks a running workflow for what has changed since a version, so many changes at most. */
export async function askForView(
  client: Client,
  workflowId: string,
  since: number,
  limit: number,
): Promise<LiveAnswer> {
  const asked = performance.now();
  const answer = await askOnce(client, workflowId, since, limit, LOST_MS);
  const isLost = answer.kind === 'unknown' && performance.now() - asked > 0.9 * LOST_MS;
  return isLost ? await askOnce(client, workflowId, since, limit, DEADLINE_MS) : answer;
}

async function askOnce(
  client: Client,
  workflowId: string,
  since: number,
  limit: number,
  milliseconds: number,
): Promise<LiveAnswer> {
  try {
    const handle = client.workflow.getHandle(workflowId);
    const view = await client.withDeadline(Date.now() + milliseconds, () =>
      handle.query<LiveView, [number, number]>(VIEW_QUERY, since, limit),
    );
    return { kind: 'view', view };
  } catch (error) {
    if (error instanceof QueryRejectedError) return { kind: 'closed', status: statusName(error) };
    if (error instanceof WorkflowNotFoundError) return { kind: 'closed', status: 'NOT_FOUND' };
    return { kind: 'unknown', reason: error instanceof Error ? error.message : String(error) };
  }
}

function statusName(error: QueryRejectedError): string {
  const names: Readonly<Record<number, string>> = {
    2: 'COMPLETED',
    3: 'FAILED',
    4: 'CANCELED',
    5: 'TERMINATED',
    6: 'CONTINUED_AS_NEW',
    7: 'TIMED_OUT',
  };
  return names[Number(error.status)] ?? String(error.status);
}
