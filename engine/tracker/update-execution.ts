/** Brings one execution of ours in step with its workflow: status by the rules, result as clients expect it. */
import { retryByPolicies } from '../../action-service/retry-policy.ts';
import { EXECUTION_STATUSES, FAILED_STATUSES, isActive, isCompleted } from '../../core/statuses.ts';
import type { Execution } from '../../stores/executions.ts';
import type { TaskExecution, WorkflowExecution } from '../../stores/records.ts';
import { isFinalState } from '../contract.ts';
import type { LiveAnswer } from '../executions/live-view.ts';
import { syncExecution } from '../executions/sync-execution.ts';
import { buildResult } from './build-result.ts';
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
const ACTIVE_STATUSES = EXECUTION_STATUSES.filter(isActive);

/** @param known marks of what was written last, by execution id; kept by the caller */
export async function updateExecution(
  context: TrackerContext,
  id: string,
  known: Map<string, string>,
): Promise<UpdateOutcome> {
  const { stores, actions } = context;
  const execution = await stores.executions.get(id);
  if (execution === undefined || isCompleted(execution.status)) return NOTHING_LEFT;
  const found = await findRecord(context, execution);
  if (found === undefined) return { done: false, changed: false, waitsForChildren: false };
  const { record, answer } = await refresh(context, found);
  if (answer?.kind === 'view') await repairActivities(context, record, answer.view);
  const tasks = await stores.taskExecutions.find({ workflow_execution_id: record.uuid }, { sort: { sequence: 1 } });
  const active = await isBusy(context, execution, record, tasks, answer);
  const status = nextStatus({ status: execution.status, state: record.state, active });
  const mark = `${status} ${record.state} ${tasks.map((task) => `${task.uuid}${task.version}`).join()}`;
  const changed = known.get(id) !== mark;
  if (changed) {
    const change = { result: buildResult(record, tasks), context: mistralContext(execution, record) };
    if (status === execution.status) await actions.updateProgress(id, change);
    else {
      // The retry exists before the end is stored: a workflow or chain that waits for it hears of the last try only.
      const retried = FAILED_STATUSES.includes(status) && (await retryByPolicies({ ...execution, status }, context));
      await actions.changeStatus(id, status, retried ? { ...change, callback: null } : change);
    }
    known.set(id, mark);
  }
  return { done: isCompleted(status), changed, waitsForChildren: active && status !== 'running' };
}

/** The workflow of an execution: as its context says, or, where that was not stored yet, as the workflow says. */
async function findRecord({ stores }: TrackerContext, execution: Execution): Promise<WorkflowExecution | undefined> {
  const mistral = execution.context.mistral as { readonly execution_id?: unknown } | undefined;
  if (typeof mistral?.execution_id === 'string') {
    return await stores.workflowExecutions.findOne({ uuid: mistral.execution_id });
  }
  return await stores.workflowExecutions.findOne({ st2_execution_id: execution.id, task_execution_id: null });
}

/** Asks the workflow, unless its record says that it is over. */
async function refresh(context: TrackerContext, record: WorkflowExecution) {
  const isOver = isFinalState(record.state) && !(await hasRunningTasks(context, record));
  if (isOver) return { record };
  const answer = await syncExecution(context, record);
  if (answer.kind === 'closed') return { record: await closeRecord(context, record, answer.status), answer };
  const fresh = await context.stores.workflowExecutions.findOne({ uuid: record.uuid });
  return { record: fresh ?? record, answer };
}

async function hasRunningTasks({ stores }: TrackerContext, record: WorkflowExecution): Promise<boolean> {
  return (await stores.taskExecutions.count({ workflow_execution_id: record.uuid, state: 'RUNNING' })) > 0;
}

/** StackStorm's "active": a running task, or a child that holds the workflow in pausing or canceling. */
async function isBusy(
  { stores }: TrackerContext,
  execution: Execution,
  record: WorkflowExecution,
  tasks: readonly TaskExecution[],
  answer: LiveAnswer | undefined,
): Promise<boolean> {
  const isClosed = answer?.kind === 'closed';
  if (!isClosed && tasks.some((task) => task.state === 'RUNNING')) return true;
  // A child that never started does not hold up a workflow that is over.
  const statuses = isFinalState(record.state)
    ? ACTIVE_STATUSES.filter((status) => status !== 'requested')
    : ACTIVE_STATUSES;
  const child = await stores.executions.findOne(
    { parent: execution.id, status: { $in: statuses } },
    { include: ['id'] },
  );
  return child !== undefined;
}

/** The runner stores this too; here for a workflow that was faster than its runner. */
function mistralContext(execution: Execution, record: WorkflowExecution) {
  const present = execution.context.mistral as Readonly<Record<string, unknown>> | undefined;
  if (present?.execution_id !== undefined) return undefined;
  const current = { execution_id: record.uuid, workflow_name: record.workflow_name };
  if (present === undefined) return { mistral: current };
  const { workflow_name, workflow_execution_id, parent: _parent, ...kept } = present;
  return { mistral: { ...kept, ...current, parent: { workflow_name, workflow_execution_id } } };
}
