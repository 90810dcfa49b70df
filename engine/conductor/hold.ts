/**
 * Hold on failure (`params.hold_on_failure`): where an error that nobody handles would end the workflow, it pauses instead.
 * Once the cause is mended, running the failed task again, or a resume, lets the same execution go on.
 * Mistral has nothing like it. Only the root holds: the failure of a sub-workflow is that of its task.
 */
import { type Machine, pushStep, setTaskState } from './machine.ts';
import type { TaskRecord } from './records.ts';

export function holdsOnFailure({ workflow, identity }: Machine): boolean {
  return workflow.params.hold_on_failure === true && identity.parent === undefined;
}

export function isHeld(machine: Machine): boolean {
  return machine.workflow.state === 'PAUSED' && machine.counters.unhandled > 0 && holdsOnFailure(machine);
}

/** The tasks that hold the workflow. A join that they keep from starting is none of them: it starts when they arrive. */
export function holdingTasks(machine: Machine): readonly TaskRecord[] {
  if (!isHeld(machine)) return [];
  return machine.tasks.filter(
    (task) => task.state === 'ERROR' && !task.error_handled && (task.join === undefined || task.join.ran),
  );
}

/** Starts a failed task anew, with all tries that its policies give it. */
export function runAgain(machine: Machine, task: TaskRecord, reset: boolean): void {
  machine.journal.set(task, 'retry_no', 0);
  machine.journal.set(task, 'waited_after', false);
  setTaskState(machine, task, 'RUNNING', null);
  pushStep(machine, { kind: 'run_task', task_id: task.id, first: false, rerun: true, reset });
}
