/**
 * Finds activities that wait for what will not come: their execution is completed and the completion was lost, or their worker
 * died before it asked for the execution.
 */
import { ActivityNotFoundError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { errorMessage } from '../../core/errors.ts';
import { isCompleted } from '../../core/statuses.ts';
import type { WorkflowExecution } from '../../stores/records.ts';
import type { LiveView } from '../contract.ts';
import { askForView } from '../executions/live-view.ts';
import { closeRecord } from './close-record.ts';
import type { TrackerContext } from './tracker-context.ts';

/** Looks at one workflow at most that often. Milliseconds. */
const LOOK_EVERY_MS = 5_000;
/** An activity younger than this may be on its way. Milliseconds. */
const ON_ITS_WAY_MS = 5_000;

type WorkflowNames = Pick<WorkflowExecution, 'uuid' | 'workflow_id'>;

const lastLooks = new WeakMap<Client, Map<string, number>>();

/** Repairs the waiting activities of a workflow and of its sub-workflows. */
export async function repairActivities(context: TrackerContext, record: WorkflowNames, view: LiveView): Promise<void> {
  if (!isTime(context.client, record.uuid)) return;
  await repair(context, record, view.open_activities);
  const children = await context.stores.workflowExecutions.find({ root_execution_id: record.uuid, state: 'RUNNING' });
  for (const child of children) {
    const answer = await askForView(context.client, child.workflow_id, Number.MAX_SAFE_INTEGER, 0);
    if (answer.kind === 'view') await repair(context, child, answer.view.open_activities);
    if (answer.kind === 'closed') await closeRecord(context, child, answer.status);
  }
}

function isTime(client: Client, uuid: string): boolean {
  const looks = lastLooks.get(client) ?? new Map<string, number>();
  lastLooks.set(client, looks);
  const now = performance.now();
  const last = looks.get(uuid);
  if (last !== undefined && now - last < LOOK_EVERY_MS) return false;
  if (looks.size > 10_000) looks.clear();
  looks.set(uuid, now);
  // The first look only starts the clock.
  return last !== undefined;
}

async function repair(context: TrackerContext, record: WorkflowNames, open: readonly string[]): Promise<void> {
  if (open.length === 0) return;
  const { stores, callback, logger } = context;
  const keys = new Map(open.map((id) => [`${record.workflow_id}/${id}`, id]));
  const asked = await stores.executions.find(
    { idempotency_key: { $in: [...keys.keys()] } },
    { include: ['idempotency_key', 'status', 'updated_at'] },
  );
  for (const one of asked) {
    const key = String(one.idempotency_key);
    const isKnown = keys.delete(key);
    const since = Date.now() - one.updated_at.getTime();
    if (!isKnown || !isCompleted(one.status) || since < ON_ITS_WAY_MS) continue;
    const execution = await stores.executions.get(one.id);
    if (execution === undefined) continue;
    logger.warn(
      { execution_id: execution.id, workflow_id: record.workflow_id },
      'completion was lost, delivering it again',
    );
    try {
      await callback.deliver(execution.callback ?? {}, execution);
    } catch (error) {
      logger.warn({ execution_id: execution.id, reason: errorMessage(error) }, 'completion could not be delivered');
    }
  }
  for (const id of keys.values()) await repeatLost(context, record, id);
}

/** An activity without an execution: fails this attempt, so that Temporal makes another. */
async function repeatLost(context: TrackerContext, record: WorkflowNames, id: string): Promise<void> {
  const run = await context.stores.taskRuns.findOne({ workflow_execution_id: record.uuid, run_id: id });
  if (run?.name !== 'st2.action' || Date.now() - run.created_at.getTime() < 2 * ON_ITS_WAY_MS) return;
  try {
    await context.client.activity.fail(
      { workflowId: record.workflow_id, activityId: id },
      ApplicationFailure.retryable('The worker was lost before it asked for the action.', 'WorkerLost'),
    );
    context.logger.warn({ workflow_id: record.workflow_id, activity_id: id }, 'activity was lost, trying it again');
  } catch (error) {
    // Not started, completed meanwhile, or between two attempts: nothing to repair.
    if (!(error instanceof ActivityNotFoundError)) throw error;
  }
}
