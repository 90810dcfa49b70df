/** Items of a with-items task that have not begun: a pause holds them back, a cancel ends their task without them. */
import { type Machine, pushStep } from './machine.ts';
import type { ItemsRecord, TaskRecord } from './records.ts';
import { isCompleted } from './states.ts';

export function hasItemsLeft({ items, state }: TaskRecord): boolean {
  return items !== undefined && !isCompleted(state) && items.next < items.indexes.length;
}

/** In a cancelled workflow no item begins any more: the task ends with the last one that runs. */
export function cancelItemsLeft(machine: Machine, task: TaskRecord, items: ItemsRecord): void {
  if (items.running > 0) return;
  const state_info = 'The workflow was cancelled before all items had begun.';
  pushStep(machine, { kind: 'complete_task', task_id: task.id, state: 'CANCELLED', state_info });
}
