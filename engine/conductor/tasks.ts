/** Creation of task executions. */
import type { Context } from './context.ts';
import type { MistralState } from './contract.ts';
import { addTask, type Machine } from './machine.ts';
import type { JoinRecord, TaskRecord, Trigger } from './records.ts';

export interface NewTask {
  readonly name: string;
  readonly state: MistralState;
  readonly state_info: string | null;
  readonly context: Context;
  readonly triggered_by: readonly Trigger[];
  readonly join?: JoinRecord;
}

export function createTask(machine: Machine, given: NewTask): TaskRecord {
  const now = machine.ports.now();
  const task: TaskRecord = {
    id: machine.ports.uuid(),
    name: given.name,
    index: machine.tasks.length,
    state: given.state,
    state_info: given.state_info,
    in_context: given.context,
    published: {},
    input: null,
    next_tasks: undefined,
    error_handled: false,
    processed: false,
    triggered_by: given.triggered_by,
    attempt: 1,
    retry_no: 0,
    waited_after: false,
    concurrency: 0,
    timeout_timer: undefined,
    items: undefined,
    join: given.join,
    runs: [],
    touched: 0,
    created_at: now,
    updated_at: now,
  };
  addTask(machine, task);
  return task;
}
