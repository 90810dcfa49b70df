import type { FastifyInstance } from 'fastify';
import { NotFoundError, ValidationError } from '../../../core/errors.ts';
import type { TaskExecution } from '../../../stores/records.ts';
import { assertOwnExecution } from '../../executions/assert-own-execution.ts';
import { rerunTask } from '../../executions/control-execution.ts';
import { syncExecution, syncRunning } from '../../executions/sync-execution.ts';
import type { ApiContext } from '../api-context.ts';
import { listResources, pick, type Query, toFields } from '../listing.ts';
import { presentOneTask, presentTask, TASK_FIELDS } from '../presentation.ts';
import { type Body, jsonBody, objectField, textField } from '../request-body.ts';
import { createWorkflowPlaces } from '../workflow-places.ts';
import { executionList, loadExecution, onlyPaging } from './executions.ts';
import { listBelowTask } from './sub-executions.ts';

const columns = {
  id: 'id',
  name: 'name',
  type: 'type',
  workflow_name: 'workflow_name',
  workflow_execution_id: 'workflow_execution_id',
  state: 'state',
  state_info: 'state_info',
  processed: 'processed',
  created_at: 'created_at',
  updated_at: 'updated_at',
};

/** @throws NotFoundError */
export async function loadTask(context: ApiContext, uuid: string): Promise<TaskExecution> {
  const find = () => context.stores.taskExecutions.findOne({ uuid });
  const found = await find();
  if (found === undefined) await syncRunning(context, {});
  else await syncRunning(context, { uuid: found.workflow_execution_id });
  const task = await find();
  if (task === undefined) throw new NotFoundError(`Task execution not found [id=${uuid}]`);
  return task;
}

/** `/tasks` and `/executions/{id}/tasks` */
export function registerTasks(app: FastifyInstance, context: ApiContext): void {
  const { stores } = context;
  const list = (path: string) => {
    const placeOf = createWorkflowPlaces(stores);
    return {
      collection: stores.taskExecutions,
      key: 'tasks',
      path: `/v2${path}`,
      columns,
      fields: TASK_FIELDS,
      present: async (task: TaskExecution) => presentTask(task, await placeOf(task)),
    };
  };
  const presentOne = async (task: TaskExecution) => presentOneTask(task, await createWorkflowPlaces(stores)(task));

  app.get<{ Querystring: Query }>('/tasks', async ({ query }) => {
    const uuid = query.workflow_execution_id;
    await syncRunning(context, uuid === undefined ? {} : { uuid });
    return await listResources(list('/tasks'), query);
  });
  app.get<{ Params: { id: string }; Querystring: Query }>('/executions/:id/tasks', async ({ params, query }) => {
    const record = await loadExecution(context, params.id);
    await syncExecution(context, record);
    return await listResources(list(`/executions/${params.id}/tasks`), query, { workflow_execution_id: record.uuid });
  });
  app.get<{ Params: { id: string }; Querystring: Query }>('/tasks/:id', async ({ params, query }) =>
    pick(await presentOne(await loadTask(context, params.id)), toFields(TASK_FIELDS, query.fields)),
  );
  app.get<{ Params: { id: string }; Querystring: Query }>('/tasks/:id/executions', async ({ params, query }) => {
    return await listBelowTask(context, await loadTask(context, params.id), query);
  });
  app.get<{ Params: { id: string }; Querystring: Query }>(
    '/tasks/:id/workflow_executions',
    async ({ params, query }) => {
      const task = await loadTask(context, params.id);
      const path = `/tasks/${params.id}/workflow_executions`;
      return await listResources(executionList(context, path), onlyPaging(query), { task_execution_id: task.uuid });
    },
  );
  app.put<{ Params: { id: string } }>('/tasks/:id', async (request) => {
    const { id } = request.params;
    const body = jsonBody(request);
    await assertOwnExecution(context.stores, request.mistralUser, objectField(body, 'env'));
    await rerun(context, await loadTask(context, id), body);
    return await presentOne(await loadTask(context, id));
  });
}

async function rerun(context: ApiContext, task: TaskExecution, body: Body): Promise<void> {
  const name = textField(body, 'name');
  if (name !== undefined && name !== '' && name !== task.name) throw new ValidationError('Task name does not match.');
  const workflow = textField(body, 'workflow_name');
  if (workflow !== undefined && workflow !== '' && workflow !== task.workflow_name) {
    throw new ValidationError('Workflow name does not match.');
  }
  const state = textField(body, 'state');
  if (state !== 'RUNNING' && state !== 'SKIPPED') {
    throw new ValidationError(
      'Invalid task state. Only updating task to rerun or skip is supported [state=RUNNING or SKIPPED].',
    );
  }
  if (task.state !== 'ERROR') {
    throw new ValidationError(
      'The current task execution must be in ERROR for rerun. Only updating task to rerun is supported.',
    );
  }
  if (state === 'RUNNING' && typeof body.reset !== 'boolean') {
    throw new ValidationError('Reset field is mandatory to rerun task.');
  }
  const env = objectField(body, 'env');
  await rerunTask(context, task, {
    reset: body.reset !== false,
    skip: state === 'SKIPPED',
    ...(Object.keys(env).length > 0 ? { env } : {}),
  });
}
