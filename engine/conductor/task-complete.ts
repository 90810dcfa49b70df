/**
 * Completion of a task. The order is Mistral's: state, publish, policies, transitions, then what follows from them.
 */

import type { MistralState } from './contract.ts';
import { controllerOf } from './controller.ts';
import { dispatchCommands } from './dispatch.ts';
import { refreshAffectedJoins } from './joins.ts';
import { type Machine, pushStep, setErrorHandled, setTaskState, touch, touchRun } from './machine.ts';
import { policiesAfterComplete } from './policies/index.ts';
import { publishVariables } from './publish.ts';
import type { TaskCommand, TaskRecord } from './records.ts';
import { isCompleted } from './states.ts';
import { taskFlag } from './task-input.ts';
import { updateInboundContext } from './task-run.ts';
import { cancelTimeout } from './timers.ts';

/** Completes a task; one that has completed already only may be skipped. */
export function completeTask(machine: Machine, task: TaskRecord, state: MistralState, info: string | null): void {
  if (isCompleted(task.state) && state !== 'SKIPPED') return;
  cancelTimeout(machine, task);
  setTaskState(machine, task, state, info);
  updateInboundContext(machine, task);
  publishVariables(machine, task);
  if (!taskFlag(machine, task, 'keep_result')) dropResults(machine, task);
  if (state !== 'SKIPPED') policiesAfterComplete(machine, task);
  if (task.state === 'DELAYED') return;
  // What completes after the end leads nowhere; if the workflow is run again, it is followed then.
  if (isCompleted(machine.workflow.state)) return;
  followTask(machine, task);
}

/** Does what follows from a completed task. */
export function followTask(machine: Machine, task: TaskRecord): void {
  const commands = controllerOf(machine).nextCommands(machine, [task]);
  noteNext(machine, task, commands);
  if (machine.workflow.state === 'PAUSED') return refreshAffectedJoins(machine, task);
  machine.journal.set(task, 'processed', true);
  machine.journal.set(task, 'items', undefined);
  dispatchCommands(machine, commands);
  refreshAffectedJoins(machine, task);
  pushStep(machine, { kind: 'check' });
}

function noteNext(machine: Machine, task: TaskRecord, commands: readonly TaskCommand[]): void {
  const next = commands
    .filter((command) => command.kind === 'run')
    .map((command) => [command.task, command.triggered_by[0]?.event ?? ''] as const);
  machine.journal.set(task, 'next_tasks', next);
  if (task.state === 'ERROR') setErrorHandled(machine, task, commands.some(handlesError));
  touch(machine, task);
}

function handlesError(command: TaskCommand): boolean {
  return command.kind !== 'run_existing' && command.handles_error;
}

function dropResults(machine: Machine, task: TaskRecord): void {
  for (const run of task.runs) {
    if (run.kind !== 'action' || run.dropped) continue;
    machine.journal.set(run, 'dropped', true);
    machine.journal.set(run, 'output', null);
    touchRun(machine, run);
  }
}
