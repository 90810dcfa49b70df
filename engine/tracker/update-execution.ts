/** Brings one execution of ours in step with its workflow: status by the rules, result as clients expect it. */
import { retryByPolicies } from '../../action-service/retry-policy.ts';
import { EXECUTION_STATUSES, FAILED_STATUSES, isActive, isCompleted } from '../../core/statuses.ts';
import type { Execution } from '../../stores/executions.ts';
import type { WorkflowExecution } from '../../stores/records.ts';
import { isFinalState } from '../contract.ts';
import type { LiveAnswer } from '../executions/live-view.ts';
import { syncExecution } from '../executions/sync-execution.ts';
import { buildResult, isFinished } from './build-result.ts';
import { closeRecord } from './close-record.ts';
import { repairActivities } from './repair-activities.ts';
import { nextStatus } from './status-rules.ts';
import type { TrackerContext } from './tracker-context.ts';

/** What an update has led to. */
export interface UpdateOutcome {
  /** Nothing more will come of this execution. */
  readonly done: boolean;
  /** Something was different from the last time. */
  readonly changed: boolean;
  /** It waits for children to end: their changes concern it. */
  readonly waitsForChildren: boolean;
}

const NOTHING_LEFT: UpdateOutcome = { done: true, changed: false, waitsForChildren: false };
type TrackedExecution = Pick<Execution, 'id' | 'status' | 'context' | 'log'>;

const ACTIVE_STATUSES = EXECUTION_STATUSES.filter(isActive);

/** @param known marks of what was written last, by execution id; kept by the caller */
export async function updateExecution(
  context: TrackerContext,
  id: string,
  known: Map<string, string>,
): Promise<UpdateOutcome> {
  const { stores, actions } = context;
  const execution = await stores.executions.get(id, { include: ['status', 'context', 'log'] });
  if (execution === undefined || isCompleted(execution.status)) return NOTHING_LEFT;
  const found = await findRecord(context, execution);
  if (found === undefined) return { done: false, changed: false, waitsForChildren: false };
  const { record, answer, isOver } = await refresh(context, found);
  if (answer?.kind === 'view') await repairActivities(context, record, answer.view);
  // Versions count every change of a task: nothing of the tasks themselves is looked at to see whether there was one.
  const version = [record.state, record.version, record.synced_version].join(' ');
  const isNews = known.get(id)?.startsWith(`${version} `) !== true;
  const [active, early] = await Promise.all([
    isBusy(context, execution, record, { answer, isOver }),
    // Of what has ended the result is wanted in any case: an end is waited for.
    isOver && isNews ? makeResult(context, record) : undefined,
  ]);
  const status = nextStatus({ status: execution.status, state: record.state, active });
  const mark = `${version} ${status}`;
  const changed = known.get(id) !== mark || status !== execution.status;
  if (changed) {
    const result = early ?? (await makeResult(context, record));
    const change = { result, context: mistralContext(execution, record) };
    if (status === execution.status) await actions.updateProgress(id, change);
    else {
      // The retry exists before the end is stored: a workflow or chain that waits for it hears of the last try only.
      const full = FAILED_STATUSES.includes(status) ? await stores.executions.get(id) : undefined;
      const retried = full !== undefined && (await retryByPolicies({ ...full, status }, context));
      const asItWas = { from: [execution.status], ifLogLength: execution.log.length };
      const callback = retried ? { callback: null } : {};
      const stored = await actions.changeStatus(id, status, { ...change, ...callback, ...asItWas });
      // It has gone on since it was read, such as by a resume: what follows from that is another status.
      if (stored === undefined) return { done: false, changed: true, waitsForChildren: active };
    }
    known.set(id, mark);
  }
  return { done: isCompleted(status), changed, waitsForChildren: active && status !== 'running' };
}

/** Tasks shown of a workflow: the newest ones. While it runs they are few, as they are written again and again. */
const TASKS_SHOWN = { running: 200, finished: 5_000 } as const;

async function makeResult({ stores }: TrackerContext, record: TrackedRecord): Promise<Record<string, unknown>> {
  const { uuid } = record;
  const limit = TASKS_SHOWN[isFinished(record.state) ? 'finished' : 'running'];
  const [newest, full] = await Promise.all([
    stores.taskExecutions.find({ workflow_execution_id: uuid }, { sort: { sequence: -1 }, limit }),
    isFinished(record.state) ? stores.workflowExecutions.findOne({ uuid }, { include: ['output'] }) : undefined,
  ]);
  const total = (newest[0]?.sequence ?? -1) + 1;
  return buildResult({ ...record, output: full?.output ?? '{}' }, newest.reverse(), total);
}

/** What of a workflow's record is looked at each time: not its input and output. */
const TRACKED = [
  'uuid',
  'workflow_id',
  'workflow_name',
  'state',
  'state_info',
  'version',
  'synced_version',
  'created_at',
] as const;
type TrackedRecord = Pick<WorkflowExecution, (typeof TRACKED)[number]>;

/** The workflow of an execution: as its context says, or, where that was not stored yet, as the workflow says. */
async function findRecord({ stores }: TrackerContext, execution: TrackedExecution): Promise<TrackedRecord | undefined> {
  const mistral = execution.context.mistral as { readonly execution_id?: unknown } | undefined;
  if (typeof mistral?.execution_id === 'string') {
    return await stores.workflowExecutions.findOne({ uuid: mistral.execution_id }, { include: TRACKED });
  }
  return await stores.workflowExecutions.findOne(
    { st2_execution_id: execution.id, task_execution_id: null },
    { include: TRACKED },
  );
}

/** What a look at a workflow has given. */
interface Look {
  /** What the workflow itself has answered; absent when it was not asked. */
  readonly answer?: LiveAnswer;
  /** Its record says so, and none of its tasks runs. */
  readonly isOver: boolean;
}

/** Asks the workflow, unless its record says that it is over. */
async function refresh(
  context: TrackerContext,
  record: TrackedRecord,
): Promise<Look & { readonly record: TrackedRecord }> {
  const isOver = isFinalState(record.state) && !(await hasRunningTasks(context, record));
  if (isOver) return { record, isOver };
  const answer = await syncExecution(context, record);
  if (answer.kind === 'closed') return { record: await closeRecord(context, record, answer.status), answer, isOver };
  const fresh = await context.stores.workflowExecutions.findOne({ uuid: record.uuid }, { include: TRACKED });
  return { record: fresh ?? record, answer, isOver };
}

async function hasRunningTasks({ stores }: TrackerContext, record: TrackedRecord): Promise<boolean> {
  const running = { workflow_execution_id: record.uuid, state: 'RUNNING' };
  return (await stores.taskExecutions.findOne(running, { include: ['id'] })) !== undefined;
}

/**
 * Whether something of a paused workflow still runs: not a question that waits for its answer, nor a task that has items left but
 * starts none.
 */
async function hasRunningActions(
  { stores }: TrackerContext,
  execution: TrackedExecution,
  record: TrackedRecord,
): Promise<boolean> {
  const questions = await stores.executions.find({ parent: execution.id, status: 'pending' }, { include: ['context'] });
  const asked = questions.map(({ context }) => (context.mistral as MistralRun | undefined)?.action_execution_id);
  const running = { workflow_execution_id: record.uuid, state: 'RUNNING', uuid: { $nin: asked } };
  return (await stores.taskRuns.findOne(running, { include: ['id'] })) !== undefined;
}

interface MistralRun {
  readonly action_execution_id?: string;
}

/** StackStorm's "active": a running task, or a child that holds the workflow in pausing or canceling. */
async function isBusy(
  context: TrackerContext,
  execution: TrackedExecution,
  record: TrackedRecord,
  { answer, isOver }: Look,
): Promise<boolean> {
  const isClosed = isOver || answer?.kind === 'closed';
  // The stored tasks may be older than the stored state.
  if (answer?.kind === 'unknown' && record.state === 'PAUSED') return true;
  if (!isClosed && (await hasRunningTasks(context, record))) {
    if (record.state !== 'PAUSED' || (await hasRunningActions(context, execution, record))) return true;
  }
  // A child that never started does not hold up a workflow that is over.
  const statuses = isFinalState(record.state)
    ? ACTIVE_STATUSES.filter((status) => status !== 'requested')
    : ACTIVE_STATUSES;
  const child = await context.stores.executions.findOne(
    { parent: execution.id, status: { $in: statuses } },
    { include: ['id'] },
  );
  return child !== undefined;
}

/** The runner stores this too; here for a workflow that was faster than its runner. */
function mistralContext(execution: TrackedExecution, record: TrackedRecord) {
  const present = execution.context.mistral as Readonly<Record<string, unknown>> | undefined;
  if (present?.execution_id !== undefined) return undefined;
  const current = { execution_id: record.uuid, workflow_name: record.workflow_name };
  if (present === undefined) return { mistral: current };
  const { workflow_name, workflow_execution_id, parent: _parent, ...kept } = present;
  return { mistral: { ...kept, ...current, parent: { workflow_name, workflow_execution_id } } };
}
