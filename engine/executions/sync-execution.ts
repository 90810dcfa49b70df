import type { Client } from '@temporalio/client';
import type { WorkflowExecution } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import { isFinalState, type LiveView } from '../contract.ts';
import { askForView, type LiveAnswer } from './live-view.ts';
import { writeTasks } from './write-state.ts';

export interface SyncContext {
  readonly stores: Stores;
  readonly client: Client;
}

/**
 * Brings the stored tasks of a running execution up to date and returns what the workflow answered.
 * Asks for what has changed since the last time only.
 */
export async function syncExecution(context: SyncContext, record: WorkflowExecution): Promise<LiveAnswer> {
  const { stores, client } = context;
  const since = record.synced_version ?? 0;
  const answer = await askForView(client, record.workflow_id, since);
  if (answer.kind === 'view' && answer.view.version > since) await storeView(stores, record, answer.view);
  return answer;
}

async function storeView(stores: Stores, record: WorkflowExecution, view: LiveView): Promise<void> {
  await writeTasks(stores, { uuid: record.uuid, workflow_name: record.workflow_name, view, first: false });
  await stores.workflowExecutions.updateOne(
    { uuid: record.uuid, $or: [{ synced_version: { $exists: false } }, { synced_version: { $lt: view.version } }] },
    { $set: { synced_version: view.version } },
  );
}

/** Executions brought up to date for one request of a client; more running ones are shown as last stored. */
const SYNC_LIMIT = 50;

/** Brings all running executions that fit the filter up to date, the newest first. */
export async function syncRunning(context: SyncContext, filter: Readonly<Record<string, unknown>>): Promise<void> {
  const running = await context.stores.workflowExecutions.find(
    { ...filter, state: { $in: ['RUNNING', 'PAUSED'] } },
    { sort: { created_at: -1 }, limit: SYNC_LIMIT },
  );
  await Promise.all(
    running.filter((record) => !isFinalState(record.state)).map((record) => syncExecution(context, record)),
  );
}
