import type { TaskExecution, WorkflowExecution } from '../../stores/records.ts';
import { fromText } from '../executions/execution-records.ts';

/** The result of a workflow's execution: the output's keys on top, then `extra` and `tasks` in order of creation. */
export function buildResult(
  record: Pick<WorkflowExecution, 'uuid' | 'workflow_name' | 'state' | 'state_info' | 'output'>,
  tasks: readonly TaskExecution[],
): Record<string, unknown> {
  const output = isFinished(record.state) ? fromText(record.output) : {};
  return {
    ...(typeof output === 'object' && output !== null && !Array.isArray(output) ? output : {}),
    extra: { state: record.state, state_info: record.state_info },
    tasks: tasks.map((task) => ({
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
    })),
  };
}

/** What the engine adds for `st2.action` is the same for every task and of no interest to a reader. */
function withoutContext(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || !('st2_context' in input)) return input;
  const { st2_context: _context, ...rest } = input;
  return rest;
}

function isFinished(state: string): boolean {
  return state === 'SUCCESS' || state === 'ERROR' || state === 'CANCELLED' || state === 'PAUSED';
}

function toTime(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
