import { pyTruth } from '../../../core/python/equality.ts';
import type { Template } from '../../../workflow-translator/ir.ts';
import { type Machine, specOf } from '../machine.ts';
import { isMapping } from '../values.ts';
import type { Policy } from './index.ts';
import { policyNumber } from './policy-value.ts';

function givenOrDefault({ ir }: Machine, given: unknown): Template | undefined {
  const defaults = ir.spec['task-defaults'];
  return (pyTruth(given) || !isMapping(defaults) ? given : defaults.concurrency) as Template | undefined;
}

/** `concurrency` of with-items: how many items run at once; 0 is no limit. */
export const concurrency: Policy = {
  beforeStart(machine, task) {
    const { with_items, spec } = specOf(machine, task);
    // On a task without items it limits nothing, but it has to be a number all the same.
    const limit = with_items === undefined ? givenOrDefault(machine, spec.concurrency) : with_items.concurrency;
    machine.journal.set(task, 'concurrency', policyNumber(machine, task, 'concurrency', limit));
  },
};
