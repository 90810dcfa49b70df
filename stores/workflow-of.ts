import type { Filter } from './collection.ts';

/** Finds the workflow that an execution of ours has started, not those that its tasks have started. */
export function workflowOf(executionId: string): Filter {
  return { st2_execution_id: executionId, task_execution_id: null };
}
