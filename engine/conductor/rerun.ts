/** Running again and skipping of failed tasks from outside (Mistral: `Workflow.rerun`). */
import type { RerunRequest } from './contract.ts';
import { emit, type Machine, pushStep, setRunState, setTaskState } from './machine.ts';
import type { TaskRecord } from './records.ts';
import { completeTask } from './task-complete.ts';
import { continueWorkflow, updateEnv } from './workflow-resume.ts';
import { setWorkflowState } from './workflow-state.ts';

type Env = Readonly<Record<string, unknown>> | undefined;

/**
 * Runs a failed task again, in this workflow or, by a dotted name, in one below.
 * A paused workflow, an unknown task and one that has not failed stay as they are.
 */
export function rerunTask(machine: Machine, request: RerunRequest, env: Env): void {
  if (machine.workflow.state === 'PAUSED') return;
  const own = failedTask(machine, request.task);
  if (own !== undefined) {
    reopen(machine, env);
    forgetProgress(machine, own);
    setTaskState(machine, own, 'RUNNING', null);
    pushStep(machine, { kind: 'run_task', task_id: own.id, first: false, rerun: true, reset: request.reset });
    continueWorkflow(machine, []);
    return;
  }
  const dot = request.task.indexOf('.');
  const outer = dot < 0 ? undefined : failedTask(machine, request.task.slice(0, dot));
  if (outer === undefined) return;
  const run = outer.runs.filter((one) => one.kind === 'workflow' && one.accepted).at(-1);
  if (run === undefined) return;
  reopen(machine, env);
  machine.journal.set(run, 'accepted', false);
  setRunState(machine, run, 'RUNNING');
  setTaskState(machine, outer, 'RUNNING', null);
  machine.journal.set(outer, 'processed', false);
  const tasks = [{ task: request.task.slice(dot + 1), reset: request.reset }];
  emit(machine, { type: 'workflow.rerun', id: run.id, tasks, ...(env === undefined ? {} : { env }) });
}

/** Puts a failed task into SKIPPED and follows `on-skip`, or `on-success` without it. */
export function skipTask(machine: Machine, name: string): void {
  if (machine.workflow.state === 'PAUSED') return;
  const task = failedTask(machine, name);
  if (task === undefined) return;
  reopen(machine, undefined);
  forgetProgress(machine, task);
  completeTask(machine, task, 'SKIPPED', 'Task was skipped.');
  continueWorkflow(machine, []);
}

function failedTask(machine: Machine, name: string): TaskRecord | undefined {
  const executions = machine.tasksByName.get(name) ?? [];
  const failed = executions.filter((task) => task.state === 'ERROR' || task.state === 'CANCELLED');
  return failed.at(-1);
}

/** The workflow runs again; timers that its end had stopped run anew. */
function reopen(machine: Machine, env: Env): void {
  updateEnv(machine, env);
  const ended = machine.workflow.state !== 'RUNNING';
  setWorkflowState(machine, 'RUNNING', null);
  if (!ended) return;
  machine.journal.set(machine.workflow, 'output', {});
  for (const timer of machine.timers.values()) {
    emit(machine, { type: 'timer.start', id: timer.id, seconds: timer.seconds });
  }
}

function forgetProgress(machine: Machine, task: TaskRecord): void {
  machine.journal.set(task, 'retry_no', 0);
  machine.journal.set(task, 'waited_after', false);
}
