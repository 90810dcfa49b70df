/**
 * Functions of expressions that look into the execution and around it: `task()`, `tasks()`, `execution()`, `executions()`, `env()`,
 * `global()`, `st2kv()`, `uuid()`.
 */

import { EffectRequiredError, ValidationError } from '../../core/errors.ts';
import type { RuntimeFunctions } from '../../core/expressions/index.ts';
import { type ExecutionsEffect, isWanted, type TaskQuery, type TasksEffect, taskModel } from './expression-models.ts';
import { lastTask, type Machine, specOf } from './machine.ts';
import type { RunRecord, TaskRecord } from './records.ts';
import { taskResult } from './task-result.ts';
import { isoSeconds } from './time.ts';

type Kwargs = Readonly<Record<string, unknown>>;

/**
 * The functions as seen from `task`, or from the workflow itself. `task()` and `tasks()` say the same throughout a step (Mistral: `tx_cached`): if what
 * a task publishes has asked for its result, its conditions still see it after `keep-result: false` has dropped it.
 */
export function createFunctions(machine: Machine, task: TaskRecord | undefined): RuntimeFunctions {
  const { identity, workflow, ports } = machine;
  return {
    env: () => workflow.env,
    execution: () => ownExecution(machine),
    global: (args, kwargs) => ownValue(workflow.context, String(argument(args, kwargs, 0, 'var_name', 'varName'))),
    uuid: () => ports.uuid(),
    task: (args, kwargs) => {
      const name = argument(args, kwargs, 0, 'task_name', 'taskName');
      const found = findTask(machine, task, name);
      return found === undefined ? null : lookUp(machine, found.id, () => ownModel(machine, found));
    },
    tasks: (args, kwargs) => {
      const id = argument(args, kwargs, 0, 'workflow_execution_id', 'workflowExecutionId');
      const query: TaskQuery = {
        recursive: argument(args, kwargs, 1, 'recursive') === true,
        state: textArgument(args, kwargs, 2, 'state'),
        flat: argument(args, kwargs, 3, 'flat') === true,
      };
      if (id !== null && id !== identity.id) return fetchTasks(machine, [String(id)], query);
      if (!query.recursive) return ownTasks(machine, query);
      const below = machine.tasks.flatMap(workflowRuns).map(({ uuid }) => uuid);
      return [...ownTasks(machine, query), ...fetchTasks(machine, below, query)];
    },
    executions: (args, kwargs) => fetchExecutions(machine, args, kwargs),
    st2kv: (args, kwargs) => fetchKey(machine, args, kwargs),
    st2kv_: (args, kwargs) => fetchKey(machine, args, kwargs),
  };
}

function lookUp(machine: Machine, key: string, look: () => unknown): unknown {
  const known = machine.lookups.get(key);
  if (known !== undefined) return known;
  const value = look();
  machine.lookups.set(key, value);
  return value;
}

function argument(args: readonly unknown[], kwargs: Kwargs, place: number, ...names: readonly string[]): unknown {
  if (args.length > place) return args[place] ?? null;
  const name = names.find((candidate) => Object.hasOwn(kwargs, candidate));
  return name === undefined ? null : (kwargs[name] ?? null);
}

function ownValue(data: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(data, name) ? (data[name] ?? null) : null;
}

/** Without a name, or with its own name, a task means itself; else the last execution of that name is meant. */
function findTask(machine: Machine, self: TaskRecord | undefined, name: unknown): TaskRecord | undefined {
  if (self !== undefined && (name === null || name === '' || name === self.name)) return self;
  if (name === null || name === '') {
    throw new ValidationError('task() without a name exists only inside of a task.');
  }
  return typeof name === 'string' || typeof name === 'number' ? lastTask(machine, String(name)) : undefined;
}

function ownTasks(machine: Machine, query: TaskQuery): readonly unknown[] {
  const look = () =>
    machine.tasks.filter((task) => isWanted(stateOf(machine, task), query)).map((task) => ownModel(machine, task));
  return lookUp(machine, `tasks ${String(query.state)} ${query.flat}`, look) as readonly unknown[];
}

function stateOf(machine: Machine, task: TaskRecord) {
  const below = workflowRuns(task).map(({ state }) => state);
  return { type: typeOf(machine, task), state: task.state, below };
}

function typeOf(machine: Machine, task: TaskRecord): 'WORKFLOW' | 'ACTION' {
  return specOf(machine, task).kind === 'workflow' ? 'WORKFLOW' : 'ACTION';
}

function workflowRuns({ runs }: TaskRecord): readonly RunRecord[] {
  return runs.filter(({ kind }) => kind === 'workflow');
}

function ownModel(machine: Machine, task: TaskRecord): Readonly<Record<string, unknown>> {
  return taskModel({
    id: task.id,
    name: task.name,
    spec: specOf(machine, task).spec,
    state: task.state,
    state_info: task.state_info,
    result: taskResult(machine, task),
    published: task.published,
    type: typeOf(machine, task),
    workflow_execution_id: machine.identity.id,
    created_at: task.created_at,
    updated_at: task.updated_at,
  });
}

function ownExecution(machine: Machine): Record<string, unknown> {
  const { identity, workflow, ir } = machine;
  return {
    id: identity.id,
    name: identity.workflow_name,
    spec: ir.spec,
    input: workflow.input,
    params: { ...workflow.params, env: workflow.env },
    created_at: isoSeconds(workflow.created_at, ' '),
    updated_at: isoSeconds(workflow.updated_at, ' '),
    root_execution_id: identity.root_execution_id === identity.id ? null : identity.root_execution_id,
  };
}

/** Tasks of other executions. */
function fetchTasks(machine: Machine, executions: readonly string[], query: TaskQuery): readonly unknown[] {
  if (executions.length === 0) return [];
  const args: TasksEffect = { executions, ...query };
  return fetchOutside(machine, 'tasks', '', { ...args }) as readonly unknown[];
}

/** Executions of workflows, also this one, as they are stored. */
function fetchExecutions(machine: Machine, args: readonly unknown[], kwargs: Kwargs): unknown {
  const query: ExecutionsEffect = {
    id: textArgument(args, kwargs, 0, 'id'),
    root_execution_id: textArgument(args, kwargs, 1, 'root_execution_id', 'rootExecutionId'),
    state: textArgument(args, kwargs, 2, 'state'),
    from_time: textArgument(args, kwargs, 3, 'from_time', 'fromTime'),
    to_time: textArgument(args, kwargs, 4, 'to_time', 'toTime'),
  };
  return fetchOutside(machine, 'executions', '', { ...query });
}

function textArgument(args: readonly unknown[], kwargs: Kwargs, place: number, ...names: readonly string[]) {
  const value = argument(args, kwargs, place, ...names);
  return value === null ? null : String(value);
}

/** A value of StackStorm's key-value store. */
function fetchKey(machine: Machine, args: readonly unknown[], kwargs: Kwargs): unknown {
  const key = argument(args, kwargs, 0, 'key');
  if (typeof key !== 'string' || key === '') throw new ValidationError('st2kv() needs the name of a key.');
  return fetchOutside(machine, 'st2kv', key, { decrypt: argument(args, kwargs, 1, 'decrypt') === true });
}

/** What comes from outside of the execution: the step waits until the host has fetched it. */
function fetchOutside(machine: Machine, kind: string, key: string, args: Readonly<Record<string, unknown>>): unknown {
  const known = machine.memo.get(effectKey(kind, key, args));
  if (known === undefined) throw new EffectRequiredError({ kind, key, args });
  if ('error' in known) throw new ValidationError(known.error);
  return known.value;
}

/** Name under which the value of an effect is kept for the step. */
export function effectKey(kind: string, key: string, args: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([kind, key, args]);
}
