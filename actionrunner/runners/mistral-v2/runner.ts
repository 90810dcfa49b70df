/**
 * Runs a workflow of the Mistral v2 language: rewritten, deployed to the engine, started; from then on the engine and the
 * results tracker keep the execution up to date, and this process has nothing to do with it any more.
 */
import { errorMessage } from '../../../core/errors.ts';
import { mistralBaseUrl } from '../../../platform/config/load-config.ts';
import { withDatabase } from '../../../platform/mongo/with-database.ts';
import { hasLease } from '../../../stores/has-lease.ts';
import { workflowOf } from '../../../stores/workflow-of.ts';
import { entryWorkflow } from '../../../workflow-translator/index.ts';
import { type RunContext, type Runner, type RunOutcome, stopReason } from '../contract.ts';
import { cancelChildren, forChildWorkflows, hasActiveChildren } from '../workflow-children.ts';
import { deployDefinition } from './deploy-definition.ts';
import {
  type ActionExecutionChange,
  createMistralClient,
  MistralApiError,
  type MistralClient,
  type MistralExecution,
} from './mistral-client.ts';
import { type RerunOptions, rerunHeldTasks, rerunOptions, rerunTasks } from './rerun-tasks.ts';
import { rewriteDefinition } from './rewrite-definition.ts';
import { mistralContext, startParams } from './start-options.ts';
import { unknownActionsOutcome } from './unknown-actions.ts';

type StartedWorkflow = Pick<MistralExecution, 'id' | 'workflow_name'>;

async function clientFor(context: RunContext, isStillWanted?: () => Promise<boolean>): Promise<MistralClient> {
  const { config, tokenFor } = context.services;
  return createMistralClient({
    baseUrl: mistralBaseUrl(config),
    signal: context.signal,
    ...(config.mistral.auth_enable ? { token: await tokenFor(context.user) } : {}),
    ...(isStillWanted === undefined ? {} : { isStillWanted }),
  });
}

/** For an order to cancel, pause or resume, which holds until the execution has another status. */
function steeringClient(context: RunContext): Promise<MistralClient> {
  const { id, log } = context.execution;
  const { stores } = context.services;
  const now = () => stores.executions.get(id, { include: ['log'] });
  return clientFor(context, async () => (await now())?.log.length === log.length);
}

async function start(context: RunContext, client: MistralClient): Promise<StartedWorkflow> {
  const rewritten = await rewriteDefinition(context);
  const { workflow: requested, context: given } = context.runnerParameters;
  const workflow = entryWorkflow(rewritten, typeof requested === 'string' ? requested : undefined);
  const input = { ...(typeof given === 'object' ? given : {}), ...context.actionParameters };
  const params = startParams(context);
  try {
    // Most of the time the engine has it: one call instead of two. What it has of a workbook is not its text.
    const isAlone = rewritten.kind === 'workflow';
    const started = isAlone ? await client.startIf(rewritten.definition, workflow, input, params) : undefined;
    if (started !== undefined) return started;
    await deployDefinition(client, rewritten);
    return await client.start(workflow, input, params);
  } catch (error) {
    // The answer to an earlier try was lost: the workflow of this execution runs already.
    const running = error instanceof MistralApiError && error.status === 409 ? await findStarted(context) : undefined;
    if (running === undefined) throw error;
    return running;
  }
}

async function findStarted(context: RunContext): Promise<StartedWorkflow | undefined> {
  const found = await context.services.stores.workflowExecutions.findOne(workflowOf(context.execution.id));
  return found === undefined ? undefined : { id: found.uuid, workflow_name: found.workflow_name };
}

interface MistralIds {
  readonly execution_id?: string;
  readonly action_execution_id?: string;
  readonly workflow_execution_id?: string;
  readonly parent?: { readonly workflow_execution_id?: string };
}

const mistralIds = ({ execution }: RunContext) => (execution.context.mistral ?? {}) as MistralIds;

/** The run of a task of the parent workflow that this execution carries out. */
interface ParentRun {
  readonly id: string;
  readonly workflowExecution: string | undefined;
  readonly mark: ActionExecutionChange['mark'];
}

function idsOf(
  context: RunContext,
  verb: string,
): { readonly executionId: string; readonly parentRun: ParentRun | undefined } {
  const { execution_id: executionId } = mistralIds(context);
  if (executionId === undefined) throw new Error(`Unable to ${verb} because mistral execution_id is missing.`);
  return { executionId, parentRun: parentRunOf(context) };
}

function parentRunOf(context: RunContext): ParentRun | undefined {
  const mistral = mistralIds(context);
  const { id: from, log } = context.execution;
  const id = mistral.action_execution_id;
  if (context.execution.context.parent === undefined || id === undefined) return undefined;
  const workflowExecution = mistral.parent?.workflow_execution_id ?? mistral.workflow_execution_id;
  return { id, workflowExecution, mark: { from, number: log.length } };
}

/** Answers that say: the workflow is over, or gone. */
const REFUSALS = [400, 404];
/** States that no workflow leaves by itself. */
const OVER = ['SUCCESS', 'ERROR', 'CANCELLED'];

async function unlessRefused(call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof MistralApiError) || !REFUSALS.includes(error.status)) throw error;
  }
}

/** Tells the parent workflow that the run of its task has another state. The parent may be over: that is no failure. */
async function tellParent(client: MistralClient, parentRun: ParentRun | undefined, state: string): Promise<void> {
  if (parentRun === undefined) return;
  const { id, ...rest } = parentRun;
  await unlessRefused(() => client.updateActionExecution(id, { state, ...rest }));
}

/** False when there is nothing to run again (any more): the workflow stays held, it does not fail over a slip of the user. */
async function tryTasksAgain(
  context: RunContext,
  client: MistralClient,
  executionId: string,
  again: RerunOptions,
): Promise<boolean> {
  try {
    await rerunHeldTasks(client, executionId, again);
    return true;
  } catch (error) {
    if (error instanceof MistralApiError && error.status >= 500) throw error;
    context.logger.warn({ tasks: again.tasks, reason: errorMessage(error) }, 'the tasks cannot be run again');
    return false;
  }
}

async function cancelStarted(context: RunContext, executionId: string): Promise<void> {
  const { signal } = new AbortController();
  const client = await withDatabase(context.logger, () => clientFor({ ...context, signal }));
  await client.updateExecution(executionId, { state: 'CANCELLED' });
}

const become = (status: RunOutcome['status']): RunOutcome => ({ status });

export const mistralV2Runner: Runner = {
  name: 'mistral-v2',
  isWorkflow: true,
  initialResult: { tasks: [] },

  async run(context) {
    const client = await withDatabase(context.logger, () => clientFor(context));
    const again = rerunOptions(context.execution.context);
    let started: StartedWorkflow;
    try {
      started =
        again === undefined
          ? await withDatabase(context.logger, () => start(context, client))
          : await rerunTasks(context, client, again);
    } catch (error) {
      const outcome = unknownActionsOutcome(error);
      if (outcome === undefined) throw error;
      return outcome;
    }
    // Canceled while it was being started: nobody else knows that it runs. The client of the start repeats nothing any more.
    if (stopReason(context.signal) === 'canceled') await cancelStarted(context, started.id);
    return {
      status: 'running',
      context: {
        mistral: mistralContext(context.execution.context.mistral, started),
        ...(context.runnerParameters.hold_on_failure === true ? { hold_on_failure: true } : {}),
      },
    };
  },

  async pause(context) {
    const { executionId, parentRun } = idsOf(context, 'pause');
    const client = await steeringClient(context);
    // What has ended by now is no failure: the tracker is about to say so.
    if (OVER.includes((await client.execution(executionId)).state)) return become('pausing');
    // The parent first: the moment this workflow is paused it may be resumed, and a later word would pause the parent for good.
    await tellParent(client, parentRun, 'PAUSED');
    await unlessRefused(() => client.updateExecution(executionId, { state: 'PAUSED' }));
    const { actions } = context.services;
    await forChildWorkflows(context, ['running'], (id) => actions.pause(id, context.user));
    // The tracker says when it is paused: what has ended here may have to be taken in there.
    return become('pausing');
  },

  async resume(context) {
    const { executionId, parentRun } = idsOf(context, 'resume');
    const client = await steeringClient(context);
    await tellParent(client, parentRun, 'RUNNING');
    const again = rerunOptions(context.execution.context);
    if (again?.ref !== context.execution.id) await client.updateExecution(executionId, { state: 'RUNNING' });
    else if (!(await tryTasksAgain(context, client, executionId, again))) return become('paused');
    const { actions } = context.services;
    await forChildWorkflows(context, ['paused', 'pausing'], (id) => actions.resumeChild(id, context.user));
    return become('running');
  },

  async cancel(context) {
    const known = mistralIds(context).execution_id;
    // Whoever is starting it has heard of the cancel as well.
    if (known === undefined && hasLease(context.execution)) return become('canceling');
    // None where it waited for its start; it may have been started by a process that could not say so any more.
    const executionId = known ?? (await findStarted(context))?.id;
    if (executionId !== undefined) {
      const client = await steeringClient(context);
      const cancelled = () => client.updateExecution(executionId, { state: 'CANCELLED' });
      await (known === undefined ? unlessRefused(cancelled) : cancelled());
      await tellParent(client, parentRunOf(context), 'CANCELLED');
    }
    await cancelChildren(context);
    return become((await hasActiveChildren(context)) ? 'canceling' : 'canceled');
  },
};
