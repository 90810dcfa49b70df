/** The workflow executions below one, in the order of Mistral's API (`sub_execution.py`): each is followed by those that its tasks started. */
import { groupBy } from '../../../core/group-by.ts';
import type { TaskExecution, WorkflowExecution } from '../../../stores/records.ts';
import type { Stores } from '../../../stores/stores.ts';
import { syncRunning } from '../../executions/sync-execution.ts';
import type { ApiContext } from '../api-context.ts';
import { isTrue, type Query, type Resource, toDepth } from '../listing.ts';
import { presentExecution } from '../presentation.ts';

interface Wanted {
  /** Only what failed tasks started. */
  readonly errorsOnly: boolean;
  /** Levels; below 0: all. */
  readonly maxDepth: number;
  readonly includeOutput: boolean;
}

/** An execution and all below it. @throws ValidationError for wrong parameters */
export async function listBelowExecution(
  context: ApiContext,
  record: WorkflowExecution,
  query: Query,
): Promise<Resource> {
  const wanted = readWanted(query);
  const tree = await loadTree(context, record.root_execution_id ?? record.uuid);
  return toAnswer(tree.from(record, wanted), wanted);
}

/** What a task started, and all below that. @throws ValidationError for wrong parameters */
export async function listBelowTask(context: ApiContext, task: TaskExecution, query: Query): Promise<Resource> {
  const wanted = readWanted(query);
  if (wanted.errorsOnly && task.state !== 'ERROR') return toAnswer([], wanted);
  const started = await context.stores.workflowExecutions.find({ task_execution_id: task.uuid }, OLDEST_FIRST);
  const [first] = started;
  if (first === undefined) return toAnswer([], wanted);
  const tree = await loadTree(context, first.root_execution_id ?? first.uuid);
  return toAnswer(
    started.flatMap((record) => tree.from(record, wanted)),
    wanted,
  );
}

const OLDEST_FIRST = { sort: { created_at: 1 } } as const;

function readWanted({ errors_only: errors, max_depth: depth, include_output: output }: Query): Wanted {
  return { errorsOnly: isTrue(errors), maxDepth: toDepth(depth), includeOutput: isTrue(output) };
}

function toAnswer(records: readonly WorkflowExecution[], { includeOutput }: Wanted): Resource {
  const executions = records.map((record) => {
    const { output, ...rest } = presentExecution(record);
    return includeOutput ? { ...rest, output } : rest;
  });
  return { executions };
}

interface Tree {
  /** An execution and what is below it. */
  from(record: WorkflowExecution, wanted: Wanted): readonly WorkflowExecution[];
}

async function loadTree(context: ApiContext, root: string): Promise<Tree> {
  const ofRoot = { $or: [{ uuid: root }, { root_execution_id: root }] };
  // Tasks that have just started a workflow need not be stored yet.
  await syncRunning(context, ofRoot);
  const all = await context.stores.workflowExecutions.find(ofRoot, OLDEST_FIRST);
  const tasks = await tasksOf(context.stores, all);
  const started = all.flatMap((record) => {
    const task = tasks.get(record.task_execution_id ?? '');
    return task === undefined ? [] : [{ record, task }];
  });
  const below = groupBy(started, ({ task }) => task.workflow_execution_id);
  for (const children of below.values()) children.sort((a, b) => a.task.sequence - b.task.sequence);

  const from = (record: WorkflowExecution, wanted: Wanted, depth = 0): readonly WorkflowExecution[] => {
    if (wanted.maxDepth >= 0 && depth > wanted.maxDepth) return [];
    const children = (below.get(record.uuid) ?? []).filter(({ task }) => !wanted.errorsOnly || task.state === 'ERROR');
    return [record, ...children.flatMap((child) => from(child.record, wanted, depth + 1))];
  };
  return { from };
}

async function tasksOf(
  { taskExecutions }: Stores,
  executions: readonly WorkflowExecution[],
): Promise<ReadonlyMap<string, TaskExecution>> {
  const ids = [...new Set(executions.flatMap(({ task_execution_id: id }) => id ?? []))];
  const found = await taskExecutions.find(
    { uuid: { $in: ids } },
    { include: ['uuid', 'workflow_execution_id', 'state', 'sequence'] },
  );
  return new Map(found.map((task) => [task.uuid, task]));
}
