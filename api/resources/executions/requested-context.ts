/**
 * The context that a request gives its execution: from the body, and from the header `st2-context` of runners and of the engine.
 *
 * With RBAC, who is no administrator
 * 1. names nobody else: neither as the user, nor as that of the parent, nor as the one whose keys templates see;
 * 2. gives nothing by which runners steer a workflow, or which says that policies have passed: only our own services do, by themselves;
 * 3. reports to a workflow of the own only, as tasks of workflows do.
 */
import { areOfUser } from '../../../action-service/are-of-user.ts';
import { ForbiddenError, ValidationError } from '../../../core/errors.ts';
import { pyTypeName } from '../../../core/python/equality.ts';
import { isPlainObject } from '../../../core/python/values.ts';
import { isId } from '../../../stores/collection.ts';
import type { Stores } from '../../../stores/stores.ts';
import type { ApiRequest, Requester } from '../../server/route.ts';

type Values = Readonly<Record<string, unknown>>;

export interface RequestedContext {
  readonly user: string;
  readonly context: Values;
  readonly callback?: Values;
}

const OWN_SERVICES = ['re-run', 'policies'] as const;

/** @throws ValidationError for a header that is no JSON object, ForbiddenError */
export async function requestedContext(stores: Stores, request: ApiRequest): Promise<RequestedContext> {
  const { requester } = request;
  const body = request.body as Values;
  const header = headerContext(request.headers['st2-context']);
  const context = { ...(isPlainObject(body.context) ? body.context : {}), ...header };
  const callback = isPlainObject(body.callback) ? body.callback : undefined;
  const parent: Values = isPlainObject(context.parent) ? context.parent : {};
  for (const named of [parent.user, context.api_user]) userOf(requester, named);
  const user = userOf(requester, typeof header.user === 'string' ? header.user : body.user);
  if (!requester.isAdmin) await assertOwnWorkflow(stores, requester, context, callback);
  return { user, context, ...(callback === undefined ? {} : { callback }) };
}

/** In whose name to run: only administrators may name somebody else. */
export function userOf(requester: Requester, named: unknown): string {
  if (typeof named !== 'string' || named === '' || named === requester.user) return requester.user;
  if (!requester.isAdmin)
    throw new ForbiddenError('"user" attribute can only be provided by admins when RBAC is enabled');
  return named;
}

function headerContext(text: string | undefined): Values {
  if (text === undefined || text === '') return {};
  let parsed: unknown = text;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Told below: a text that is no JSON is as wrong as JSON that is no object.
  }
  if (isPlainObject(parsed)) return parsed;
  throw new ValidationError(
    `Unable to convert st2-context from the headers into JSON (was <class '${pyTypeName(parsed)}'>).`,
  );
}

async function assertOwnWorkflow(
  stores: Stores,
  requester: Requester,
  context: Values,
  callback: Values | undefined,
): Promise<void> {
  const mistral: Values = isPlainObject(context.mistral) ? context.mistral : {};
  const foreign = OWN_SERVICES.find((key) => context[key] !== undefined);
  if (foreign !== undefined) throw new ForbiddenError(`"${foreign}" of the context can only be provided by admins.`);
  if (mistral.execution_id !== undefined)
    throw new ForbiddenError('"mistral.execution_id" of the context can only be provided by admins.');
  const parent: Values = isPlainObject(context.parent) ? context.parent : {};
  const named = [parent.execution_id, ...(callback === undefined ? [] : [workflowOwner(callback)])];
  const ids = named.filter((id) => id !== undefined).map(String);
  if (await areOfUser(stores, requester.user, ids)) return;
  throw new ForbiddenError('An action can be part of a workflow of its own user only.');
}

/** The execution whose workflow hears of the end: Temporal's workflow ids begin with the workflow's name and its execution. */
function workflowOwner({ workflow_id }: Values): string {
  return String(workflow_id).split('/').find(isId) ?? '';
}
