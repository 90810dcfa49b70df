/** The record as clients see it. */
import type { ExecutionView, RunView, TaskView } from './contract.ts';
import { type Machine, specOf } from './machine.ts';
import type { RunRecord, TaskRecord } from './records.ts';
import { taskResult } from './task-result.ts';
import { isoTime } from './time.ts';

/** Everything, or the tasks that changed after version `since`. */
export function executionView(machine: Machine, since: number | undefined): ExecutionView {
  const { workflow, changes, changesBase } = machine;
  return {
    version: changesBase + changes.length,
    started: workflow.started,
    state: workflow.state,
    state_info: workflow.state_info,
    input: workflow.input,
    output: workflow.output,
    created_at: isoTime(workflow.created_at),
    updated_at: isoTime(workflow.updated_at),
    tasks: changedTasks(machine, since).map((task) => taskView(machine, task)),
  };
}

function changedTasks(machine: Machine, since: number | undefined): readonly TaskRecord[] {
  const { changes, changesBase, tasks } = machine;
  if (since === undefined || since < changesBase) return tasks;
  const changed = new Set<TaskRecord>();
  for (let place = since - changesBase; place < changes.length; place += 1) {
    const task = changes[place];
    if (task !== undefined) changed.add(task);
  }
  return [...changed].sort((left, right) => left.index - right.index);
}

function taskView(machine: Machine, task: TaskRecord): TaskView {
  return {
    id: task.id,
    name: task.name,
    type: specOf(machine, task).kind === 'workflow' ? 'WORKFLOW' : 'ACTION',
    state: task.state,
    state_info: task.state_info,
    input: task.input,
    result: taskResult(machine, task),
    published: task.published,
    created_at: isoTime(task.created_at),
    updated_at: isoTime(task.updated_at),
    processed: task.processed,
    runs: task.runs.map(runView),
  };
}

function runView(run: RunRecord): RunView {
  const { id, uuid, name, state, accepted, input, output, item_index } = run;
  const times = { created_at: isoTime(run.created_at), updated_at: isoTime(run.updated_at) };
  return {
    id,
    uuid,
    name,
    state,
    accepted,
    input,
    output,
    ...(item_index === undefined ? {} : { item_index }),
    ...times,
  };
}
