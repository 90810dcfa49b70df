/** What `tasks()` and `executions()` find among the executions of a rehearsal. */
import type { ExecutionView, TaskView } from './contract.ts';
import { type ExecutionsEffect, executionModel, isWanted, type TasksEffect, taskModel } from './expression-models.ts';
import type { RehearsalExecution } from './rehearsal.ts';

/** Tasks of the executions asked for, each followed by those of its sub-workflows if that is asked for. */
export function rehearsedTasks(executions: readonly RehearsalExecution[], query: TasksEffect): readonly unknown[] {
  const tell = (execution: RehearsalExecution): readonly unknown[] => {
    const { id } = execution.identity;
    const children = executions.filter(({ identity }) => identity.parent?.execution_id === id);
    const { tasks } = execution.conductor.view();
    const startedBy = (task: TaskView) => children.filter(({ identity }) => identity.parent?.task_id === task.id);
    const below = (task: TaskView) => startedBy(task).map(({ conductor }) => conductor.state);
    return [
      ...tasks
        .filter((task) => isWanted({ ...task, below: below(task) }, query))
        .map((task) => toModel(execution, task)),
      ...(query.recursive ? tasks.flatMap(startedBy).flatMap(tell) : []),
    ];
  };
  return query.executions.flatMap((id) => executions.filter(({ identity }) => identity.id === id)).flatMap(tell);
}

function toModel({ identity, workflow }: RehearsalExecution, task: TaskView): unknown {
  return taskModel({
    ...task,
    spec: workflow.tasks.find(({ name }) => name === task.name)?.spec ?? {},
    workflow_execution_id: identity.id,
    created_at: Date.parse(task.created_at),
    updated_at: Date.parse(task.updated_at),
  });
}

/** Executions that fit, in the order of their start. */
export function rehearsedExecutions(executions: readonly RehearsalExecution[], query: ExecutionsEffect) {
  return executions
    .map((execution) => ({ execution, view: execution.conductor.view(Number.MAX_SAFE_INTEGER) }))
    .filter(({ execution, view }) => fits(execution, view, query))
    .map(({ execution: { identity }, view }) =>
      executionModel({
        id: identity.id,
        workflow_name: identity.workflow_name,
        workflow_id: null,
        workflow_namespace: '',
        description: '',
        state: view.state,
        state_info: view.state_info,
        input: view.input,
        output: view.output ?? {},
        params: identity.params,
        task_execution_id: identity.parent?.task_id ?? null,
        root_execution_id: identity.parent === undefined ? null : identity.root_execution_id,
        created_at: Date.parse(view.created_at),
        updated_at: Date.parse(view.updated_at),
      }),
    );
}

function fits({ identity }: RehearsalExecution, view: ExecutionView, query: ExecutionsEffect): boolean {
  const root = identity.parent === undefined ? null : identity.root_execution_id;
  const created = view.created_at.slice(0, 19);
  const atMost = (text: string) => text.replace(' ', 'T').slice(0, 19) <= created;
  return (
    (query.id === null || query.id === identity.id) &&
    (query.root_execution_id === null || query.root_execution_id === root) &&
    (query.state === null || query.state === view.state) &&
    (query.from_time === null || atMost(query.from_time)) &&
    (query.to_time === null || !atMost(query.to_time))
  );
}
