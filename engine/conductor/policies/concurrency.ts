import type { Template } from '../../../workflow-translator/ir.ts';
import { specOf } from '../machine.ts';
import type { Policy } from './index.ts';
import { policyNumber } from './policy-value.ts';

/** `concurrency` of with-items: how many items run at once; 0 is no limit. */
export const concurrency: Policy = {
  beforeStart(machine, task) {
    const { with_items, spec } = specOf(machine, task);
    // On a task without items it limits nothing, but it has to be a number all the same.
    const limit = with_items === undefined ? (spec.concurrency as Template | undefined) : with_items.concurrency;
    machine.journal.set(task, 'concurrency', policyNumber(machine, task, 'concurrency', limit));
  },
};
