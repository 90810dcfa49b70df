/** Changing executions: cancel, pause, resume, update, re-run. */
import { errorCode, errorMessage, ValidationError } from '../../../core/errors.ts';
import { isPlainObject } from '../../../core/python/values.ts';
import { type ExecutionStatus, isCompleted, isExecutionStatus } from '../../../core/statuses.ts';
import type { Execution } from '../../../stores/executions.ts';
import type { ApiContext } from '../../context.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';
import { given } from './given.ts';
import { present } from './present.ts';
import { findExecution } from './read.ts';
import { userOf } from './requested-context.ts';
import { EXECUTION_RESPONSE, EXECUTION_UPDATE, RERUN_REQUEST, SHOW_SECRETS } from './schema.ts';
import { executionSubject } from './subject.ts';

type Values = Readonly<Record<string, unknown>>;

const CANCEL = ['canceling', 'canceled'];
const PAUSE = ['pausing', 'paused'];

async function changeTo(
  context: ApiContext,
  execution: Execution,
  to: ExecutionStatus,
  user: string,
  result: unknown,
): Promise<Execution> {
  const { actions } = context;
  const { id, status } = execution;
  const reported = (status === 'canceling' && to === 'canceled') || (status === 'pausing' && to === 'paused');
  if (!reported && CANCEL.includes(to)) return actions.cancel(id, user);
  if (!reported && PAUSE.includes(to)) return actions.pause(id, user);
  if (to === 'resuming') return actions.resume(id, user);
  if (to === status) {
    const changed = result === undefined ? execution : await actions.updateProgress(id, { result });
    if (changed === undefined) throw new ValidationError('Execution is already in completed state.');
    return changed;
  }
  const changed = await actions.changeStatus(id, to, result === undefined ? {} : { result });
  if (changed === undefined) throw new ValidationError(`Unable to change the status from "${status}" to "${to}".`);
  return changed;
}

async function update(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const { status, result } = request.body as { status?: unknown; result?: unknown };
  const execution = await findExecution(context, request.params.id ?? '');
  if (isCompleted(execution.status)) throw new ValidationError('Execution is already in completed state.');
  const to = isExecutionStatus(status) ? status : execution.status;
  try {
    const changed = await changeTo(context, execution, to, request.requester.user, result);
    return { body: await present(context, request, changed) };
  } catch (error) {
    if (errorCode(error) !== 'VALIDATION') throw error;
    throw new ValidationError(`Failed updating execution. ${errorMessage(error)}`);
  }
}

async function cancel(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const execution = await findExecution(context, request.params.id ?? '');
  try {
    const canceled = await context.actions.cancel(execution.id, request.requester.user);
    return { body: await present(context, request, canceled) };
  } catch (error) {
    // StackStorm answers 200 with a fault here, and clients tell by the fault.
    if (errorCode(error) !== 'VALIDATION') throw error;
    return { body: { faultstring: errorMessage(error) } };
  }
}

async function rerun(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const body = request.body as Values;
  const parameters = isPlainObject(body.parameters) ? body.parameters : {};
  const tasks = (body.tasks ?? []) as readonly string[];
  const reset = (body.reset ?? []) as readonly string[];
  if ((tasks.length > 0 || reset.length > 0) && Object.keys(parameters).length > 0) {
    throw new ValidationError('Parameters override is not supported when re-running task(s) for a workflow.');
  }
  if (reset.some((task) => !tasks.includes(task)))
    throw new ValidationError('List of tasks to reset does not match the tasks to rerun.');
  const existing = await findExecution(context, request.params.id ?? '', ['result']);
  const execution = await context.actions.rerun(existing.id, {
    parameters,
    ...(tasks.length === 0 ? {} : { tasks }),
    ...(body.reset === undefined || body.reset === null ? {} : { reset }),
    ...given('delay', body.delay),
    user: userOf(request.requester, body.user),
    noMerge: request.query.flag('no_merge'),
  });
  return { body: await present(context, request, execution) };
}

/** Routes that change. */
export function changeRoutes(context: ApiContext): readonly Route[] {
  const subject = executionSubject(context);
  return [
    {
      method: 'PUT',
      path: '/executions/:id',
      summary: 'Change the status or result of an execution: pause, resume, cancel',
      permission: 'execution_modify',
      subject,
      query: SHOW_SECRETS,
      body: EXECUTION_UPDATE,
      response: EXECUTION_RESPONSE,
      handle: (request) => update(context, request),
    },
    {
      method: 'DELETE',
      path: '/executions/:id',
      summary: 'Cancel an execution',
      permission: 'execution_modify',
      subject,
      query: SHOW_SECRETS,
      handle: (request) => cancel(context, request),
    },
    {
      method: 'POST',
      path: '/executions/:id/re_run',
      summary: 'Run again, as a new execution',
      permission: 'action_execute',
      subject,
      query: { ...SHOW_SECRETS, no_merge: 'boolean' },
      body: RERUN_REQUEST,
      success: 201,
      response: EXECUTION_RESPONSE,
      handle: (request) => rerun(context, request),
    },
  ];
}
