/** The end of a workflow: its state, its output (Mistral: `engine/workflows.py`). */
import { errorCode, errorMessage } from '../../core/errors.ts';
import { pyTruth } from '../../core/python/equality.ts';
import type { Template } from '../../workflow-translator/ir.ts';
import { type Context, contextToObject, EMPTY_CONTEXT } from './context.ts';
import { controllerOf } from './controller.ts';
import { holdsOnFailure } from './hold.ts';
import { hasItemsLeft } from './items-left.ts';
import { emit, type Machine, pushStep } from './machine.ts';
import { cancelMessage, cut, failureMessage } from './messages.ts';
import { evaluateTemplate, workflowScope } from './scope.ts';
import { isCompleted, isPausedOrCompleted } from './states.ts';
import { isMapping, mergeObjects, storable } from './values.ts';
import { pauseWorkflow } from './workflow-pause.ts';
import { setWorkflowState } from './workflow-state.ts';

/** Ends the workflow when no task is incomplete. The state: any cancelled task, else any unhandled error, else success. */
export function checkAndComplete(machine: Machine): void {
  const { workflow, counters } = machine;
  if (isPausedOrCompleted(workflow.state) || counters.incomplete > 0 || workflow.backlog.length > 0) return;
  if (counters.cancelled > 0) cancelWorkflow(machine, cancelMessage(machine));
  else if (counters.unhandled > 0) failOrHold(machine, failureMessage(machine));
  else succeedWorkflow(machine, null);
}

/** @throws the error of the `output` expression */
export function succeedWorkflow(machine: Machine, message: string | null): void {
  const output = evaluateOutput(machine, machine.ir.output, controllerOf(machine).finalContext(machine));
  setWorkflowState(machine, 'SUCCESS', message, output);
}

/** What an error that nobody handles comes to: the end, or a pause at the failed task. */
export function failOrHold(machine: Machine, message: string): void {
  if (holdsOnFailure(machine)) pauseWorkflow(machine, cut(message));
  else failWorkflow(machine, message);
}

/** A paused or ended workflow stays as it is. */
export function failWorkflow(machine: Machine, message: string | null): void {
  if (isPausedOrCompleted(machine.workflow.state)) return;
  let info = message === null ? null : cut(message);
  let onError: Readonly<Record<string, unknown>> = {};
  try {
    onError = evaluateOutput(machine, machine.ir.output_on_error, finalContextOrNone(machine));
  } catch (error) {
    if (errorCode(error) === 'EFFECT_REQUIRED') throw error;
    info = `Failed to evaluate expression in output-on-error! (exception: '${errorMessage(error)}' Cause: '${info}')`;
  }
  setWorkflowState(machine, 'ERROR', info, mergeObjects({ result: info }, onError));
}

/** Cancels this workflow, then those below it. */
export function cancelWorkflow(machine: Machine, message: string | null): void {
  if (isCompleted(machine.workflow.state)) return;
  setWorkflowState(machine, 'CANCELLED', message, { result: message });
  for (const run of machine.openSubWorkflows) emit(machine, { type: 'workflow.cancel', id: run.id, message });
  for (const task of machine.tasks) {
    if (hasItemsLeft(task)) pushStep(machine, { kind: 'schedule_items', task_id: task.id });
  }
}

function finalContextOrNone(machine: Machine): Context {
  try {
    return controllerOf(machine).finalContext(machine);
  } catch {
    // A reverse workflow without a valid target has no final context; its failure has a message of its own.
    return EMPTY_CONTEXT;
  }
}

/** The template over the final context; when it is missing or yields something empty, the final context itself. */
function evaluateOutput(
  machine: Machine,
  template: Template | undefined,
  context: Context,
): Readonly<Record<string, unknown>> {
  const name = machine.identity.workflow_name;
  if (template !== undefined) {
    const output = evaluateTemplate(template, workflowScope(machine, context));
    if (pyTruth(output)) {
      const stored = storable(output, `The output of workflow '${name}'`);
      return isMapping(stored) ? stored : { result: stored };
    }
  }
  return contextToObject(context);
}
