/** What `task()`, `tasks()`, `execution()` and `executions()` tell of tasks and executions (Mistral: `_convert_to_user_model`). */
import { isoSeconds } from './time.ts';

/** A task as its execution knows it. Times in milliseconds since the epoch. */
export interface TaskFacts {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** As the workflow's author wrote it. */
  readonly spec: unknown;
  readonly state: string;
  readonly state_info: string | null;
  readonly result: unknown;
  readonly published: unknown;
  readonly workflow_execution_id: string;
  readonly created_at: number;
  readonly updated_at: number;
}

/** What an expression sees of a task. */
export function taskModel({ created_at, updated_at, ...facts }: TaskFacts): Readonly<Record<string, unknown>> {
  const { id, name, type, spec, state, state_info, result, published, workflow_execution_id } = facts;
  return {
    id,
    name,
    spec,
    state,
    state_info,
    result,
    published,
    type,
    workflow_execution_id,
    created_at: isoSeconds(created_at, ' '),
    updated_at: isoSeconds(updated_at, ' '),
  };
}

/** A workflow execution. Times in milliseconds since the epoch. */
export interface ExecutionFacts {
  readonly id: string;
  readonly workflow_name: string;
  readonly workflow_id: string | null;
  readonly workflow_namespace: string;
  readonly description: string;
  readonly state: string;
  readonly state_info: string | null;
  readonly input: unknown;
  readonly output: unknown;
  readonly params: unknown;
  readonly task_execution_id: string | null;
  /** None for an execution that is the root itself. */
  readonly root_execution_id: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** What `executions()` tells of an execution. `name` is the workflow's, as in `execution()`. */
export function executionModel({
  created_at,
  updated_at,
  ...facts
}: ExecutionFacts): Readonly<Record<string, unknown>> {
  return {
    ...facts,
    name: facts.workflow_name,
    created_at: isoSeconds(created_at, ' '),
    updated_at: isoSeconds(updated_at, ' '),
  };
}

/** What `tasks()` is asked for beside the executions. */
export interface TaskQuery {
  /** Also tasks of sub-workflows, at any depth, after those of the execution. */
  readonly recursive: boolean;
  readonly state: string | null;
  /** Without tasks around a sub-workflow that is in the same state: they add nothing. */
  readonly flat: boolean;
}

/** Whether `tasks()` tells of a task. @param below states of the sub-workflows that it started */
export function isWanted(
  task: { readonly type: string; readonly state: string; readonly below: readonly string[] },
  { state, flat }: Pick<TaskQuery, 'state' | 'flat'>,
): boolean {
  if (state !== null && task.state !== state) return false;
  return !flat || task.type !== 'WORKFLOW' || !task.below.includes(task.state);
}

/** Argument of the effect `tasks`: of which executions. */
export interface TasksEffect extends TaskQuery {
  readonly executions: readonly string[];
}

/** Argument of the effect `executions`; what is null does not matter. Times as text, `to_time` excluded. */
export interface ExecutionsEffect {
  readonly id: string | null;
  readonly root_execution_id: string | null;
  readonly state: string | null;
  readonly from_time: string | null;
  readonly to_time: string | null;
}
