import { setTaskState } from '../machine.ts';
import type { Policy } from './index.ts';
import { policyFlag } from './policy-value.ts';

/** `fail-on`: a success becomes an error when it is true. What the task published stays published. */
export const failOn: Policy = {
  afterComplete(machine, task, { fail_on }) {
    if (fail_on === undefined) return;
    const fails = policyFlag(machine, task, 'fail-on', fail_on);
    if (fails && task.state === 'SUCCESS') setTaskState(machine, task, 'ERROR', "Failed by 'fail-on' policy");
  },
};
