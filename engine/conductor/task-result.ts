/** What `task(name).result` is: one accepted run gives its value, none `[]`, several a list; with-items always a list. */
import { type Machine, specOf } from './machine.ts';
import type { RunRecord, TaskRecord } from './records.ts';

export function taskResult(machine: Machine, task: TaskRecord): unknown {
  const accepted = task.runs.filter((run) => run.accepted);
  if (specOf(machine, task).with_items !== undefined) return accepted.sort(byItem).map(runResult);
  return accepted.length === 1 && accepted[0] !== undefined ? runResult(accepted[0]) : accepted.map(runResult);
}

function runResult(run: RunRecord): unknown {
  return run.dropped ? null : (run.output ?? null);
}

function byItem(left: RunRecord, right: RunRecord): number {
  return (left.item_index ?? 0) - (right.item_index ?? 0);
}
