import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { NotFoundError, ValidationError } from '../../../core/errors.ts';
import type { TaskExecution } from '../../../stores/records.ts';
import { isFinalState } from '../../contract.ts';
import { signalExecution } from '../../executions/control-execution.ts';
import { syncRunning } from '../../executions/sync-execution.ts';
import type { ApiContext } from '../api-context.ts';
import { pick, type Query, type Resource, toFields, toLimit } from '../listing.ts';
import { ACTION_EXECUTION_FIELDS, presentActionExecution, type StoredRun, toTime } from '../presentation.ts';
import { type Body, jsonBody, objectField, textField } from '../request-body.ts';
import { runAlone } from '../run-alone.ts';
import { loadExecution } from './executions.ts';
import { loadTask } from './tasks.ts';

const FILTERS = ['name', 'workflow_name', 'task_name', 'task_execution_id', 'state', 'accepted'] as const;
/** Tasks looked at for one list. */
const TASK_LIMIT = 2_000;

/** `/action_executions` and `/tasks/{id}/action_executions` */
export function registerActionExecutions(app: FastifyInstance, context: ApiContext): void {
  const { stores } = context;

  app.get<{ Querystring: Query }>('/action_executions', async ({ query }) => {
    await syncRunning(context, {});
    const direction = isDescending(query) ? -1 : 1;
    const tasks = await stores.taskExecutions.find(
      { type: 'ACTION' },
      { sort: { created_at: direction }, limit: TASK_LIMIT },
    );
    return page(tasks, query);
  });
  app.get<{ Params: { id: string }; Querystring: Query }>('/tasks/:id/action_executions', async ({ params, query }) =>
    page([await loadTask(context, params.id)], query),
  );
  app.get<{ Params: { id: string }; Querystring: Query }>('/action_executions/:id', async ({ params, query }) => {
    const { task, run } = await loadRun(context, params.id);
    return pick(presentActionExecution(task, run), toFields(ACTION_EXECUTION_FIELDS, query.fields));
  });
  app.put<{ Params: { id: string } }>('/action_executions/:id', (request) =>
    complete(context, request.params.id, jsonBody(request)),
  );
  app.post('/action_executions', async (request, reply) => reply.code(201).send(await create(jsonBody(request))));
  app.delete<{ Params: { id: string } }>('/action_executions/:id', async ({ params }) => {
    await loadRun(context, params.id);
    throw new ValidationError('Action execution deletion is not allowed.');
  });
}

async function loadRun(context: ApiContext, uuid: string): Promise<{ task: TaskExecution; run: StoredRun }> {
  const find = async () => {
    // Not `'runs.uuid': uuid`: the embedded database does not find elements of an indexed array that way.
    const task = await context.stores.taskExecutions.findOne({ runs: { $elemMatch: { uuid } } });
    const run = task?.runs.find((one) => one.uuid === uuid);
    return task === undefined || run === undefined ? undefined : { task, run: run as unknown as StoredRun };
  };
  const stored = await find();
  // An unknown one may have been made since its workflow was last looked at.
  await syncRunning(context, stored === undefined ? {} : { uuid: stored.task.workflow_execution_id });
  const found = await find();
  if (found === undefined) throw new NotFoundError(`ActionExecution not found [id=${uuid}]`);
  return found;
}

/** Completes an asynchronous action, or tells that it was paused or goes on. */
async function complete(context: ApiContext, uuid: string, body: Body): Promise<Resource> {
  const { task, run } = await loadRun(context, uuid);
  const state = textField(body, 'state') ?? 'SUCCESS';
  const { workflow_id } = await loadExecution(context, task.workflow_execution_id);
  if (state === 'PAUSED' || state === 'RUNNING') {
    await signalExecution(context, workflow_id, 'actionUpdated', { id: run.id, state });
  } else if (isFinalState(state)) {
    const completion = { id: run.id, state: state as 'SUCCESS', result: toResult(body.output) };
    await signalExecution(context, workflow_id, 'completeAction', completion);
  } else {
    throw new ValidationError(`Error. Expected one of (SUCCESS, ERROR, CANCELLED, PAUSED, RUNNING), actual: ${state}`);
  }
  const fresh = await loadRun(context, uuid);
  return presentActionExecution(fresh.task, fresh.run);
}

/** Output comes as JSON text, as plain text or as a value. */
function toResult(output: unknown): unknown {
  if (typeof output !== 'string') return output ?? null;
  try {
    return JSON.parse(output);
  } catch {
    return output;
  }
}

/** Runs one action outside of any workflow and answers with its result. */
async function create(body: Body): Promise<Resource> {
  const name = textField(body, 'name');
  if (name === undefined || name === '') {
    throw new ValidationError('Please provide at least action name to run action.');
  }
  const input = objectField(body, 'input');
  const created = new Date();
  const { state, result } = await runAlone(name, input);
  return {
    id: randomUUID(),
    name,
    workflow_name: null,
    workflow_namespace: '',
    task_name: null,
    task_execution_id: null,
    state,
    state_info: null,
    tags: [],
    description: textField(body, 'description') ?? null,
    project_id: '<default-project>',
    accepted: false,
    input: JSON.stringify(input),
    output: JSON.stringify({ result }),
    created_at: toTime(created),
    updated_at: toTime(new Date()),
  };
}

function isDescending(query: Query): boolean {
  return query.sort_dirs?.startsWith('desc') ?? false;
}

function page(tasks: readonly TaskExecution[], query: Query): Resource {
  const fields = toFields(ACTION_EXECUTION_FIELDS, query.fields);
  const includeOutput = query.include_output === 'true' || fields?.includes('output');
  const direction = isDescending(query) ? -1 : 1;
  const key = query.sort_keys?.split(',')[0] || 'created_at';
  const all = tasks
    .flatMap((task) => task.runs.map((run) => presentActionExecution(task, run as unknown as StoredRun)))
    .filter((resource) =>
      FILTERS.every((name) => query[name] === undefined || String(resource[name]) === query[name]?.replace(/^eq:/, '')),
    )
    .sort((a, b) => direction * String(a[key] ?? '').localeCompare(String(b[key] ?? '')));
  const start = query.marker === undefined ? 0 : all.findIndex(({ id }) => id === query.marker) + 1;
  const limit = toLimit(query.limit);
  const resources = all.slice(start, limit > 0 ? start + limit : undefined).map((resource) => {
    const { output, ...rest } = resource;
    return pick(includeOutput ? { ...rest, output } : rest, fields);
  });
  return { action_executions: resources };
}
