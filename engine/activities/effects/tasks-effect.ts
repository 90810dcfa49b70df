import { groupBy } from '../../../core/group-by.ts';
import type { TaskExecution, WorkflowExecution } from '../../../stores/records.ts';
import type { Stores } from '../../../stores/stores.ts';
import { isWanted, type TaskQuery, type TasksEffect, taskModel } from '../../conductor/expression-models.ts';
import { isFinalState } from '../../contract.ts';
import { findWorkflowById } from '../../definitions/find-workflow.ts';
import { fromText } from '../../executions/execution-records.ts';
import { syncExecution } from '../../executions/sync-execution.ts';
import { type BoundedReader, type Bounds, createBoundedReader } from './bounded-reader.ts';
import type { Effect, EffectContext } from './effects.ts';
import { seenBy } from './seen-by.ts';

const LIMIT = { records: 10_000, characters: 16 * 1024 * 1024 } as const;
const BOUNDS: Bounds<TaskExecution> = {
  ...LIMIT,
  texts: ({ result, published }) => [result, published],
  refusal: `tasks() finds more than ${LIMIT.records} tasks, or results of more than ${LIMIT.characters / 1024 / 1024} MiB: ask for those of one state or execution.`,
};
/** Of an execution, what nobody asks for here may be large. */
const LARGE = ['input', 'output', 'params', 'published_global'];
/** Running executions that are asked how far they are; more are shown as last stored. */
const ASKED = 50;

/** An execution with its tasks. */
interface Place {
  readonly record: WorkflowExecution;
  readonly tasks: readonly TaskExecution[];
  /** The executions that a task has started. */
  below(task: TaskExecution): readonly WorkflowExecution[];
}

/** `tasks()` of other executions than the asking one: theirs, each followed by those of its sub-workflows if that is asked for. */
export const fetchTasks: Effect = async (context, { args }, asker) => {
  const query = args as unknown as TasksEffect;
  const places = await lookAround(context, query);
  const found = query.executions.flatMap((uuid) => inOrder(places, uuid));
  const { isVisible, seen } = await seenBy(
    context,
    asker,
    found.map(({ record }) => record),
  );
  const told = found
    .filter(({ record }) => isVisible(record))
    .flatMap(({ record, tasks, below }) => tasks.map((task) => ({ record, task, below: below(task) })))
    .filter(({ task, below }) => isWanted({ ...task, below: below.map(({ state }) => state) }, query));
  const specOf = await findSpecs(
    context.stores,
    told.map(({ record }) => record),
  );
  return told.map(({ record, task }) =>
    taskModel({
      id: task.uuid,
      name: task.name,
      type: task.type,
      spec: specOf(record, task),
      state: task.state,
      state_info: seen(record, task.state_info) as string | null,
      result: seen(record, fromText(task.result)),
      published: seen(record, fromText(task.published)),
      workflow_execution_id: task.workflow_execution_id,
      created_at: task.created_at.getTime(),
      updated_at: task.updated_at.getTime(),
    }),
  );
};

/** Level by level, so that a wide tree costs no more questions than it is deep. */
async function lookAround(context: EffectContext, query: TasksEffect): Promise<ReadonlyMap<string, Place>> {
  const { workflowExecutions, taskExecutions } = context.stores;
  const read = createBoundedReader(taskExecutions, BOUNDS);
  const places = new Map<string, Place>();
  let level = await workflowExecutions.find({ uuid: { $in: [...query.executions] } }, { exclude: LARGE });
  let left = ASKED;
  while (level.length > 0) {
    const running = level.filter((one) => !isFinalState(one.state)).slice(0, left);
    left -= running.length;
    await Promise.all(running.map((record) => syncExecution(context, record)));
    const found = await lookAtLevel(context.stores, read, level, query);
    for (const place of found) places.set(place.record.uuid, place);
    const below = query.recursive ? found.flatMap(({ tasks, below: of }) => tasks.flatMap(of)) : [];
    level = below.filter(({ uuid }) => !places.has(uuid));
  }
  return places;
}

async function lookAtLevel(
  { workflowExecutions }: Stores,
  read: BoundedReader<TaskExecution>,
  level: readonly WorkflowExecution[],
  query: TaskQuery,
): Promise<readonly Place[]> {
  const tasks = await read(
    { workflow_execution_id: { $in: level.map(({ uuid }) => uuid) }, ...stateFilter(query) },
    { sort: { sequence: 1 }, exclude: ['input'] },
  );
  const around = tasks.filter(({ type }) => type === 'WORKFLOW').map(({ uuid }) => uuid);
  const started =
    around.length > 0 && (query.recursive || query.flat)
      ? await workflowExecutions.find(
          { task_execution_id: { $in: around } },
          { sort: { created_at: 1 }, exclude: LARGE },
        )
      : [];
  const ofExecution = groupBy(tasks, (task) => task.workflow_execution_id);
  const ofTask = groupBy(started, (one) => one.task_execution_id);
  const below = ({ uuid }: TaskExecution) => ofTask.get(uuid) ?? [];
  return level.map((record) => ({ record, tasks: ofExecution.get(record.uuid) ?? [], below }));
}

/** A sub-workflow in another state may have tasks in the one that is asked for. */
function stateFilter({ state, recursive }: TaskQuery): Readonly<Record<string, unknown>> {
  if (state === null) return {};
  return recursive ? { $or: [{ state }, { type: 'WORKFLOW' }] } : { state };
}

function inOrder(places: ReadonlyMap<string, Place>, uuid: string): readonly Place[] {
  const place = places.get(uuid);
  if (place === undefined) return [];
  return [place, ...place.tasks.flatMap(place.below).flatMap((child) => inOrder(places, child.uuid))];
}

/** How the author wrote each task, as far as the definitions that they were started from are still there. */
async function findSpecs(stores: Stores, records: readonly WorkflowExecution[]) {
  const ids = [...new Set(records.flatMap(({ definition_id: id }) => id ?? []))];
  const found = await Promise.all(
    ids.map(async (id) => [id, (await findWorkflowById(stores, id))?.workflow.tasks] as const),
  );
  const tasks = new Map(found);
  return ({ definition_id: id = '' }: WorkflowExecution, { name }: TaskExecution): unknown =>
    tasks.get(id)?.find((task) => task.name === name)?.spec ?? {};
}
