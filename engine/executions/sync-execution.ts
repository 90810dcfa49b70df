import type { Client } from '@temporalio/client';
import type { WorkflowExecution } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import { isFinalState, type LiveView } from '../contract.ts';
import { globalText } from './execution-records.ts';
import { askForView, type LiveAnswer } from './live-view.ts';
import { writeTasks } from './write-state.ts';

export interface SyncContext {
  readonly stores: Stores;
  readonly client: Client;
}

type SyncedRecord = Pick<WorkflowExecution, 'uuid' | 'workflow_id' | 'workflow_name' | 'synced_version'>;

/**
 * Brings the stored tasks of a running execution up to date and returns what the workflow answered.
 * Asks for what has changed since the last time only.
 */
export async function syncExecution(context: SyncContext, record: SyncedRecord): Promise<LiveAnswer> {
  const { client } = context;
  if (isTooSoon(client, record.uuid)) return { kind: 'unknown', reason: 'It was asked just now.' };
  const started = performance.now();
  const answer = await takeChanges(context, record);
  const changes = answer.kind === 'view' ? answer.view.version - (record.synced_version ?? 0) : 0;
  // The machine being slow is no reason to show a client something old.
  noteCost(client, record.uuid, changes < MANY_CHANGES ? 0 : performance.now() - started);
  return answer;
}

/** Changes taken over with one question, and questions for one look. */
const CHANGES_PER_QUESTION = 1_000;
const QUESTIONS = 40;

async function takeChanges({ stores, client }: SyncContext, record: SyncedRecord): Promise<LiveAnswer> {
  let since = record.synced_version ?? 0;
  for (let asked = 1; ; asked += 1) {
    const answer = await askForView(client, record.workflow_id, since, CHANGES_PER_QUESTION);
    if (answer.kind !== 'view' || answer.view.version <= since) return answer;
    await storeView(stores, record, answer.view);
    since = answer.view.version;
    if (!answer.view.more || asked === QUESTIONS) return answer;
  }
}

/** Fewer changes than this are shown whenever they are asked for. */
const MANY_CHANGES = 500;
/** Below this, asking costs too little to be held back. Milliseconds. */
const CHEAP_MS = 100;
/** At most one part in so many of the time goes into asking one execution. */
const SHARE = 5;
const NOTES_LIMIT = 1_000;

const notBefore = new WeakMap<Client, Map<string, number>>();

/** Many changes are dear to look at: however often clients ask, the workflow has time left to get on. */
function isTooSoon(client: Client, uuid: string): boolean {
  return performance.now() < (notBefore.get(client)?.get(uuid) ?? 0);
}

function noteCost(client: Client, uuid: string, cost: number): void {
  const notes = notBefore.get(client) ?? new Map<string, number>();
  notBefore.set(client, notes);
  if (notes.size >= NOTES_LIMIT) notes.clear();
  if (cost > CHEAP_MS) notes.set(uuid, performance.now() + cost * (SHARE - 1));
  else notes.delete(uuid);
}

async function storeView(stores: Stores, record: SyncedRecord, view: LiveView): Promise<void> {
  await writeTasks(stores, record, view);
  await stores.workflowExecutions.updateOne(
    { uuid: record.uuid, $or: [{ synced_version: { $exists: false } }, { synced_version: { $lt: view.version } }] },
    { $set: { synced_version: view.version, ...globalText(view.published_global) } },
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

/** Brings running executions up to date, the newest first, until what is looked for has turned up. */
export async function syncUntil(context: SyncContext, isFound: () => Promise<boolean>): Promise<void> {
  for (let offset = 0; ; offset += SYNC_LIMIT) {
    const running = await context.stores.workflowExecutions.find(
      { state: { $in: ['RUNNING', 'PAUSED'] } },
      { sort: { created_at: -1 }, limit: SYNC_LIMIT, offset },
    );
    await Promise.all(running.map((record) => syncExecution(context, record)));
    if (running.length < SYNC_LIMIT || (await isFound())) return;
  }
}
