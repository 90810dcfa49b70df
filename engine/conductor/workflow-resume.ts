/** Resuming: what was held back goes on (Mistral: `Workflow.resume`). */
import { controllerOf } from './controller.ts';
import { dispatchCommands } from './dispatch.ts';
import { holdingTasks, runAgain } from './hold.ts';
import { hasItemsLeft } from './items-left.ts';
import { requestRefresh } from './joins.ts';
import { emit, type Machine, pushStep } from './machine.ts';
import type { TaskCommand } from './records.ts';
import { isCompleted } from './states.ts';
import { mergeObjects } from './values.ts';
import { setWorkflowState } from './workflow-state.ts';

/** A workflow that is held on failure tries the tasks again that hold it. */
export function resumeWorkflow(machine: Machine, env: Readonly<Record<string, unknown>> | undefined): void {
  const { workflow } = machine;
  if (workflow.state !== 'PAUSED' && workflow.state !== 'IDLE') return;
  updateEnv(machine, env);
  const holding = holdingTasks(machine);
  resumeBelow(machine, env);
  setWorkflowState(machine, 'RUNNING', null);
  for (const task of holding) runAgain(machine, task, false);
  continueWorkflow(machine, heldBackCommands(machine));
}

/** Workflows below go on with the one above them. */
export function resumeBelow(machine: Machine, env: Readonly<Record<string, unknown>> | undefined): void {
  for (const run of machine.openSubWorkflows) {
    emit(machine, { type: 'workflow.resume', id: run.id, ...(env === undefined ? {} : { env }) });
  }
}

/** Values given at resume or rerun replace those of the environment. */
export function updateEnv(machine: Machine, env: Readonly<Record<string, unknown>> | undefined): void {
  if (env === undefined || Object.keys(env).length === 0) return;
  machine.journal.set(machine.workflow, 'env', mergeObjects(machine.workflow.env, env));
}

/** Goes on after a stop from outside: what completed meanwhile counts as processed, joins are looked at again. */
export function continueWorkflow(machine: Machine, commands: readonly TaskCommand[]): void {
  for (const task of machine.tasks) {
    if (isCompleted(task.state) && !task.processed) machine.journal.set(task, 'processed', true);
  }
  dispatchCommands(machine, commands);
  for (const join of machine.waitingJoins) requestRefresh(machine, join);
  for (const task of machine.tasks)
    if (hasItemsLeft(task)) pushStep(machine, { kind: 'schedule_items', task_id: task.id });
  pushStep(machine, { kind: 'check' });
}

/** Tasks that have not begun, and what follows those that completed during the pause. A second pause is not among it. */
export function heldBackCommands(machine: Machine): readonly TaskCommand[] {
  const idle = machine.tasks
    .filter((task) => task.state === 'IDLE')
    .map((task): TaskCommand => ({ kind: 'run_existing', task_id: task.id, rerun: false, reset: true }));
  const completed = machine.tasks.filter((task) => isCompleted(task.state) && !task.processed);
  const following = controllerOf(machine).nextCommands(machine, completed);
  return [...idle, ...following].filter((command) => command.kind !== 'engine' || command.name !== 'pause');
}
