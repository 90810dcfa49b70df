/** What a task runs, and with what. */
import { errorCode, ValidationError } from '../../core/errors.ts';
import { pyTruth, pyTypeName } from '../../core/python/equality.ts';
import { pyRepr, pyStr } from '../../core/python/repr.ts';
import { type Machine, specOf } from './machine.ts';
import type { TaskRecord } from './records.ts';
import { evaluateTemplate, evaluateText, type Layer, taskScope } from './scope.ts';
import { isMapping, mergeObjects, storable } from './values.ts';

type Input = Readonly<Record<string, unknown>>;

/**
 * The evaluated input, with defaults from the environment's `__actions`. `item` are the variables of with-items.
 * @throws ValidationError when it is no mapping, and the error of an expression
 */
export function taskInput(machine: Machine, task: TaskRecord, item: Layer | undefined): Input {
  const spec = specOf(machine, task);
  const evaluated = evaluateTemplate(spec.input ?? {}, taskScope(machine, task, task.in_context, item));
  const input = storable(evaluated, `The input of task '${task.name}'`);
  if (!isMapping(input)) {
    throw new ValidationError(
      `Wrong dynamic input for task: ${task.name}. Dict type is expected. ` +
        `Actual type: ${pyTypeName(input)}. Actual value: ${pyRepr(input)}`,
    );
  }
  return withActionDefaults(machine, spec.target, input);
}

/** The input of an action with what the environment gives for it under `__actions`; the input itself wins. */
export function withActionDefaults(machine: Machine, action: string, input: Input): Input {
  const defaults = actionDefaults(machine, action);
  return defaults === undefined ? input : mergeObjects(defaults, input);
}

/** Name of the action or sub-workflow; it may be an expression. */
export function targetName(machine: Machine, task: TaskRecord): string {
  const { target, kind } = specOf(machine, task);
  const name = evaluateText(target, taskScope(machine, task, task.in_context));
  // Mistral looks for whatever it is, and finds nothing of that name.
  return pyTruth(name) || kind === 'workflow' ? pyStr(name) : 'std.noop';
}

/** The `target:` of a task, evaluated over its input and its context. */
export function runOn(machine: Machine, task: TaskRecord, input: Input): unknown {
  const { run_on } = specOf(machine, task);
  return run_on === undefined ? undefined : evaluateTemplate(run_on, taskScope(machine, task, task.in_context, input));
}

/** A flag of a task that may be an expression. Mistral does not evaluate it, so it must not fail the task: then the flag is as by default. */
export function taskFlag(machine: Machine, task: TaskRecord, flag: 'safe_rerun' | 'keep_result'): boolean {
  const value = specOf(machine, task)[flag];
  if (typeof value !== 'string') return value !== false && value !== null && value !== 0;
  try {
    return pyTruth(evaluateText(value, taskScope(machine, task, task.in_context)));
  } catch (error) {
    if (errorCode(error) === 'EFFECT_REQUIRED') throw error;
    return flag === 'keep_result';
  }
}

function actionDefaults(machine: Machine, action: string): Input | undefined {
  const actions = machine.workflow.env.__actions;
  if (!isMapping(actions) || !Object.hasOwn(actions, action)) return undefined;
  const defaults = actions[action];
  return isMapping(defaults) ? defaults : undefined;
}
