/** Starting of actions and sub-workflows. */
import { errorCode, errorMessage, TramontaneError, ValidationError } from '../../core/errors.ts';
import type { Template } from '../../workflow-translator/ir.ts';
import { ACTION_UNUSABLE, findAdHocAction, resolveAdHoc } from './ad-hoc.ts';
import type { ActionSignature } from './contract.ts';
import { addRun, emit, type Machine, nextNumber, specOf } from './machine.ts';
import type { RunRecord, TaskRecord } from './records.ts';
import { runOn, taskFlag, withActionDefaults } from './task-input.ts';

/** Sub-workflows within sub-workflows; more is taken for a recursion without end. */
const MAX_DEPTH = 100;

type Input = Readonly<Record<string, unknown>>;

export interface RunPlan {
  readonly name: string;
  readonly input: Input;
  readonly item_index: number | undefined;
}

/**
 * Starts one run of a task.
 * @throws ValidationError when the action is unknown or its parameters are wrong; an error with the code ACTION_UNUSABLE
 *   when it cannot be made from its definition, which only fails the task
 */
export function startRun(machine: Machine, task: TaskRecord, plan: RunPlan): void {
  if (specOf(machine, task).kind === 'workflow') startSubWorkflow(machine, task, plan);
  else startAction(machine, task, plan);
}

function startAction(machine: Machine, task: TaskRecord, plan: RunPlan): void {
  const adHoc = findAdHocAction(machine, plan.name);
  const { name, input, transforms } =
    adHoc === undefined ? { ...plan, transforms: [] } : resolveAdHoc(machine, task, adHoc, plan.input);
  if (adHoc === undefined) {
    const action = findForRun(machine, task, () => knownAction(machine, name));
    checkParameters(name, action, input);
  }
  const target = findForRun(machine, task, () => runOn(machine, task, plan.input));
  const run = createRun(machine, task, plan, 'action', transforms);
  emit(machine, {
    type: 'action.run',
    ...identityOf(task, run),
    action: name,
    // Beyond Mistral: the base of an ad-hoc action has the environment's defaults, too; `st2.action` could not run without them.
    input: adHoc === undefined ? input : withActionDefaults(machine, name, input),
    ...(target === undefined || target === null ? {} : { run_on: target }),
    safe_rerun: taskFlag(machine, task, 'safe_rerun'),
  });
}

/**
 * Finds out what to run, or where. What fails here takes the whole workflow with it; of a with-items task it only fails the task,
 * as in Mistral.
 */
export function findForRun<T>(machine: Machine, task: TaskRecord, find: () => T): T {
  try {
    return find();
  } catch (error) {
    if (errorCode(error) === 'EFFECT_REQUIRED' || specOf(machine, task).with_items === undefined) throw error;
    throw new TramontaneError(ACTION_UNUSABLE, errorMessage(error));
  }
}

function startSubWorkflow(machine: Machine, task: TaskRecord, plan: RunPlan): void {
  const { workflow, identity, ir } = machine;
  if ((identity.depth ?? 0) >= MAX_DEPTH) {
    const message = `Sub-workflow '${plan.name}' is nested more than ${MAX_DEPTH} levels deep.`;
    throw new TramontaneError(ACTION_UNUSABLE, message);
  }
  const run = createRun(machine, task, plan, 'workflow', []);
  const names = ir.workbook === undefined ? [plan.name] : [`${ir.workbook}.${plan.name}`, plan.name];
  const { notify } = workflow.params;
  const params = { env: workflow.env, evaluate_env: false, ...(notify === undefined ? {} : { notify }) };
  emit(machine, { type: 'workflow.run', ...identityOf(task, run), names, input: plan.input, params });
}

function createRun(
  machine: Machine,
  task: TaskRecord,
  plan: RunPlan,
  kind: RunRecord['kind'],
  transforms: readonly Template[],
): RunRecord {
  const now = machine.ports.now();
  const run: RunRecord = {
    id: runId(machine, task, plan.item_index),
    uuid: machine.ports.uuid(),
    kind,
    task_id: task.id,
    name: plan.name,
    item_index: plan.item_index,
    attempt: task.attempt,
    state: 'RUNNING',
    accepted: false,
    input: plan.input,
    output: null,
    dropped: false,
    transforms,
    touched: 0,
    created_at: now,
    updated_at: now,
  };
  addRun(machine, task, run);
  machine.effort += 1;
  return run;
}

/** `name`, `name#2`, `name[3]`, `name#2[3]`: the number counts how often the task, or the item, has been run. */
function runId(machine: Machine, task: TaskRecord, index: number | undefined): string {
  const item = index === undefined ? '' : `[${index}]`;
  const number = nextNumber(machine, `run:${task.name}${item}`);
  return number === 1 ? `${task.name}${item}` : `${task.name}#${number}${item}`;
}

function identityOf(task: TaskRecord, run: RunRecord) {
  const { id, uuid, attempt, item_index } = run;
  const base = { id, uuid, task_id: task.id, task_name: task.name, attempt };
  return item_index === undefined ? base : { ...base, item_index };
}

function knownAction(machine: Machine, name: string): ActionSignature {
  const action = machine.ports.findAction(name);
  if (action === undefined) throw new ValidationError(`Failed to find action [action_name=${name}]`);
  return action;
}

function checkParameters(name: string, action: ActionSignature, input: Input): void {
  if (action.adhoc !== undefined) return;
  const known = new Set(action.params.map((param) => param.name));
  const missing = action.params.filter((param) => param.required && !Object.hasOwn(input, param.name));
  const unexpected = action.open === true ? [] : Object.keys(input).filter((key) => !known.has(key));
  if (missing.length === 0 && unexpected.length === 0) return;
  const parts = [`name=${name}`];
  if (missing.length > 0) parts.push(`missing=[${missing.map((param) => `'${param.name}'`).join(', ')}]`);
  if (unexpected.length > 0) parts.push(`unexpected=[${unexpected.map((key) => `'${key}'`).join(', ')}]`);
  throw new ValidationError(`Invalid input [${parts.join(', ')}]`);
}
