import type { FastifyInstance } from 'fastify';
import type { TaskExecution, TaskRun, WorkflowExecution } from '../../../stores/records.ts';
import type { Stores } from '../../../stores/stores.ts';
import { syncExecution } from '../../executions/sync-execution.ts';
import type { ApiContext } from '../api-context.ts';
import { isTrue, type Query, type Resource, toDepth } from '../listing.ts';
import { toTime } from '../presentation.ts';
import { loadExecution } from './executions.ts';

/** Finished runs of the same workflow that tell how long it takes. */
const ESTIMATE_FROM = 20;
/** Sub-workflows within each other that a report follows. */
const MAX_DEPTH = 100;

const COUNTERS = {
  RUNNING: 'running_tasks_count',
  SUCCESS: 'success_tasks_count',
  ERROR: 'error_tasks_count',
  IDLE: 'idle_tasks_count',
  PAUSED: 'paused_tasks_count',
} as const satisfies Readonly<Record<string, string>>;

type Statistics = Record<'total_tasks_count' | 'estimated_time' | (typeof COUNTERS)[keyof typeof COUNTERS], number>;

interface ReportOptions {
  readonly errorsOnly: boolean;
  /** Levels of sub-workflows; below 0: all. */
  readonly maxDepth: number;
  readonly statisticsOnly: boolean;
}

/** `/executions/{id}/report`: the whole tree of an execution with numbers of its tasks (Mistral's `execution_report.py`). */
export function registerReports(app: FastifyInstance, context: ApiContext): void {
  const { stores } = context;
  app.get<{ Params: { id: string }; Querystring: Query }>('/executions/:id/report', async ({ params, query }) => {
    const root = await loadExecution(context, params.id);
    await syncExecution(context, root);
    const options = toOptions(query);
    const statistics: Statistics = {
      total_tasks_count: 0,
      running_tasks_count: 0,
      success_tasks_count: 0,
      error_tasks_count: 0,
      idle_tasks_count: 0,
      paused_tasks_count: 0,
      estimated_time: await estimateSecondsLeft(stores, root),
    };
    const tree = await reportExecution(stores, root, options, statistics, 0);
    return options.statisticsOnly ? { statistics } : { statistics, root_workflow_execution: tree };
  });
}

function toOptions(query: Query): ReportOptions {
  return {
    errorsOnly: isTrue(query.errors_only),
    maxDepth: toDepth(query.max_depth),
    statisticsOnly: isTrue(query.statistics_only),
  };
}

async function reportExecution(
  stores: Stores,
  record: WorkflowExecution,
  options: ReportOptions,
  statistics: Statistics,
  depth: number,
): Promise<Resource> {
  const entry = { ...entryOf(record), name: record.workflow_name };
  if ((options.maxDepth >= 0 && options.maxDepth < depth) || depth > MAX_DEPTH) return entry;
  const tasks = await stores.taskExecutions.find({ workflow_execution_id: record.uuid }, { sort: { sequence: 1 } });
  const entries: Resource[] = [];
  for (const task of tasks) {
    if (options.errorsOnly && task.state !== 'ERROR') continue;
    count(statistics, task.state);
    entries.push(await reportTask(stores, task, options, statistics, depth + 1));
  }
  return { ...entry, task_executions: entries };
}

async function reportTask(
  stores: Stores,
  task: TaskExecution,
  options: ReportOptions,
  statistics: Statistics,
  depth: number,
): Promise<Resource> {
  const isAction = task.type === 'ACTION';
  const children = isAction
    ? []
    : await stores.workflowExecutions.find({ task_execution_id: task.uuid }, { sort: { created_at: 1 } });
  const runs = isAction
    ? await stores.taskRuns.find(
        { task_execution_id: task.uuid },
        { sort: { created_at: 1 }, exclude: ['input', 'output'] },
      )
    : [];
  const workflows: Resource[] = [];
  for (const child of children) workflows.push(await reportExecution(stores, child, options, statistics, depth));
  return {
    ...entryOf(task),
    name: task.name,
    action_executions: runs.map(reportRun),
    workflow_executions: workflows,
  };
}

function reportRun(run: TaskRun): Resource {
  return {
    id: run.uuid,
    name: run.name,
    state: run.state,
    state_info: null,
    accepted: run.accepted,
    created_at: toTime(run.created_at),
    updated_at: toTime(run.updated_at),
  };
}

function entryOf(record: WorkflowExecution | TaskExecution): Resource {
  return {
    id: record.uuid,
    state: record.state,
    state_info: record.state_info,
    created_at: toTime(record.created_at),
    updated_at: toTime(record.updated_at),
  };
}

function count(statistics: Statistics, state: string): void {
  const counter = Object.hasOwn(COUNTERS, state) ? COUNTERS[state as keyof typeof COUNTERS] : undefined;
  if (counter === undefined) return;
  statistics[counter] += 1;
  statistics.total_tasks_count += 1;
}

/** Seconds that a running workflow may still need, by what it took before: 0 when it has ended, -1 when nobody knows. */
async function estimateSecondsLeft(stores: Stores, record: WorkflowExecution): Promise<number> {
  if (record.state !== 'RUNNING') return 0;
  const before = await stores.workflowExecutions.find(
    { workflow_name: record.workflow_name, state: 'SUCCESS' },
    { sort: { created_at: -1 }, limit: ESTIMATE_FROM, include: ['created_at', 'updated_at'] },
  );
  if (before.length === 0) return -1;
  const total = before.reduce((sum, one) => sum + one.updated_at.getTime() - one.created_at.getTime(), 0);
  const left = total / before.length - (Date.now() - record.created_at.getTime());
  return Math.max(1, Math.round(left / 1_000));
}
