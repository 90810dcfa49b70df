/** Running again and skipping of failed tasks from outside (Mistral: `Workflow.rerun`). */
import type { RerunRequest } from './contract.ts';
import { isHeld, runAgain } from './hold.ts';
import { forgetLosses } from './joins.ts';
import { emit, type Machine, pushStep, setAccepted, setRunState, setTaskState } from './machine.ts';
import type { TaskRecord } from './records.ts';
import { isCompleted } from './states.ts';
import { completeTask } from './task-complete.ts';
import { continueWorkflow, heldBackCommands, resumeBelow, updateEnv } from './workflow-resume.ts';
import { setWorkflowState } from './workflow-state.ts';

type Env = Readonly<Record<string, unknown>> | undefined;

/**
 * Runs a failed task again, or skips it: in this workflow or, by a dotted name, in one below.
 * A paused workflow (unless it is held by failed tasks), an unknown task and one that has not failed stay as they are.
 * @throws ConflictError when the workflow has ended in a state that it cannot leave
 */
export function rerunTask(machine: Machine, request: RerunRequest, env: Env): void {
  const held = isHeld(machine);
  if (machine.workflow.state === 'PAUSED' && !held) return;
  const task = failedTask(machine, request.task);
  if (task === undefined) {
    rerunBelow(machine, request, env, held);
    return;
  }
  reopen(machine, env);
  followLateTasks(machine);
  if (request.skip === true) completeTask(machine, task, 'SKIPPED', 'Task was skipped.');
  else runAgain(machine, task, request.reset);
  continueWorkflow(machine, held ? heldBackCommands(machine) : []);
}

/** Hands the request down; the tasks on the way run again. */
function rerunBelow(machine: Machine, { task, ...how }: RerunRequest, env: Env, held: boolean): void {
  const dot = task.indexOf('.');
  const outer = dot < 0 ? undefined : failedTask(machine, task.slice(0, dot));
  const run = outer?.runs.filter((one) => one.kind === 'workflow' && one.accepted).at(-1);
  if (outer === undefined || run === undefined) return;
  reopen(machine, env);
  followLateTasks(machine);
  setAccepted(machine, run, false);
  setRunState(machine, run, 'RUNNING');
  setTaskState(machine, outer, 'RUNNING', null);
  machine.journal.set(outer, 'processed', false);
  const tasks = [{ ...how, task: task.slice(dot + 1) }];
  emit(machine, { type: 'workflow.rerun', id: run.id, tasks, ...(env === undefined ? {} : { env }) });
  if (held) continueWorkflow(machine, heldBackCommands(machine));
}

function failedTask(machine: Machine, name: string): TaskRecord | undefined {
  const executions = machine.tasksByName.get(name) ?? [];
  return executions.filter((task) => task.state === 'ERROR' || task.state === 'CANCELLED').at(-1);
}

/** Tasks that succeeded after the end of the workflow have led nowhere yet. */
function followLateTasks(machine: Machine): void {
  for (const task of machine.tasks) {
    if (task.state !== 'SUCCESS' || task.next_tasks !== undefined) continue;
    machine.journal.set(task, 'next_tasks', []);
    pushStep(machine, { kind: 'follow_task', task_id: task.id });
  }
}

/** The workflow runs again; timers that its end had stopped run anew, and what joins had given up may come after all. */
function reopen(machine: Machine, env: Env): void {
  for (const { join } of machine.waitingJoins) if (join !== undefined) forgetLosses(machine, join);
  const ended = isCompleted(machine.workflow.state);
  const wasPaused = machine.workflow.state === 'PAUSED';
  setWorkflowState(machine, 'RUNNING', null);
  updateEnv(machine, env);
  if (wasPaused) resumeBelow(machine, env);
  if (!ended) return;
  for (const timer of machine.timers.values()) {
    emit(machine, { type: 'timer.start', id: timer.id, seconds: timer.seconds });
  }
}
