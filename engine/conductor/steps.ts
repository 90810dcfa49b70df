/** What each kind of step does, and what its failure means. */
import { errorCode, errorMessage } from '../../core/errors.ts';
import { ACTION_UNUSABLE } from './ad-hoc.ts';
import { forceFailTask } from './force-fail.ts';
import { holdsOnFailure } from './hold.ts';
import { cancelItemsLeft } from './items-left.ts';
import { type JoinVerdict, judgeAtTheEnd, judgeJoin } from './joins.ts';
import { type Machine, pushStep, touch, touchRun } from './machine.ts';
import type { RunRecord, Step, TaskRecord } from './records.ts';
import { rerunTask } from './rerun.ts';
import { handleRefusal, handleRunEnd, handleRunUpdate } from './run-events.ts';
import { isCompleted } from './states.ts';
import { completeTask, followTask } from './task-complete.ts';
import { continueTask, runExistingTask, runJoin, runNewTask } from './task-run.ts';
import { scheduleItems } from './with-items.ts';
import { cancelWorkflow, checkAndComplete, failWorkflow, succeedWorkflow } from './workflow-end.ts';
import { pauseWorkflow } from './workflow-pause.ts';
import { resumeWorkflow } from './workflow-resume.ts';
import { startWorkflow } from './workflow-start.ts';
import { setWorkflowState } from './workflow-state.ts';

export interface StepHandler<S extends Step> {
  run(machine: Machine, step: S): void;
  /** Called with an error of the user's workflow; changes made before it stay. */
  failed?(machine: Machine, step: S, error: unknown): void;
}

type Handlers = { readonly [K in Step['kind']]: StepHandler<Extract<Step, { kind: K }>> };

/** Steps that start something of a task. The verb says what failed; that may depend on how far it came. */
function taskStep<S extends { readonly task_id: string }>(
  verb: string | ((task: TaskRecord) => string),
  act: (machine: Machine, task: TaskRecord, step: S) => void,
): { run(machine: Machine, step: S): void; failed(machine: Machine, step: S, error: unknown): void } {
  return {
    run(machine, step) {
      const task = machine.taskById.get(step.task_id);
      if (task !== undefined) act(machine, task, step);
    },
    failed(machine, step, error) {
      const task = machine.taskById.get(step.task_id);
      if (task === undefined) return;
      if (errorCode(error) === ACTION_UNUSABLE) failOrdinarily(machine, task, errorMessage(error));
      else forceFailTask(machine, task, describe(machine, task, typeof verb === 'string' ? verb : verb(task), error));
    },
  };
}

/** Steps that take in news of a run. */
function runStep<S extends { readonly run_id: string }>(
  act: (machine: Machine, task: TaskRecord, run: RunRecord, step: S) => void,
): { run(machine: Machine, step: S): void; failed(machine: Machine, step: S, error: unknown): void } {
  return {
    run(machine, step) {
      const run = machine.runById.get(step.run_id);
      const task = machine.taskById.get(run?.task_id ?? '');
      if (run !== undefined && task !== undefined) act(machine, task, run, step);
    },
    failed(machine, step, error) {
      const run = machine.runById.get(step.run_id);
      const task = machine.taskById.get(run?.task_id ?? '');
      if (run === undefined || task === undefined) return;
      const message = describe(machine, task, 'handle action completion', error);
      if (!isCompleted(run.state)) failRun(machine, run, message);
      forceFailTask(machine, task, message);
    },
  };
}

export const STEPS: Handlers = {
  start: {
    run: (machine) => startWorkflow(machine),
    failed(machine, _step, error) {
      const info = errorMessage(error);
      setWorkflowState(machine, 'ERROR', info, { result: info });
    },
  },
  run_task: taskStep('run task', (machine, task, step: Extract<Step, { kind: 'run_task' }>) => {
    // It may have waited for values from outside while the workflow was cancelled.
    if (machine.workflow.state === 'CANCELLED') completeTask(machine, task, 'CANCELLED', null);
    else if (step.first) runNewTask(machine, task);
    else runExistingTask(machine, task, step.rerun, step.reset);
  }),
  continue_task: taskStep('run task', (machine, task) => {
    if (task.state === 'DELAYED') continueTask(machine, task);
  }),
  complete_task: taskStep('complete task', (machine, task, step: Extract<Step, { kind: 'complete_task' }>) =>
    completeTask(machine, task, step.state, step.state_info),
  ),
  follow_task: taskStep('complete task', (machine, task) => {
    if (isCompleted(task.state)) followTask(machine, task);
  }),
  schedule_items: taskStep('run task', (machine, task) => {
    // What a pause holds back is started at resume.
    if (machine.workflow.state === 'PAUSED' || isCompleted(task.state) || task.items === undefined) return;
    if (machine.workflow.state === 'CANCELLED') cancelItemsLeft(machine, task, task.items);
    else scheduleItems(machine, task);
  }),
  run_completed: runStep((machine, task, run, step: Extract<Step, { kind: 'run_completed' }>) =>
    handleRunEnd(machine, task, run, step.state, step.output),
  ),
  run_refused: runStep((machine, task, run, step: Extract<Step, { kind: 'run_refused' }>) =>
    handleRefusal(machine, task, run, step.message),
  ),
  run_updated: runStep((machine, task, run, step: Extract<Step, { kind: 'run_updated' }>) =>
    handleRunUpdate(machine, task, run, step.state),
  ),
  refresh_join: taskStep(joinVerb, (machine, task) => {
    if (task.join === undefined) return;
    machine.journal.set(task.join, 'refreshing', false);
    const paused = machine.workflow.state === 'PAUSED';
    if (task.state !== 'WAITING' || isCompleted(machine.workflow.state) || (paused && holdsOnFailure(machine))) return;
    const verdict = judgeJoin(machine, task, task.join);
    // In a paused workflow a join may fail, as any task may, but it does not start.
    if (!paused || verdict.kind === 'fail') carryOut(machine, task, verdict);
  }),
  check: {
    run: (machine) => checkAndComplete(machine),
    failed: (machine, _step, error) => {
      const { id, workflow_name } = machine.identity;
      const place = `[wf_ex_id=${id}, wf_name=${workflow_name}]`;
      failWorkflow(machine, `Failed to check and complete ${place}: ${errorMessage(error)}`);
    },
  },
  settle: {
    run(machine) {
      const [task] = machine.waitingJoins;
      if (task !== undefined) carryOut(machine, task, judgeAtTheEnd(machine, task));
    },
    failed(machine, _step, error) {
      failWorkflow(machine, errorMessage(error));
    },
  },
  pause: { run: (machine) => pauseWorkflow(machine, null) },
  resume: {
    run: (machine, step) => resumeWorkflow(machine, step.env),
    failed: (machine, _step, error) => failWorkflow(machine, errorMessage(error)),
  },
  stop: {
    run(machine, { state, message }) {
      if (state === 'CANCELLED') cancelWorkflow(machine, message);
      else if (state === 'ERROR') failWorkflow(machine, message);
      else if (!isCompleted(machine.workflow.state)) succeedWorkflow(machine, message);
    },
    failed: (machine, _step, error) => failWorkflow(machine, errorMessage(error)),
  },
  rerun: {
    run: (machine, step) => rerunTask(machine, step.request, step.env),
    failed: (machine, _step, error) => failWorkflow(machine, errorMessage(error)),
  },
};

/** A join that can no longer be met has completed when its `on-error` or its `publish-on-error` fails. */
function joinVerb(task: TaskRecord): string {
  return isCompleted(task.state) ? 'complete task' : 'run task';
}

function carryOut(machine: Machine, task: TaskRecord, verdict: JoinVerdict): void {
  if (verdict.kind === 'run') runJoin(machine, task);
  else if (verdict.kind === 'fail') completeTask(machine, task, 'ERROR', verdict.message);
}

/** Fails a task so that its `on-error` is followed. */
function failOrdinarily(machine: Machine, task: TaskRecord, message: string): void {
  pushStep(machine, { kind: 'complete_task', task_id: task.id, state: 'ERROR', state_info: message });
}

/** What a run gave could not be taken: as in Mistral it does not count, and the task has no result. */
function failRun(machine: Machine, run: RunRecord, message: string): void {
  machine.journal.set(run, 'state', 'ERROR');
  machine.journal.set(run, 'output', message);
  machine.openSubWorkflows.delete(run);
  touchRun(machine, run);
  touch(machine, machine.taskById.get(run.task_id));
}

function describe(machine: Machine, task: TaskRecord, verb: string, error: unknown): string {
  return `Failed to ${verb} [error=${errorMessage(error)}, wf=${machine.identity.workflow_name}, task=${task.name}]`;
}
