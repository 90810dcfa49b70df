/** The start of a workflow: input, environment, variables, first tasks (Mistral: `Workflow.start`). */

import { ValidationError } from '../../core/errors.ts';
import { evaluateRecursively } from '../../core/expressions/index.ts';
import { setKey } from '../../core/python/dict.ts';
import { pyRepr } from '../../core/python/repr.ts';
import type { InputIr, WorkflowIr } from '../../workflow-translator/ir.ts';
import type { ExecutionParams } from './contract.ts';
import { controllerOf } from './controller.ts';
import { dispatchCommands } from './dispatch.ts';
import { createFunctions } from './functions.ts';
import { type Machine, pushStep } from './machine.ts';
import { targetTask } from './reverse.ts';
import { evaluateTemplate, workflowScope } from './scope.ts';
import { isMapping, mergeObjects, storable } from './values.ts';
import { setWorkflowState } from './workflow-state.ts';

export function startWorkflow(machine: Machine): void {
  const { workflow, ir, journal, identity } = machine;
  if (workflow.state !== 'IDLE') return;
  const problem = inputProblem(ir.name, ir.input, workflow.input);
  if (problem !== undefined) throw new ValidationError(problem);
  if (ir.type === 'reverse') targetTask(machine);
  const input = storable(withDefaults(ir.input, workflow.input), `The input of workflow '${ir.name}'`);
  if (isMapping(input)) journal.set(workflow, 'input', input);
  journal.set(workflow, 'env', evaluateEnv(machine, workflow.params));
  journal.set(workflow, 'context', { __execution: { id: identity.id } });
  const vars = storable(evaluateTemplate(ir.vars ?? {}, workflowScope(machine)), `'vars' of workflow '${ir.name}'`);
  if (isMapping(vars)) journal.set(workflow, 'context', mergeObjects(workflow.context, vars));
  journal.set(workflow, 'started', true);
  setWorkflowState(machine, 'RUNNING', null);
  dispatchCommands(machine, controllerOf(machine).startCommands(machine));
  pushStep(machine, { kind: 'check' });
}

/**
 * Why a workflow cannot be started with this input and these parameters, in Mistral's words; `undefined` when it can.
 * Hosts ask before they create an execution.
 */
export function startProblem(
  ir: WorkflowIr,
  input: Readonly<Record<string, unknown>>,
  params: ExecutionParams,
): string | undefined {
  const problem = inputProblem(ir.name, ir.input, input);
  if (problem !== undefined || ir.type !== 'reverse') return problem;
  const name = params.task_name;
  if (ir.tasks.some((task) => task.name === name)) return undefined;
  return `Invalid task name [wf_name=${ir.name}, task_name=${name ?? 'None'}]`;
}

/**
 * What a task gives to a sub-workflow, sorted out as Mistral does: what the workflow does not declare as input becomes
 * a parameter (so `task_name` reaches a reverse workflow) and an unknown name is no error.
 */
export function splitSubWorkflowInput(
  ir: WorkflowIr,
  given: Readonly<Record<string, unknown>>,
  params: ExecutionParams,
): { readonly input: Readonly<Record<string, unknown>>; readonly params: ExecutionParams } {
  const declared = new Set(ir.input.map((one) => one.name));
  const input: Record<string, unknown> = {};
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (declared.has(name)) setKey(input, name, value);
    else if (name !== 'env' && name !== 'evaluate_env' && name !== 'notify') setKey(rest, name, value);
  }
  return { input, params: { ...rest, ...params } };
}

/** Says what is missing or unexpected in an input. */
export function inputProblem(
  name: string,
  declared: readonly InputIr[],
  given: Readonly<Record<string, unknown>>,
): string | undefined {
  const known = new Set(declared.map((one) => one.name));
  const missing = declared.filter((one) => !Object.hasOwn(one, 'default') && !Object.hasOwn(given, one.name));
  const unexpected = Object.keys(given).filter((key) => !known.has(key));
  if (missing.length === 0 && unexpected.length === 0) return undefined;
  const parts = [`name=${name}`];
  if (missing.length > 0) parts.push(`missing=${pyRepr(missing.map((one) => one.name))}`);
  if (unexpected.length > 0) parts.push(`unexpected=${pyRepr(unexpected)}`);
  return `Invalid input [${parts.join(', ')}]`;
}

/** The input with defaults for what is not given; defaults are never evaluated. */
export function withDefaults(
  declared: readonly InputIr[],
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = { ...given };
  for (const one of declared) if (!Object.hasOwn(result, one.name)) setKey(result, one.name, one.default);
  return result;
}

/** Expressions in the environment see the environment, and are evaluated once. */
function evaluateEnv(machine: Machine, params: ExecutionParams): Readonly<Record<string, unknown>> {
  const { env } = params;
  if (env === undefined || env === null) return {};
  if (!isMapping(env)) throw new ValidationError('Unexpected value type for environment: it has to be a mapping.');
  if (params.evaluate_env === false) return env;
  machine.journal.set(machine.workflow, 'env', env);
  const scope = { data: { __env: env }, functions: createFunctions(machine, undefined), runtime: machine.ports };
  const evaluated = storable(evaluateRecursively(env, scope), 'The environment');
  return isMapping(evaluated) ? evaluated : env;
}
