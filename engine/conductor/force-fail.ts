/** Failing by force: an error in the workflow's own text ends the task and at once the workflow (or holds it); `on-error` is not tried. */
import { type Machine, setTaskState } from './machine.ts';
import { cut } from './messages.ts';
import type { TaskRecord } from './records.ts';
import { cancelTimeout } from './timers.ts';
import { failOrHold } from './workflow-end.ts';

export function forceFailTask(machine: Machine, task: TaskRecord, message: string): void {
  cancelTimeout(machine, task);
  setTaskState(machine, task, 'ERROR', cut(message));
  failOrHold(machine, message);
}
