/** Looks at the workflow of an execution: its record, and where that says too little the workflow itself. */
import { isFinalState } from '../contract.ts';
import type { LiveAnswer } from '../executions/live-view.ts';
import { syncExecution } from '../executions/sync-execution.ts';
import { closeRecord } from './close-record.ts';
import { hasActiveChild } from './has-active-child.ts';
import { toResult } from './make-result.ts';
import { type EndRead, readEnd } from './read-ahead.ts';
import { repairActivities } from './repair-activities.ts';
import { findRecordOf, type TrackedExecution, type TrackedRecord, versionOf } from './tracked-record.ts';
import type { TrackerContext } from './tracker-context.ts';

/** What a look at a workflow has shown. */
export interface Look {
  readonly record: TrackedRecord;
  /** StackStorm's "active": a running task, or a child that holds the workflow in pausing or canceling. */
  readonly active: boolean;
  /** Of what has ended since the last look. */
  readonly result?: Record<string, unknown>;
}

/**
 * Asks the workflow, unless its record says enough.
 *
 * @param mark of what was written last
 * @param early what was read for its end already
 * @param overtaken raised when there is something newer to look at: an answer is not waited for any longer
 */
export async function lookAtWorkflow(
  context: TrackerContext,
  execution: TrackedExecution,
  record: TrackedRecord,
  mark: string | undefined,
  early: EndRead | undefined,
  overtaken: AbortSignal,
): Promise<Look> {
  const isNews = mark?.startsWith(`${versionOf(record)} `) !== true;
  if (isFinalState(record.state)) {
    const end = await lookAtEnd(context, execution, record, isNews, early);
    if (end !== undefined) return end;
  } else if (isNews && record.state === 'PAUSED' && !(await isBusy(context, execution, record))) {
    // It has just told that, and nothing starts in it. Whoever asks a workflow at such a moment may wait for seconds: Temporal's server
    // (1.29) loses the answer to a query that comes before it has noted the query.
    return { record, active: false };
  }
  return await ask(context, execution, record, overtaken);
}

/** @returns `undefined` while a task still runs */
async function lookAtEnd(
  context: TrackerContext,
  execution: TrackedExecution,
  record: TrackedRecord,
  isNews: boolean,
  early: EndRead | undefined,
): Promise<Look | undefined> {
  if (!isNews) {
    const [active, runs] = await Promise.all([
      hasActiveChild(context, execution.id, record),
      hasRunningTasks(context, record),
    ]);
    return runs ? undefined : { record, active };
  }
  const { parts, active } = early ?? (await readEnd(context, execution.id, record));
  // By the very tasks that the result shows: it must not show one that runs and has ended by the time it is asked for.
  if (parts.tasks.some(({ state }) => state === 'RUNNING')) return undefined;
  if (parts.tasks.length < parts.total && (await hasRunningTasks(context, record))) return undefined;
  return { record, active, result: toResult(record, parts) };
}

async function ask(
  context: TrackerContext,
  execution: TrackedExecution,
  record: TrackedRecord,
  overtaken: AbortSignal,
): Promise<Look> {
  const answer = await Promise.race([syncExecution(context, record), whenRaised(overtaken)]);
  if (answer.kind === 'closed') {
    const closed = await closeRecord(context, record, answer.status);
    return { record: closed, active: await hasActiveChild(context, execution.id, closed) };
  }
  const now = (await findRecordOf(context, { uuid: record.uuid })) ?? record;
  if (answer.kind === 'view') await repairActivities(context, now, answer.view);
  const waiting = (answer.kind === 'view' && answer.view.waiting) || 0;
  return { record: now, active: await isBusy(context, execution, now, waiting) };
}

/** Without an answer, what is stored counts. */
function whenRaised(overtaken: AbortSignal): Promise<LiveAnswer> {
  return new Promise((resolve) => {
    const giveUp = () => resolve({ kind: 'unknown', reason: 'There is something newer.' });
    if (overtaken.aborted) giveUp();
    else overtaken.addEventListener('abort', giveUp, { once: true });
  });
}

async function hasRunningTasks({ stores }: TrackerContext, record: TrackedRecord): Promise<boolean> {
  const running = { workflow_execution_id: record.uuid, state: 'RUNNING' };
  return (await stores.taskExecutions.findOne(running, { include: ['id'] })) !== undefined;
}

/**
 * Whether something of a paused workflow still runs: not a question that waits for its answer, nor a task that has items left but
 * starts none, nor what waits for its turn.
 */
async function hasRunningActions(
  { stores }: TrackerContext,
  execution: TrackedExecution,
  record: TrackedRecord,
  waiting: number,
): Promise<boolean> {
  const questions = await stores.executions.find({ parent: execution.id, status: 'pending' }, { include: ['context'] });
  const asked = questions.map(({ context }) => (context.mistral as MistralRun | undefined)?.action_execution_id);
  const running = { workflow_execution_id: record.uuid, state: 'RUNNING', uuid: { $nin: asked } };
  return (await stores.taskRuns.count(running)) > waiting;
}

interface MistralRun {
  readonly action_execution_id?: string;
}

/** Of a workflow that is not over, by what is stored. @param waiting runs that have not begun, as far as the workflow has said so */
async function isBusy(
  context: TrackerContext,
  execution: TrackedExecution,
  record: TrackedRecord,
  waiting = 0,
): Promise<boolean> {
  const runs = await hasRunningTasks(context, record);
  if (runs && (record.state !== 'PAUSED' || (await hasRunningActions(context, execution, record, waiting))))
    return true;
  return await hasActiveChild(context, execution.id, record);
}
