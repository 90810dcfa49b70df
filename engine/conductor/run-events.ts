/** What comes back from actions and sub-workflows. */
import { transformResult } from './ad-hoc.ts';
import { forceFailTask } from './force-fail.ts';
import { type Machine, pushStep, removeRun, setRunState, setTaskState, specOf, touch } from './machine.ts';
import { resultInfo } from './messages.ts';
import type { RunRecord, TaskRecord } from './records.ts';
import { isCompleted, isValidTransition } from './states.ts';
import { completeTask } from './task-complete.ts';
import { isMapping, storable } from './values.ts';
import { noteItemEnd } from './with-items.ts';
import { pauseWorkflow } from './workflow-pause.ts';
import { resumeWorkflow } from './workflow-resume.ts';

type EndState = 'SUCCESS' | 'ERROR' | 'CANCELLED';

const ITEMS_INFO: Readonly<Record<EndState, string | null>> = {
  SUCCESS: null,
  ERROR: 'One or more actions had failed.',
  CANCELLED: 'One or more actions was cancelled.',
};

/** A run has ended. A second report of the same end, and the end of an older attempt, change the record at most. */
export function handleRunEnd(
  machine: Machine,
  task: TaskRecord,
  run: RunRecord,
  state: EndState,
  output: unknown,
): void {
  if (isCompleted(run.state)) return;
  const current = run.attempt === task.attempt;
  const given = storable(output, `The result of task '${task.name}'`);
  const result =
    state === 'SUCCESS' ? storable(transformResult(machine, run, given), `The result of task '${task.name}'`) : given;
  setRunState(machine, run, state);
  machine.journal.set(run, 'output', result);
  machine.journal.set(run, 'accepted', current);
  touch(machine, task);
  if (!current || isCompleted(task.state)) return;
  if (task.state === 'PAUSED' && !hasPausedRun(task)) setTaskState(machine, task, 'RUNNING', null);
  if (specOf(machine, task).with_items === undefined) {
    completeTask(machine, task, state, state === 'SUCCESS' ? null : resultInfo(shownResult(run)));
    return;
  }
  const verdict = noteItemEnd(machine, task, state);
  if (verdict === 'more') pushStep(machine, { kind: 'schedule_items', task_id: task.id });
  else if (verdict !== 'wait') completeTask(machine, task, verdict, ITEMS_INFO[verdict]);
}

/** An action that could not be started ends the workflow; a sub-workflow that could not only fails its task. */
export function handleRefusal(machine: Machine, task: TaskRecord, run: RunRecord, message: string): void {
  if (isCompleted(run.state)) return;
  removeRun(machine, task, run);
  if (isCompleted(task.state)) return;
  // In a step of its own: what fails there has to find the task, and the run that led to it is gone.
  if (run.kind === 'workflow')
    pushStep(machine, { kind: 'complete_task', task_id: task.id, state: 'ERROR', state_info: message });
  else forceFailTask(machine, task, message);
}

/** A run that is itself a workflow was paused or resumed: that shows in the task, and pauses or resumes this workflow. */
export function handleRunUpdate(machine: Machine, task: TaskRecord, run: RunRecord, state: 'PAUSED' | 'RUNNING'): void {
  if (isCompleted(run.state) || run.state === state) return;
  setRunState(machine, run, state);
  const held = state === 'RUNNING' && hasPausedRun(task);
  if (!isCompleted(task.state) && isValidTransition(task.state, state) && !held)
    setTaskState(machine, task, state, null);
  if (state === 'PAUSED') pauseWorkflow(machine, null);
  else if (machine.counters.paused === 0) resumeWorkflow(machine, undefined);
}

function hasPausedRun(task: TaskRecord): boolean {
  return task.runs.some((run) => run.state === 'PAUSED');
}

function shownResult(run: RunRecord): unknown {
  if (run.kind === 'action') return run.output;
  return isMapping(run.output) && Object.hasOwn(run.output, 'result') ? run.output.result : null;
}
