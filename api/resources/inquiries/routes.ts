import { errorCode, errorMessage, ForbiddenError, NotFoundError, ValidationError } from '../../../core/errors.ts';
import { validateValues } from '../../../core/params/index.ts';
import { pyRepr } from '../../../core/python/repr.ts';
import { isPlainObject } from '../../../core/python/values.ts';
import type { Execution } from '../../../stores/executions.ts';
import { uidOf } from '../../content/uid.ts';
import type { ApiContext } from '../../context.ts';
import { BOTH_OF_ONE } from '../../lists/attributes.ts';
import { listHeaders } from '../../lists/list.ts';
import { readPage } from '../../lists/paging.ts';
import { pickAttributes } from '../../lists/presentation.ts';
import type { JsonSchema } from '../../server/json-schema.ts';
import type { Answer, ApiRequest, Requester, Route } from '../../server/route.ts';

const RUNNER = 'inquirer';
const PAGE = 20;

const RESPONSE: JsonSchema = {
  type: 'object',
  required: ['id', 'response'],
  properties: { id: { type: 'string' }, response: { type: 'object' } },
};

interface Question {
  readonly route: string;
  readonly ttl: number;
  readonly users: readonly string[];
  readonly roles: readonly string[];
  readonly schema: Readonly<Record<string, unknown>>;
}

function questionOf(execution: Execution): Question {
  const result = isPlainObject(execution.result) ? execution.result : {};
  const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  return {
    route: typeof result.route === 'string' ? result.route : '',
    ttl: typeof result.ttl === 'number' ? result.ttl : 1440,
    users: list(result.users),
    roles: list(result.roles),
    schema: isPlainObject(result.schema) ? result.schema : {},
  };
}

/** @throws NotFoundError, ValidationError when it is none, or can no longer be answered */
async function findInquiry({ stores }: ApiContext, id: string): Promise<Execution> {
  const execution = await stores.executions.get(id);
  if (execution === undefined) throw new NotFoundError('The resource could not be found.');
  if (execution.runner_type !== RUNNER) throw new ValidationError(`Action execution "${id}" is not an inquiry.`);
  if (execution.status === 'timeout')
    throw new ValidationError(`Inquiry "${id}" timed out and cannot be responded to.`);
  if (execution.status !== 'pending') throw new ValidationError(`Inquiry "${id}" has already been responded to.`);
  return execution;
}

async function assertMayAnswer(
  { stores }: ApiContext,
  id: string,
  question: Question,
  requester: Requester,
): Promise<void> {
  const byRole = question.roles.length === 0 || question.roles.some((role) => requester.roles.includes(role));
  const byUser = question.users.length === 0 || question.users.includes(requester.user);
  if (byRole && byUser) return;
  const user = await stores.users.findOne({ name: requester.user });
  const shown =
    user === undefined
      ? requester.user
      : `UserDB(id=${user.id}, is_service=${pyRepr(user.is_service)}, name="${user.name}", nicknames=${pyRepr(user.nicknames)})`;
  throw new ForbiddenError(`User "${shown}" does not have permission to respond to inquiry "${id}".`);
}

function assertAnswer(id: string, { schema }: Question, response: Readonly<Record<string, unknown>>): void {
  try {
    validateValues(schema, response);
  } catch (error) {
    if (errorCode(error) !== 'VALIDATION') throw error;
    throw new ValidationError(`Response for inquiry "${id}" did not pass schema validation. ${errorMessage(error)}`);
  }
}

async function respond(context: ApiContext, request: ApiRequest): Promise<Answer> {
  const id = request.params.inquiry_id ?? '';
  const { response } = request.body as { response: Readonly<Record<string, unknown>> };
  const execution = await findInquiry(context, id);
  const question = questionOf(execution);
  await assertMayAnswer(context, id, question, request.requester);
  assertAnswer(id, question, response);
  const result = { ...(isPlainObject(execution.result) ? execution.result : {}), response };
  const { user } = request.requester;
  const answered = await context.actions.endQuestion(execution, { status: 'succeeded', result, user });
  if (answered === undefined) throw new ValidationError(`Inquiry "${id}" has already been responded to.`);
  return { body: { id, response } };
}

/** The longest waiting first, as StackStorm lists them; attributes that do not exist are ignored here. */
async function list({ stores, config }: ApiContext, { query, requester }: ApiRequest): Promise<Answer> {
  const include = query.list('include_attributes');
  const exclude = query.list('exclude_attributes');
  if (include !== undefined && exclude !== undefined) throw new ValidationError(BOTH_OF_ONE);
  const page = readPage(query, requester, config.api.max_page_size, PAGE);
  const filter = { status: 'pending', runner_type: RUNNER };
  const [found, total] = await Promise.all([
    stores.executions.find(filter, { ...page, sort: { start_timestamp: 1 }, include: ['result'] }),
    stores.executions.count(filter),
  ]);
  const questions = found.map((one) => ({ id: one.id, ...questionOf(one) }));
  return {
    headers: listHeaders(total, page),
    body: questions.map((one) => pickAttributes(one, include, exclude, ['id'])),
  };
}

/** Who may run a workflow may see and answer its questions. */
function workflowSubject({ stores }: ApiContext): NonNullable<Route['subject']> {
  return async ({ params }) => {
    const inquiry = await stores.executions.get(params.inquiry_id ?? '', { include: ['parent'] });
    const parent =
      inquiry?.parent === undefined
        ? undefined
        : await stores.executions.get(inquiry.parent, { include: ['action_ref'] });
    const uid = uidOf('action', parent?.action_ref);
    return uid === undefined ? {} : { uid };
  };
}

export function inquiryRoutes(context: ApiContext): readonly Route[] {
  const subject = workflowSubject(context);
  return [
    {
      method: 'GET',
      path: '/inquiries',
      summary: 'List questions that wait for an answer',
      permission: 'inquiry_list',
      query: { limit: 'integer', offset: 'integer', include_attributes: 'list', exclude_attributes: 'list' },
      handle: (request) => list(context, request),
    },
    {
      method: 'GET',
      path: '/inquiries/:inquiry_id',
      summary: 'One question',
      permission: 'inquiry_view',
      subject,
      handle: async ({ params }) => {
        const execution = await findInquiry(context, params.inquiry_id ?? '');
        return { body: { id: execution.id, ...questionOf(execution) } };
      },
    },
    {
      method: 'PUT',
      path: '/inquiries/:inquiry_id',
      summary: 'Answer a question; its workflow goes on',
      permission: 'inquiry_respond',
      subject,
      body: RESPONSE,
      handle: (request) => respond(context, request),
    },
  ];
}
