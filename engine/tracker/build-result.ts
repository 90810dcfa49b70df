import { storedSize } from '../../stores/collection.ts';
import type { TaskExecution, WorkflowExecution } from '../../stores/records.ts';
import { fromText } from '../executions/execution-records.ts';

/** Bytes of a result as it is stored: MongoDB takes 16 MB a document, and an execution holds more than its result. */
const RESULT_LIMIT = 12 * 1024 * 1024;

export type ResultRecord = Pick<WorkflowExecution, 'uuid' | 'workflow_name' | 'state' | 'state_info' | 'output'>;

/**
 * The result of a workflow's execution: the output's keys on top, then `extra` and `tasks` in order of creation.
 * It always fits into a document: of more tasks than fit the oldest are left out, and `extra.tasks_total` says how many
 * there are.
 *
 * @param tasks the newest tasks of the workflow, in order of creation
 * @param total how many it has in all
 */
export function buildResult(
  record: ResultRecord,
  tasks: readonly TaskExecution[],
  total: number,
): Record<string, unknown> {
  const output = toFields(record);
  const fitting = newestThatFit(tasks, RESULT_LIMIT - storedSize(output), (task) => presentTask(record, task));
  const { state, state_info } = record;
  return {
    ...output,
    extra: { state, state_info, ...(fitting.length < total ? { tasks_total: total } : {}) },
    tasks: fitting,
  };
}

/** The output; what is too big for a document is replaced by a sentence. */
function toFields({ state, output: text }: ResultRecord): Record<string, unknown> {
  const output = isFinished(state) ? fromText(text) : {};
  if (typeof output === 'string') return { output };
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return {};
  const bytes = storedSize(output);
  return bytes <= RESULT_LIMIT ? { ...output } : { output: `(${bytes} bytes, too big to be shown)` };
}

function newestThatFit<T, R>(items: readonly T[], bytes: number, present: (item: T) => R): R[] {
  const fitting: R[] = [];
  let left = bytes;
  for (let place = items.length - 1; place >= 0; place -= 1) {
    const one = present(items[place] as T);
    left -= storedSize({ one });
    if (left < 0) break;
    fitting.push(one);
  }
  return fitting.reverse();
}

function presentTask(record: ResultRecord, task: TaskExecution) {
  return {
    id: task.uuid,
    name: task.name,
    workflow_execution_id: record.uuid,
    workflow_name: record.workflow_name,
    created_at: toTime(task.created_at),
    updated_at: toTime(task.updated_at),
    state: task.state,
    state_info: task.state_info,
    input: withoutContext(fromText(task.input)),
    result: fromText(task.result),
    published: fromText(task.published),
  };
}

/** What the engine adds for `st2.action` is the same for every task and of no interest to a reader. */
function withoutContext(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || !('st2_context' in input)) return input;
  const { st2_context: _context, ...rest } = input;
  return rest;
}

export function isFinished(state: string): boolean {
  return state === 'SUCCESS' || state === 'ERROR' || state === 'CANCELLED' || state === 'PAUSED';
}

function toTime(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
