import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ForbiddenError, NotFoundError, ValidationError } from '../../../core/errors.ts';
import type { WorkflowExecution } from '../../../stores/records.ts';
import { isFinalState } from '../../contract.ts';
import { assertOwnExecution } from '../../executions/assert-own-execution.ts';
import { asItWas, signalExecution } from '../../executions/control-execution.ts';
import { fromText, toText } from '../../executions/execution-records.ts';
import { askForView } from '../../executions/live-view.ts';
import { startExecution } from '../../executions/start-execution.ts';
import type { ApiContext } from '../api-context.ts';
import { isTrue, listResources, pick, type Query, type Resource, toFields } from '../listing.ts';
import { EXECUTION_FIELDS, presentExecution, presentOneExecution } from '../presentation.ts';
import { type Body, jsonBody, objectField, textField } from '../request-body.ts';
import { isUuid } from '../uuid.ts';
import { listBelowExecution } from './sub-executions.ts';

const columns = {
  id: 'id',
  workflow_id: 'definition_id',
  workflow_name: 'workflow_name',
  workflow_namespace: 'workflow_namespace',
  description: 'description',
  task_execution_id: 'task_execution_id',
  root_execution_id: 'root_execution_id',
  state: 'state',
  state_info: 'state_info',
  created_at: 'created_at',
  updated_at: 'updated_at',
};

export function executionList({ stores }: ApiContext, path: string) {
  return {
    collection: stores.workflowExecutions,
    key: 'executions',
    path: `/v2${path}`,
    columns,
    fields: EXECUTION_FIELDS,
    present: presentExecution,
  };
}

/** @throws NotFoundError */
export async function loadExecution({ stores }: ApiContext, uuid: string): Promise<WorkflowExecution> {
  const record = await stores.workflowExecutions.findOne({ uuid });
  if (record !== undefined) return record;
  throw new NotFoundError(`Workflow Execution not found [id=${uuid}]`);
}

/** `/executions` */
export function registerExecutions(app: FastifyInstance, context: ApiContext): void {
  app.get<{ Querystring: Query }>('/executions', async ({ query }) => {
    const answer = await listResources(executionList(context, '/executions'), query);
    return isTrue(query.include_output) || query.fields !== undefined ? answer : withoutOutput(answer);
  });
  app.post('/executions', async (request, reply) => {
    const { record, isTold } = await start(context, jsonBody(request), request);
    request.isToldByClient = isTold;
    return reply.code(201).send(presentExecution(record));
  });
  app.get<{ Params: { id: string }; Querystring: Query }>('/executions/:id', async ({ params, query }) =>
    pick(presentOneExecution(await loadExecution(context, params.id)), toFields(EXECUTION_FIELDS, query.fields)),
  );
  app.put<{ Params: { id: string } }>('/executions/:id', async (request) =>
    presentExecution(await update(context, request.params.id, jsonBody(request), request.mistralUser)),
  );
  app.delete<{ Params: { id: string }; Querystring: Query }>('/executions/:id', async ({ params, query }, reply) => {
    const record = await loadExecution(context, params.id);
    if (!isFinalState(record.state) && !isTrue(query.force)) {
      throw new ForbiddenError(
        `Only completed executions can be deleted. Use --force to override this. Execution ${record.uuid} is in ${record.state} state`,
      );
    }
    await signalExecution(context, record.workflow_id, 'cancel', undefined);
    await removeTree(context, record.uuid);
    return reply.code(204).send();
  });
  app.get<{ Params: { id: string }; Querystring: Query }>('/executions/:id/executions', async ({ params, query }) => {
    return await listBelowExecution(context, await loadExecution(context, params.id), query);
  });
}

/** Removes an execution with its tasks, and those that its tasks started. */
async function removeTree(context: ApiContext, uuid: string): Promise<void> {
  const { workflowExecutions, taskExecutions, taskRuns } = context.stores;
  const tasks = await taskExecutions.find({ workflow_execution_id: uuid }, { include: ['uuid'] });
  const ids = tasks.map((task) => task.uuid);
  // Of a running one not every task may be stored yet: what it started is found by the root as well.
  const children = { $or: [{ task_execution_id: { $in: ids } }, { root_execution_id: uuid }] };
  const below = await workflowExecutions.find(children, { include: ['uuid'] });
  await workflowExecutions.removeOne({ uuid });
  await taskRuns.removeMany({ workflow_execution_id: uuid });
  await taskExecutions.removeMany({ workflow_execution_id: uuid });
  for (const child of below) await removeTree(context, child.uuid);
}

/**
 * `If-Match` names the checksum of the definition that is to run.
 *
 * @returns the record, and whether all that it says was in the request
 */
async function start(
  context: ApiContext,
  body: Body,
  request: FastifyRequest,
): Promise<{ readonly record: WorkflowExecution; readonly isTold: boolean }> {
  const { stores } = context;
  const id = textField(body, 'id');
  if (id !== undefined && !isUuid(id)) throw new ValidationError(`The field "id" must be a UUID, not "${id}".`);
  const known = id === undefined ? undefined : await stores.workflowExecutions.findOne({ uuid: id });
  if (known !== undefined) return { record: known, isTold: false };
  const sourceId = textField(body, 'source_execution_id');
  const source = sourceId === undefined ? undefined : await loadExecution(context, sourceId);
  const inputOf = source?.st2_execution_id ?? source?.input_of;
  await assertOwnExecution(stores, request.mistralUser, { st2_execution_id: inputOf });
  const given = textField(body, 'description') ?? '';
  const note = sourceId === undefined ? '' : `Based on the execution '${sourceId}'`;
  const { record, isKnown } = await startExecution(context, {
    id,
    workflow_id: textField(body, 'workflow_id') ?? source?.definition_id,
    workflow_name: textField(body, 'workflow_name') ?? source?.workflow_name,
    namespace: textField(body, 'workflow_namespace') ?? source?.workflow_namespace ?? '',
    input: { ...(source === undefined ? {} : (fromText(source.input) as Body)), ...objectField(body, 'input') },
    params: { ...(source === undefined ? {} : (fromText(source.params.json) as Body)), ...objectField(body, 'params') },
    description: [given, note].filter((text) => text !== '').join(' '),
    input_of: inputOf,
    checksum: request.headers['if-match']?.replaceAll('"', ''),
    user: request.mistralUser,
  });
  return { record, isTold: !isKnown && source === undefined };
}

async function update(
  context: ApiContext,
  uuid: string,
  body: Body,
  user: string | undefined,
): Promise<WorkflowExecution> {
  const { stores } = context;
  const record = await loadExecution(context, uuid);
  const state = textField(body, 'state') || undefined;
  const description = textField(body, 'description') || undefined;
  const env = objectField(objectField(body, 'params'), 'env');
  const hasEnv = Object.keys(env).length > 0;
  await assertOwnExecution(stores, user, env);
  if (state === undefined && description === undefined && !hasEnv) {
    throw new ValidationError('The property state, description, or env is not provided for update.');
  }
  if (state !== undefined && description !== undefined) {
    throw new ValidationError('The property description must be updated separately from state.');
  }
  if (hasEnv && state !== undefined && state !== 'RUNNING') {
    throw new ValidationError(
      'The property env can only be updated when workflow execution is not running or on resume from pause.',
    );
  }
  if (description !== undefined) await stores.workflowExecutions.updateOne({ uuid }, { $set: { description } });
  if (state !== undefined) await changeState(context, record, state, body, hasEnv ? env : undefined);
  else if (hasEnv) await setEnvironment(context, record, env);
  return await loadExecution(context, uuid);
}

async function setEnvironment({ stores }: ApiContext, record: WorkflowExecution, env: Body): Promise<void> {
  if (record.state === 'RUNNING') {
    throw new ForbiddenError(
      'Updating env to workflow execution is only permitted if it is in IDLE, PAUSED, or ERROR state.',
    );
  }
  const params = fromText(record.params.json) as Body;
  const merged = { ...(params.env as Body | undefined), ...env };
  await stores.workflowExecutions.updateOne(
    { uuid: record.uuid },
    { $set: { pending_env: merged, params: { json: toText({ ...params, env: merged }) } } },
  );
}

async function changeState(context: ApiContext, record: WorkflowExecution, state: string, body: Body, env?: Body) {
  const { workflow_id } = record;
  const message = textField(body, 'state_info');
  if (isFinalState(record.state)) {
    // Ending a finished one again changes nothing.
    if (isFinalState(state)) return;
    throw new ValidationError(
      `Can't change workflow execution state from ${record.state} to ${state}. [workflow=${record.workflow_name}, execution_id=${record.uuid}]`,
    );
  }
  const send = () => {
    if (state === 'PAUSED') return signalExecution(context, workflow_id, 'pause', undefined);
    if (state === 'RUNNING') return signalExecution(context, workflow_id, 'resume', { env: env ?? record.pending_env });
    if (state === 'CANCELLED') return signalExecution(context, workflow_id, 'cancel', { message });
    if (state === 'SUCCESS' || state === 'ERROR')
      return signalExecution(context, workflow_id, 'stop', { state, message });
    throw new ValidationError(
      `Cannot change state to ${state}. Allowed states are: 'RUNNING, PAUSED, SUCCESS, ERROR, CANCELLED`,
    );
  };
  await send();
  // Answered after the signal was worked off: the client sees the state that it has led to.
  const answer = await askForView(context.client, workflow_id, Number.MAX_SAFE_INTEGER, 0);
  if (answer.kind !== 'view') return;
  const { state: now, state_info } = answer.view;
  await context.stores.workflowExecutions.updateOne(asItWas(record), { $set: { state: now, state_info } });
}

function withoutOutput(answer: Resource): Resource {
  const executions = (answer.executions as Resource[]).map(({ output: _output, ...rest }) => rest);
  return { ...answer, executions };
}

export function onlyPaging({ limit, marker, sort_keys, sort_dirs, fields }: Query): Query {
  return Object.fromEntries(
    Object.entries({ limit, marker, sort_keys, sort_dirs, fields }).filter(([, value]) => value !== undefined),
  );
}
