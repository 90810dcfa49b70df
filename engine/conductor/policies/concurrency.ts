import { specOf } from '../machine.ts';
import type { Policy } from './index.ts';
import { policyNumber } from './policy-value.ts';

/** `concurrency` of with-items: how many items run at once; 0 is no limit. */
export const concurrency: Policy = {
  beforeStart(machine, task) {
    const limit = specOf(machine, task).with_items?.concurrency;
    machine.journal.set(task, 'concurrency', policyNumber(machine, task, 'concurrency', limit));
  },
};
