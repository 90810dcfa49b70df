/** Ad-hoc actions: an action over a base action, with input and output of its own. A base may be ad-hoc, too. */
import { errorCode, errorMessage, TramontaneError, ValidationError } from '../../core/errors.ts';
import { pyTruth } from '../../core/python/equality.ts';
import type { AdHocActionIr, Template } from '../../workflow-translator/ir.ts';
import { createFunctions } from './functions.ts';
import type { Machine } from './machine.ts';
import type { RunRecord, TaskRecord } from './records.ts';
import { contextView, evaluateTemplate, layeredView } from './scope.ts';
import { isMapping, storable } from './values.ts';
import { inputProblem, withDefaults } from './workflow-start.ts';

/** Code of errors inside of an action's definition: they fail the task in the ordinary way, `on-error` is followed. */
export const ACTION_UNUSABLE = 'ACTION_UNUSABLE';

type Input = Readonly<Record<string, unknown>>;

export interface ResolvedAction {
  readonly name: string;
  readonly input: Input;
  /** `output` templates, innermost first. */
  readonly transforms: readonly Template[];
}

/** An ad-hoc action by the name in the workflow: first that of the same workbook. */
export function findAdHocAction(machine: Machine, name: string): AdHocActionIr | undefined {
  const { workbook } = machine.ir;
  const inWorkbook = workbook === undefined ? undefined : findByFullName(machine, `${workbook}.${name}`);
  return inWorkbook ?? findByFullName(machine, name);
}

/** A base action is meant by its full name, also within a workbook. */
function findByFullName(machine: Machine, name: string): AdHocActionIr | undefined {
  const { actions } = machine.ir;
  const own = actions !== undefined && Object.hasOwn(actions, name) ? actions[name] : undefined;
  return own?.name === name ? own : machine.ports.findAction(name)?.adhoc;
}

/**
 * The base action behind an ad-hoc one, with the input for it.
 * @throws ValidationError when the input does not fit the ad-hoc action, ACTION_UNUSABLE for what is wrong inside of it
 */
export function resolveAdHoc(machine: Machine, task: TaskRecord, action: AdHocActionIr, input: Input): ResolvedAction {
  const problem = inputProblem(action.name, action.input, input);
  if (problem !== undefined) throw new ValidationError(problem);
  const transforms: Template[] = [];
  const visited = new Set<string>();
  let current = action;
  let given = input;
  for (;;) {
    if (visited.has(current.name)) {
      throw unusable(action, `Found a cycle in an ad-hoc action chain [action_name=${current.name}]`);
    }
    visited.add(current.name);
    given = baseInput(machine, task, current, given);
    if (current.output !== undefined && current.output !== null) transforms.unshift(current.output);
    const base = findByFullName(machine, current.base);
    if (base === undefined) break;
    current = base;
  }
  checkBase(machine, action, current.base, given);
  return { name: current.base, input: given, transforms };
}

/** Applies the `output` templates to a result. An empty result is handed on untransformed templates, as in Mistral. */
export function transformResult(machine: Machine, run: RunRecord, result: unknown): unknown {
  let value = result;
  for (const template of run.transforms) {
    value = pyTruth(value)
      ? evaluateTemplate(template, {
          data: value,
          functions: createFunctions(machine, undefined),
          runtime: machine.ports,
        })
      : template;
  }
  return value;
}

function baseInput(machine: Machine, task: TaskRecord, action: AdHocActionIr, given: Input): Input {
  const { workflow } = machine;
  const complete = withDefaults(action.input, given);
  const layers = [complete, contextView(task.in_context), { __env: workflow.env }, workflow.context];
  const scope = { data: layeredView(layers), functions: createFunctions(machine, task), runtime: machine.ports };
  try {
    const evaluated = evaluateTemplate(action.base_input ?? {}, scope);
    const input = storable(evaluated, `The base input of action '${action.name}'`);
    if (isMapping(input)) return input;
  } catch (error) {
    throw errorCode(error) === 'EFFECT_REQUIRED' ? error : unusable(action, errorMessage(error));
  }
  throw unusable(action, 'its base-input is no mapping');
}

function checkBase(machine: Machine, action: AdHocActionIr, base: string, input: Input): void {
  const found = machine.ports.findAction(base);
  if (found === undefined) throw unusable(action, `Failed to find base action [action_name=${base}]`);
  const missing = found.params.filter((param) => param.required && !Object.hasOwn(input, param.name));
  if (missing.length > 0) throw unusable(action, `missing: ${missing.map((param) => param.name).join(', ')}`);
  const known = new Set(found.params.map((param) => param.name));
  const unexpected = found.open === true ? [] : Object.keys(input).filter((key) => !known.has(key));
  if (unexpected.length > 0) throw unusable(action, `unexpected: ${unexpected.join(', ')}`);
}

function unusable(action: AdHocActionIr, why: string): TramontaneError {
  return new TramontaneError(ACTION_UNUSABLE, `Failed to instantiate action '${action.name}': ${why}`);
}
