/** Running of a task: its policies before the start, then its action, sub-workflow or items (Mistral: `engine/tasks.py`). */

import { controllerOf } from './controller.ts';
import { type Machine, setAccepted, setTaskState, specOf, touch } from './machine.ts';
import { policiesBeforeStart } from './policies/index.ts';
import { timeout } from './policies/timeout.ts';
import type { TaskRecord } from './records.ts';
import { startRun } from './runs.ts';
import { targetName, taskInput } from './task-input.ts';
import { scheduleItems } from './with-items.ts';

/** First start of a task that was created. */
export function runNewTask(machine: Machine, task: TaskRecord): void {
  if (task.state !== 'IDLE') return;
  setTaskState(machine, task, 'RUNNING', task.state_info);
  policiesBeforeStart(machine, task);
  startIfRunning(machine, task);
}

/** Start of a join whose inbound tasks have arrived. */
export function runJoin(machine: Machine, task: TaskRecord): void {
  if (task.join === undefined) return;
  machine.journal.set(task.join, 'ran', true);
  machine.journal.set(task, 'processed', false);
  updateInboundContext(machine, task);
  resetRuns(machine, task, true);
  setTaskState(machine, task, 'RUNNING', null);
  policiesBeforeStart(machine, task);
  startIfRunning(machine, task);
}

/** Start of a task that ran already: after a pause, or once more from outside. */
export function runExistingTask(machine: Machine, task: TaskRecord, rerun: boolean, reset: boolean): void {
  // A start that waited for values from outside may have been done meanwhile.
  if (!rerun && task.state !== 'IDLE') return;
  setTaskState(machine, task, 'RUNNING', null);
  machine.journal.set(task, 'processed', false);
  if (rerun) {
    machine.journal.set(task, 'attempt', task.attempt + 1);
    policiesBeforeStart(machine, task);
    if (task.join !== undefined) machine.journal.set(task.join, 'ran', true);
  }
  updateInboundContext(machine, task);
  resetRuns(machine, task, reset);
  startIfRunning(machine, task);
}

/** Goes on after `wait-before` or with the next attempt of `retry`. */
export function continueTask(machine: Machine, task: TaskRecord): void {
  const { policies } = specOf(machine, task);
  setTaskState(machine, task, 'RUNNING', null);
  machine.journal.set(task, 'processed', false);
  updateInboundContext(machine, task);
  if (task.retry_no > 0) {
    machine.journal.set(task, 'attempt', task.attempt + 1);
    machine.journal.set(task, 'waited_after', false);
    machine.journal.set(task, 'items', undefined);
    timeout.beforeStart?.(machine, task, policies);
  }
  startWork(machine, task);
}

export function updateInboundContext(machine: Machine, task: TaskRecord): void {
  machine.journal.set(task, 'in_context', controllerOf(machine).inboundContext(machine, task));
}

/** Old runs no longer count: all of them, or those that failed. */
function resetRuns(machine: Machine, task: TaskRecord, all: boolean): void {
  for (const run of task.runs) {
    if (!run.accepted || !(all || run.state === 'ERROR' || run.state === 'CANCELLED')) continue;
    setAccepted(machine, run, false);
  }
  machine.journal.set(task, 'items', undefined);
  touch(machine, task);
}

/** A policy may have delayed or paused the task; then it starts later. */
function startIfRunning(machine: Machine, task: TaskRecord): void {
  if (task.state === 'RUNNING') startWork(machine, task);
}

function startWork(machine: Machine, task: TaskRecord): void {
  if (specOf(machine, task).with_items !== undefined) {
    scheduleItems(machine, task);
    return;
  }
  const input = taskInput(machine, task, undefined);
  machine.journal.set(task, 'input', input);
  startRun(machine, task, { name: targetName(machine, task), input, item_index: undefined });
}
