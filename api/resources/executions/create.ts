/** Making an execution. */
import type { ExecutionRequest } from '../../../action-service/contract.ts';
import { ForbiddenError } from '../../../core/errors.ts';
import { isCompleted } from '../../../core/statuses.ts';
import type { Execution } from '../../../stores/executions.ts';
import type { ApiContext } from '../../context.ts';
import type { Answer, ApiRequest, Route } from '../../server/route.ts';
import { given } from './given.ts';
import { present } from './present.ts';
import { requestedContext } from './requested-context.ts';
import { EXECUTION_REQUEST, EXECUTION_RESPONSE, SHOW_SECRETS } from './schema.ts';
import { requestSubject } from './subject.ts';

/** The preference for no more than id and status. */
export const MINIMAL = 'return=minimal';

const REQUEST_HEADERS = {
  'idempotency-key': 'Any text. The same key again answers with the execution that was made for it; no other is made.',
  prefer: `"${MINIMAL}" answers with id and status alone, unless the execution has ended by then.`,
  'st2-context': 'JSON text of an object that goes over the context of the body.',
};

/** Makes the execution that the body asks for, or finds that of its idempotency key. */
export async function createExecution(
  context: ApiContext,
  request: ApiRequest,
  company: Pick<ExecutionRequest, 'isOneOfMany'> = {},
): Promise<Answer> {
  const body = request.body as Readonly<Record<string, unknown>>;
  const key = request.headers['idempotency-key'];
  const requested = await requestedContext(context.stores, request);
  const execution = await context.actions.request({
    action: String(body.action),
    ...requested,
    ...given('parameters', body.parameters),
    ...given('notify', body.notify),
    ...given('delay', body.delay),
    ...given('idempotencyKey', key),
    ...company,
  });
  // One that was made before, by whoever knew the key.
  if (!request.requester.isAdmin && execution.context.user !== requested.user)
    throw new ForbiddenError('The idempotency key belongs to the request of another user.');
  // How one ended that was made before is of interest to whoever asks again.
  if (prefersMinimal(request) && !isCompleted(execution.status)) return minimal(execution);
  return { body: await present(context, request, execution) };
}

/** Source: RFC 7240. A client that needs no more than the id spares both sides what makes up most of an execution, its action. */
function prefersMinimal({ headers }: ApiRequest): boolean {
  const preferences = (headers.prefer ?? '').split(',');
  // What comes behind a semicolon belongs to one of them.
  return preferences.some((preference) => preference.split(';')[0]?.replaceAll(/[\s"]/g, '') === MINIMAL);
}

function minimal({ id, status }: Execution): Answer {
  return { headers: { 'preference-applied': MINIMAL }, body: { id, status } };
}

/** Routes that make executions. */
export function createRoutes(context: ApiContext): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/executions',
      summary: 'Run an action',
      permission: 'action_execute',
      subject: requestSubject,
      query: SHOW_SECRETS,
      headers: REQUEST_HEADERS,
      body: EXECUTION_REQUEST,
      success: 201,
      response: EXECUTION_RESPONSE,
      handle: (request) => createExecution(context, request),
    },
  ];
}
