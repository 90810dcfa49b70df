import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { COMPLETED_STATUSES } from '../../core/statuses.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';
import { workflowOf } from '../../stores/workflow-of.ts';

type Reason = { readonly why: string; readonly advice: string };

/** Temporal's `PENDING_ACTIVITY_STATE_SCHEDULED`: no worker has taken it. */
const SCHEDULED = 1;
/** A workflow task that is tried again and again does so for a reason. */
const MANY_ATTEMPTS = 3;

/** Says why a workflow that runs does not go on; nothing when it waits for what itself goes on. */
export async function diagnoseWorkflow(
  stores: Stores,
  client: Client,
  execution: Execution,
): Promise<Reason | undefined> {
  const record = await stores.workflowExecutions.findOne(workflowOf(execution.id));
  const cancel = `Cancel it: st2 execution cancel ${execution.id}`;
  if (record === undefined) return { why: 'The engine has no record of its workflow.', advice: cancel };
  const description = await describe(client, record.workflow_id);
  if (description === undefined) {
    return {
      why: `Temporal does not know the workflow "${record.workflow_id}" (its history may have been removed).`,
      advice: cancel,
    };
  }
  if (description.status.name !== 'RUNNING') {
    return {
      why: `Its workflow ended in Temporal as ${description.status.name}, and the execution was not told.`,
      advice: 'The results tracker repairs this within seconds: see that st2resultstracker runs, and its log.',
    };
  }
  return (
    (await diagnoseWorkflowTask(client, description)) ??
    diagnoseActivities(description) ??
    (await diagnoseChildren(stores, execution))
  );
}

async function describe(client: Client, id: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(id).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The interpreter itself does not get on. */
async function diagnoseWorkflowTask(
  client: Client,
  { raw, workflowId }: WorkflowExecutionDescription,
): Promise<Reason | undefined> {
  const task = raw.pendingWorkflowTask;
  if (task === null || task === undefined) return undefined;
  const attempts = Number(task.attempt ?? 0);
  if (attempts < MANY_ATTEMPTS) {
    if (Number(task.state) !== SCHEDULED) return undefined;
    const build = raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
    const worker = typeof build === 'string' && build !== '' ? ` of the build ${build}, which it began on` : '';
    return {
      why: `Its next step waits for a worker${worker}.`,
      advice: `Start mistral-server${worker}.`,
    };
  }
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const failure = (events ?? []).findLast((event) => event.workflowTaskFailedEventAttributes);
  const message =
    failure?.workflowTaskFailedEventAttributes?.failure?.message ?? 'the log of mistral-server tells more';
  return {
    why: `The interpreter fails at it, ${attempts} times now: ${message}`,
    advice: 'Run a version of mistral-server that can go on (an older or a mended one); it is tried again by itself.',
  };
}

/** Activities that cannot ask for their action. */
function diagnoseActivities({ raw }: WorkflowExecutionDescription): Reason | undefined {
  const failing = (raw.pendingActivities ?? []).find(({ lastFailure }) => lastFailure?.message);
  if (failing === undefined) return undefined;
  return {
    why: `Its task "${failing.activityId}" cannot ask for its action (try ${failing.attempt}): ${failing.lastFailure?.message}`,
    advice: 'See that st2api runs and that mistral-server reaches it (ST2_API__URL); it is tried again by itself.',
  };
}

async function diagnoseChildren(stores: Stores, { id }: Execution): Promise<Reason | undefined> {
  const undelivered = await stores.executions.find(
    { parent: id, callback_state: 'pending', status: { $in: COMPLETED_STATUSES } },
    { include: ['action_ref'], limit: 1 },
  );
  const [child] = undelivered;
  if (child !== undefined) {
    return {
      why: `Its action ${child.action_ref} (${child.id}) has ended, and the workflow was not told.`,
      advice: 'The results tracker delivers this within seconds: see that st2resultstracker runs and reaches Temporal.',
    };
  }
  const open = await stores.executions.find(
    { parent: id, status: { $nin: COMPLETED_STATUSES } },
    { include: ['status', 'action_ref'], limit: 1 },
  );
  if (open.length > 0) return undefined;
  return {
    why: 'None of its actions is under way, and its workflow waits (a timer, a pause, or an action of the engine).',
    advice: `Look at it in the Temporal UI, by st2_execution_id = "${id}".`,
  };
}
