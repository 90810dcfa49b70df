/** Functions of expressions that look into the execution: `task()`, `tasks()`, `execution()`, `env()`, `global()`, `st2kv()`, `uuid()`. */

import { EffectRequiredError, ValidationError } from '../../core/errors.ts';
import type { RuntimeFunctions } from '../../core/expressions/index.ts';
import { lastTask, type Machine, specOf } from './machine.ts';
import type { TaskRecord } from './records.ts';
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
    execution: () => executionModel(machine),
    global: (args, kwargs) => ownValue(workflow.context, String(argument(args, kwargs, 0, 'var_name', 'varName'))),
    uuid: () => ports.uuid(),
    task: (args, kwargs) => {
      const name = argument(args, kwargs, 0, 'task_name', 'taskName');
      const found = findTask(machine, task, name);
      return found === undefined ? null : lookUp(machine, found.id, () => taskModel(machine, found));
    },
    tasks: (args, kwargs) => {
      const id = argument(args, kwargs, 0, 'workflow_execution_id', 'workflowExecutionId');
      const state = argument(args, kwargs, 2, 'state');
      const flat = argument(args, kwargs, 3, 'flat') === true;
      if (id !== null && id !== identity.id) return [];
      return lookUp(machine, `tasks ${String(state)} ${flat}`, () =>
        machine.tasks
          .filter((one) => state === null || one.state === state)
          .filter((one) => !flat || !wrapsSameState(one))
          .map((one) => taskModel(machine, one)),
      );
    },
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

/** A task around a sub-workflow that is in the same state adds nothing to a flat list. */
function wrapsSameState(task: TaskRecord): boolean {
  return task.runs.some((run) => run.kind === 'workflow' && run.state === task.state);
}

function taskModel(machine: Machine, task: TaskRecord): Record<string, unknown> {
  const spec = specOf(machine, task);
  return {
    id: task.id,
    name: task.name,
    spec: spec.spec,
    state: task.state,
    state_info: task.state_info,
    result: taskResult(machine, task),
    published: task.published,
    type: spec.kind === 'workflow' ? 'WORKFLOW' : 'ACTION',
    workflow_execution_id: machine.identity.id,
    created_at: isoSeconds(task.created_at, ' '),
    updated_at: isoSeconds(task.updated_at, ' '),
  };
}

function executionModel(machine: Machine): Record<string, unknown> {
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

/** A value of StackStorm's key-value store. It comes from outside, so the step waits until the host has fetched it. */
function fetchKey(machine: Machine, args: readonly unknown[], kwargs: Kwargs): unknown {
  const key = argument(args, kwargs, 0, 'key');
  if (typeof key !== 'string' || key === '') throw new ValidationError('st2kv() needs the name of a key.');
  const decrypt = argument(args, kwargs, 1, 'decrypt') === true;
  const known = machine.memo.get(effectKey('st2kv', key, { decrypt }));
  if (known === undefined) throw new EffectRequiredError({ kind: 'st2kv', key, args: { decrypt } });
  if ('error' in known) throw new ValidationError(known.error);
  return known.value;
}

/** Name under which the value of an effect is kept for the step. */
export function effectKey(kind: string, key: string, args: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([kind, key, args]);
}
