import { ApplicationFailure, activityInfo, CompleteAsyncError } from '@temporalio/activity';
import type { ActionOutcome } from '../../core/action-outcome.ts';
import { isCompleted, isExecutionStatus } from '../../core/statuses.ts';
import { actionFailure } from '../../platform/temporal/action-failure.ts';
import type { Activities, InTheNameOf, St2ActionRequest } from '../contract.ts';
import { createExecutionAsker, type ExecutionAnswer } from './ask-for-executions.ts';

export interface St2ActionContext {
  /** Base address of st2api, without version. The only address that gets a token. */
  readonly apiUrl: string;
  /** Base address of mistral-api with `/v2`. */
  readonly mistralUrl: string;
  /** Who a workflow's actions run as, and with which token. */
  credentialsFor(of: InTheNameOf): Promise<{ readonly user: string; readonly token?: string }>;
}

/** One for all: the SDK asks each error for its stack, which is most of what an error costs. */
const letGo = new CompleteAsyncError();

/**
 * The activity behind every task of StackStorm: asks the API for an execution and lets go. The result comes by
 * asynchronous completion, under the same pair of ids that makes the idempotency key: however often this is tried, the action is
 * created once.
 */
export function createSt2Action(context: St2ActionContext): Activities['st2.action'] {
  const ask = createExecutionAsker(context.apiUrl);
  return async (request) => {
    const info = activityInfo();
    const { workflowId = '', runId } = info.workflowExecution ?? {};
    const activity = { workflow_id: workflowId, run_id: runId, activity_id: info.activityId };
    const stContext = toRecord(request.input.st2_context);
    if (stContext.parent === undefined) {
      const ref = String(request.input.ref);
      throw refusal(`Unable to run "${ref}": the workflow was not started through StackStorm (no st2_context).`);
    }
    const credentials = await context.credentialsFor(request);
    const answer = await ask({
      token: credentials.token,
      workflowId,
      scheduledAt: info.scheduledTimestampMs,
      together: request.together,
      idempotencyKey: `${workflowId}/${info.activityId}`,
      body: toBody(context, request, stContext, activity),
    });
    if (answer.status >= 500 || answer.status === 429 || answer.status === 401) {
      throw ApplicationFailure.retryable(`The API answered ${answer.status}: ${answer.text.slice(0, 500)}`, 'ApiError');
    }
    if (answer.status >= 400)
      throw actionFailure({ status: 'failed', result: toResult(`${context.apiUrl}/v1/executions`, answer) });
    const outcome = toOutcome(answer.body);
    if (outcome === undefined) throw letGo;
    if (outcome.status === 'succeeded') return outcome;
    throw actionFailure(outcome);
  };
}

function refusal(message: string): ApplicationFailure {
  return actionFailure({ status: 'failed', result: message });
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function actionExecutionUrl(context: St2ActionContext, { run }: St2ActionRequest): string {
  return `${context.mistralUrl}/action_executions/${run.uuid}`;
}

/**
 * What the child execution knows of its parent and of its place in the workflow. It holds the contexts of all above, for which a header
 * is too small.
 */
function toSt2Context(
  context: St2ActionContext,
  request: St2ActionRequest,
  stContext: Readonly<Record<string, unknown>>,
) {
  const { run, workflow } = request;
  return {
    parent: stContext.parent,
    mistral: {
      workflow_execution_id: workflow.execution_id,
      workflow_name: workflow.name,
      callback_url: actionExecutionUrl(context, request),
      task_execution_id: run.task_id,
      task_name: run.task_name,
      action_execution_id: run.uuid,
    },
  };
}

function toBody(
  context: St2ActionContext,
  request: St2ActionRequest,
  stContext: Readonly<Record<string, unknown>>,
  activity: Readonly<Record<string, string | undefined>>,
) {
  const { input, run } = request;
  const parameters = toRecord(input.parameters);
  const skipped = Array.isArray(stContext.skip_notify_tasks) && stContext.skip_notify_tasks.includes(run.task_name);
  return {
    action: input.ref,
    context: toSt2Context(context, request, stContext),
    ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
    ...(skipped || Object.keys(toRecord(stContext.notify)).length === 0 ? {} : { notify: stContext.notify }),
    callback: { source: 'mistral_v2', url: actionExecutionUrl(context, request), ...activity },
  };
}

/** An execution that was asked for before and is completed already: its completion may have been lost. */
function toOutcome(body: unknown): ActionOutcome | undefined {
  const { status, result } = toRecord(body);
  return isExecutionStatus(status) && isCompleted(status) ? { status, result: result ?? null } : undefined;
}

/** A refusal of the API as the result of the action, in the shape of Mistral's HTTP action. */
function toResult(url: string, answer: ExecutionAnswer) {
  return {
    content: answer.body ?? answer.text,
    status: answer.status,
    headers: answer.headers,
    url,
    history: [],
    encoding: 'utf-8',
    reason: '',
    cookies: {},
    elapsed: 0,
  };
}
