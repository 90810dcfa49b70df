/** The functions on workflow state, over the state that a recording gives in its header. */
import type { RuntimeFunction, RuntimeFunctions } from '../../core/expressions/index.ts';
import { PythonError } from '../../core/python/errors.ts';
import { isWanted } from '../../engine/conductor/expression-models.ts';

interface RecordedRun {
  readonly index: number | null;
  readonly accepted: boolean;
  readonly output: { readonly result?: unknown };
}

interface RecordedTask {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly type: string;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly workflow_execution_id: string;
  readonly created_at: string;
  readonly updated_at: string | null;
  readonly executions: readonly RecordedRun[];
  readonly [field: string]: unknown;
}

interface RecordedExecution {
  readonly id: string;
  readonly state: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly task_execution_id: string | null;
  readonly root_execution_id: string | null;
  readonly [field: string]: unknown;
}

export interface RecordedState {
  readonly workflow_executions: Readonly<Record<string, RecordedExecution>>;
  readonly task_executions: readonly RecordedTask[];
}

/** Functions as an expression with this data sees them. */
export function recordedFunctions(state: RecordedState, data: Readonly<Record<string, unknown>>): RuntimeFunctions {
  const reader = new StateReader(state);
  const current = data.__task_execution as { readonly id: string; readonly name: string } | undefined;
  const executionId = (data.__execution as { readonly id: string } | undefined)?.id ?? '';
  const bound = (names: readonly string[], required: number, body: (values: readonly unknown[]) => unknown) =>
    withParameters(names, required, body);
  return {
    task: bound(['task_name'], 0, ([name]) => reader.task(name, current, executionId)),
    tasks: bound(['workflow_execution_id', 'recursive', 'state', 'flat'], 0, ([id, recursive, wanted, flat]) =>
      reader.tasks(id, recursive === true, wanted, flat === true).map((task) => reader.model(task)),
    ),
    execution: bound([], 0, () => reader.execution(executionId)),
    global: bound(['var_name'], 1, ([name]) => reader.find(executionId).context[String(name)] ?? null),
    env: bound([], 0, () => reader.find(reader.find(executionId).root_execution_id ?? executionId).params.env ?? {}),
  };
}

function withParameters(
  names: readonly string[],
  required: number,
  body: (values: readonly unknown[]) => unknown,
): RuntimeFunction {
  return (args, kwargs) => {
    const unknown = Object.keys(kwargs).find((key) => !names.includes(key));
    const values = names.map((name, index) => (index < args.length ? args[index] : kwargs[name]));
    const missing = values.slice(0, required).includes(undefined);
    if (missing || unknown !== undefined || args.length > names.length) {
      throw new PythonError('TypeError', 'the arguments do not match');
    }
    return body(values.map((value) => value ?? null));
  };
}

/** `2024-01-02T03:04:05` as Mistral's functions show it. */
function timeText(value: string | null): string | null {
  return value?.replace('T', ' ') ?? null;
}

class StateReader {
  private readonly state: RecordedState;

  constructor(state: RecordedState) {
    this.state = state;
  }

  find(id: string): RecordedExecution {
    const found = this.state.workflow_executions[id];
    if (found === undefined) throw new PythonError('KeyError', `'${id}'`);
    return found;
  }

  execution(id: string): Record<string, unknown> {
    const { name, spec, input, params, created_at, updated_at, root_execution_id } = this.find(id);
    const times = { created_at: timeText(created_at), updated_at: timeText(updated_at) };
    return { id, name, spec, input, params, ...times, root_execution_id };
  }

  task(
    name: unknown,
    current: { readonly id: string; readonly name: string } | undefined,
    executionId: string,
  ): unknown {
    const isCurrent = current !== undefined && (name === null || name === '' || name === current.name);
    const found = isCurrent
      ? this.state.task_executions.find((task) => task.id === current.id)
      : this.state.task_executions.findLast((task) => task.name === name && task.workflow_execution_id === executionId);
    return found === undefined ? null : this.model(found);
  }

  tasks(id: unknown, recursive: boolean, wanted: unknown, flat: boolean): readonly RecordedTask[] {
    const inScope = this.state.task_executions.filter((task) => id === null || task.workflow_execution_id === id);
    const own = inScope.filter((task) => this.passes(task, wanted, flat));
    if (!recursive || id === null) return own;
    const nested = inScope
      .flatMap((task) => this.nested(task))
      .flatMap((run) => this.tasks(run.id, true, wanted, flat));
    return [...own, ...nested];
  }

  private nested(task: RecordedTask): readonly RecordedExecution[] {
    return Object.values(this.state.workflow_executions).filter((run) => run.task_execution_id === task.id);
  }

  private passes(task: RecordedTask, wanted: unknown, flat: boolean): boolean {
    const below = this.nested(task).map(({ state }) => state);
    return isWanted({ ...task, below }, { state: wanted === null ? null : String(wanted), flat });
  }

  model(task: RecordedTask): Record<string, unknown> {
    const { id, name, spec, state, state_info, published, type, workflow_execution_id } = task;
    const times = { created_at: timeText(task.created_at), updated_at: timeText(task.updated_at) };
    return {
      id,
      name,
      spec,
      state,
      state_info,
      result: result(task),
      published,
      type,
      workflow_execution_id,
      ...times,
    };
  }
}

function result(task: RecordedTask): unknown {
  const results = task.executions
    .filter((run) => run.accepted)
    .sort((left, right) => (left.index ?? 0) - (right.index ?? 0))
    .map((run) => run.output.result ?? null);
  return 'with-items' in task.spec || results.length !== 1 ? results : results[0];
}
