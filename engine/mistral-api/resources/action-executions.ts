import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { ForbiddenError, NotFoundError, ValidationError } from '../../../core/errors.ts';
import { parseExactly } from '../../../core/python/exact-json.ts';
import { isPlainObject } from '../../../core/python/values.ts';
import type { OpenRecord, TaskRun } from '../../../stores/records.ts';
import type { OrderMark } from '../../contract.ts';
import { signalExecution } from '../../executions/control-execution.ts';
import { toText } from '../../executions/execution-records.ts';
import { syncRunning, syncUntil } from '../../executions/sync-execution.ts';
import type { ApiContext } from '../api-context.ts';
import { cancelChild } from '../cancel-child.ts';
import { fitsFilters, isTrue, pageOf, pick, type Query, type Resource, toFields } from '../listing.ts';
import { ACTION_EXECUTION_FIELDS, presentActionExecution, toTime } from '../presentation.ts';
import { type Body, jsonBody, objectField, textField } from '../request-body.ts';
import { runAlone } from '../run-alone.ts';
import { createWorkflowPlaces } from '../workflow-places.ts';
import { loadExecution } from './executions.ts';
import { loadTask } from './tasks.ts';

const FILTERS = [
  'id',
  'name',
  'workflow_name',
  'task_name',
  'task_execution_id',
  'state',
  'accepted',
  'description',
] as const;
/** To which a client may bring a run. */
const STATES: readonly string[] = ['SUCCESS', 'ERROR', 'CANCELLED', 'PAUSED', 'RUNNING'];
const UNKNOWN_ERROR = 'Unknown error';
/** Runs looked at for one list. */
const LIST_LIMIT = 2_000;

/** `/action_executions` and `/tasks/{id}/action_executions` */
export function registerActionExecutions(app: FastifyInstance, context: ApiContext): void {
  const { stores } = context;

  app.get<{ Querystring: Query }>('/action_executions', async ({ query }) => {
    await syncRunning(context, {});
    const direction = isDescending(query) ? -1 : 1;
    const newest = { sort: { created_at: direction }, limit: LIST_LIMIT } as const;
    const [runs, alone] = await Promise.all([
      stores.taskRuns.find({ kind: 'ACTION' }, newest),
      stores.actionRuns.find({}, newest),
    ]);
    return page([...(await presentRuns(context, runs)), ...alone.map(presentAlone)], query);
  });
  app.get<{ Params: { id: string }; Querystring: Query }>('/tasks/:id/action_executions', async ({ params, query }) => {
    const task = await loadTask(context, params.id);
    const runs = await stores.taskRuns.find({ task_execution_id: task.uuid }, { sort: { created_at: 1 } });
    return page(await presentRuns(context, runs), query);
  });
  app.get<{ Params: { id: string }; Querystring: Query }>('/action_executions/:id', async ({ params, query }) => {
    const alone = await stores.actionRuns.findOne({ id: params.id });
    const found = alone === undefined ? await presentRun(context, params.id) : presentAlone(alone);
    return pick(found, toFields(ACTION_EXECUTION_FIELDS, query.fields));
  });
  app.put<{ Params: { id: string }; Querystring: Query }>('/action_executions/:id', (request) =>
    complete(context, request.params.id, jsonBody(request), request.query.workflow_execution_id),
  );
  app.post('/action_executions', async (request, reply) =>
    reply.code(201).send(await create(context, jsonBody(request))),
  );
  app.delete<{ Params: { id: string } }>('/action_executions/:id', async ({ params }, reply) => {
    if ((await stores.actionRuns.removeOne({ id: params.id })) !== undefined) return reply.code(204).send();
    await loadRun(context, params.id);
    throw new ForbiddenError('Only ad-hoc action execution can be deleted.');
  });
}

/**
 * A run as its workflow sees it now.
 *
 * @param hint the workflow execution that it belongs to; without it, all that run are asked until it is found
 * @throws NotFoundError
 */
async function loadRun(context: ApiContext, uuid: string, hint?: string): Promise<TaskRun> {
  const find = () => context.stores.taskRuns.findOne({ uuid });
  const workflow = (await find())?.workflow_execution_id ?? hint;
  // An unknown one may have been made since its workflow was last looked at.
  if (workflow === undefined) await syncUntil(context, async () => (await find()) !== undefined);
  else await syncRunning(context, { uuid: workflow });
  const found = await find();
  if (found === undefined) throw new NotFoundError(`ActionExecution not found [id=${uuid}]`);
  return found;
}

async function presentRun(context: ApiContext, uuid: string, hint?: string): Promise<Resource> {
  const run = await loadRun(context, uuid, hint);
  return presentActionExecution(run, await createWorkflowPlaces(context.stores)(run));
}

async function presentRuns({ stores }: ApiContext, runs: readonly TaskRun[]): Promise<Resource[]> {
  const placeOf = createWorkflowPlaces(stores);
  return await Promise.all(runs.map(async (run) => presentActionExecution(run, await placeOf(run))));
}

/** Completes an asynchronous action, or tells that it was paused or goes on. */
async function complete(context: ApiContext, uuid: string, body: Body, hint?: string): Promise<Resource> {
  const state = textField(body, 'state') ?? 'Unset';
  if (!STATES.includes(state)) {
    const known = STATES.map((one) => `'${one}'`).join(', ');
    throw new ValidationError(`Error. Expected one of [${known}], actual: ${state}`);
  }
  const run = await loadRun(context, uuid, hint);
  const { workflow_id } = await loadExecution(context, run.workflow_execution_id);
  if (state === 'PAUSED' || state === 'RUNNING') {
    await signalExecution(context, workflow_id, 'actionUpdated', { id: run.run_id, state, mark: markOf(body) });
  } else {
    const result = toResult(body.output) ?? (state === 'ERROR' ? UNKNOWN_ERROR : null);
    await signalExecution(context, workflow_id, 'completeAction', {
      id: run.run_id,
      state: state as 'SUCCESS',
      result,
    });
    if (state === 'CANCELLED') await cancelChild(context, run);
  }
  return await presentRun(context, uuid, run.workflow_execution_id);
}

/** What the runner of a workflow says beyond Mistral's API. */
function markOf({ mark }: Body): OrderMark | undefined {
  if (!isPlainObject(mark)) return undefined;
  const { from, number } = mark;
  return typeof from === 'string' && typeof number === 'number' ? { from, number } : undefined;
}

/** Output comes as JSON text, as plain text or as a value; `undefined`: there is none. */
function toResult(output: unknown): unknown {
  if (output === null || output === '') return undefined;
  if (typeof output !== 'string') return output;
  try {
    return parseExactly(output);
  } catch {
    return output;
  }
}

/** Runs one action outside of any workflow and answers with its result; it is kept when `save_result` asks for that. */
async function create({ stores }: ApiContext, body: Body): Promise<Resource> {
  const name = textField(body, 'name');
  if (name === undefined || name === '') {
    throw new ValidationError('Please provide at least action name to run action.');
  }
  const input = objectField(body, 'input');
  const created_at = new Date();
  const namespace = textField(body, 'workflow_namespace') ?? '';
  const { state, result } = await runAlone(stores, { name, input, namespace });
  const run: OpenRecord = {
    id: randomUUID(),
    name,
    workflow_namespace: namespace,
    state,
    description: textField(body, 'description') ?? null,
    input: toText(input),
    output: toText({ result }),
    created_at,
    updated_at: new Date(),
  };
  if (objectField(body, 'params').save_result === true) await stores.actionRuns.insert(run);
  return presentAlone(run);
}

function presentAlone(run: OpenRecord): Resource {
  return {
    ...run,
    workflow_name: null,
    task_name: null,
    task_execution_id: null,
    state_info: null,
    tags: [],
    project_id: '<default-project>',
    accepted: false,
    created_at: toTime(run.created_at as Date),
    updated_at: toTime(run.updated_at as Date),
  };
}

function isDescending(query: Query): boolean {
  return query.sort_dirs?.startsWith('desc') ?? false;
}

function page(runs: readonly Resource[], query: Query): Resource {
  const fields = toFields(ACTION_EXECUTION_FIELDS, query.fields);
  const includeOutput = isTrue(query.include_output) || fields?.includes('output');
  const direction = isDescending(query) ? -1 : 1;
  const key = query.sort_keys?.split(',')[0] || 'created_at';
  const all = runs
    .filter((resource) => fitsFilters(resource, FILTERS, query))
    .sort((a, b) => direction * String(a[key] ?? '').localeCompare(String(b[key] ?? '')));
  const resources = pageOf(all, query).map((resource) => {
    const { output, ...rest } = resource;
    return pick(includeOutput ? { ...rest, output } : rest, fields);
  });
  return { action_executions: resources };
}
