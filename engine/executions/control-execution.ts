import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { NotFoundError, ValidationError } from '../../core/errors.ts';
import type { BlobStore } from '../../platform/temporal/blob-store.ts';
import type { Filter } from '../../stores/collection.ts';
import type { TaskExecution, WorkflowExecution } from '../../stores/records.ts';
import { loadRestart } from '../activities/local-activities.ts';
import { isFinalState, type SignalArguments } from '../contract.ts';
import { type StartContext, startOptions } from './start-execution.ts';

export interface ControlContext extends StartContext {
  readonly blobs: BlobStore;
}

type Env = Readonly<Record<string, unknown>>;

/** A closing run may still hold its workflow id for a moment. */
const CLOSING_ATTEMPTS = 40;
const CLOSING_WAIT_MS = 100;

/**
 * Sends a signal to a workflow.
 *
 * @returns false when the workflow is not open
 */
export async function signalExecution<S extends keyof SignalArguments>(
  { client }: Pick<ControlContext, 'client'>,
  workflowId: string,
  signal: S,
  argument: SignalArguments[S],
): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).signal(signal, argument);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** The way from the root execution to a task: the root, and the names of the tasks that lead there. */
async function pathOf({ stores }: ControlContext, task: TaskExecution) {
  const names = [task.name];
  let record = await loadExecution(stores, task.workflow_execution_id);
  while (record.task_execution_id !== null) {
    const parent = await stores.taskExecutions.findOne({ uuid: record.task_execution_id });
    if (parent === undefined) throw new NotFoundError(`Task execution not found [id=${record.task_execution_id}]`);
    names.unshift(parent.name);
    record = await loadExecution(stores, parent.workflow_execution_id);
  }
  return { root: record, path: names.join('.') };
}

async function loadExecution(stores: ControlContext['stores'], uuid: string): Promise<WorkflowExecution> {
  const record = await stores.workflowExecutions.findOne({ uuid });
  if (record === undefined) throw new NotFoundError(`Workflow Execution not found [id=${uuid}]`);
  return record;
}

/** Runs a failed task again, or skips it: in the running workflow, or in a new run of the one that has ended. */
export async function rerunTask(
  context: ControlContext,
  task: TaskExecution,
  options: { readonly reset: boolean; readonly env?: Env; readonly skip: boolean },
): Promise<void> {
  const { root, path } = await pathOf(context, task);
  const env = options.env ?? root.pending_env;
  const tasks = [{ task: path, reset: options.reset }];
  const event = options.skip ? ({ type: 'skip', task: path } as const) : ({ type: 'rerun', tasks, env } as const);
  const send = () =>
    event.type === 'skip'
      ? signalExecution(context, root.workflow_id, 'skip', { task: path })
      : signalExecution(context, root.workflow_id, 'rerun', { tasks, env });

  for (let attempt = 0; attempt < CLOSING_ATTEMPTS; attempt += 1) {
    if (await send()) return await markRunning(context, root);
    try {
      if (await restart(context, root, event)) return await markRunning(context, root);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, CLOSING_WAIT_MS));
    }
  }
  throw new ValidationError(`The workflow execution ${root.uuid} could not be run again.`);
}

async function restart(
  context: ControlContext,
  root: WorkflowExecution,
  event: { readonly type: 'skip'; readonly task: string } | ({ readonly type: 'rerun' } & SignalArguments['rerun']),
): Promise<boolean> {
  if (root.restart_key === undefined || !isFinalState(root.state)) {
    throw new ValidationError('Workflow execution is not in a rerunable state.');
  }
  const stored = await loadRestart(context.blobs, root.restart_key);
  if (stored.resumed === undefined) return false;
  const args = { ...stored, resumed: { ...stored.resumed, event } };
  await context.client.workflow.start(root.workflow_name, {
    ...startOptions(context, root.workflow_id, args),
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
  });
  return true;
}

async function markRunning({ stores }: ControlContext, root: WorkflowExecution): Promise<void> {
  // The noted environment went with the order, whatever the workflow has come to since.
  if (root.pending_env !== undefined)
    await stores.workflowExecutions.updateOne({ uuid: root.uuid }, { $unset: { pending_env: 1 } });
  await stores.workflowExecutions.updateOne(asItWas(root), { $set: { state: 'RUNNING', state_info: null } });
}

/** Fits a record of which no state was reported since it was read: it may have left its state and come back. */
export function asItWas({ uuid, state, version }: WorkflowExecution): Filter {
  return { uuid, state, version };
}
