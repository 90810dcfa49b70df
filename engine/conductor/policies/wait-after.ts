import { setTaskState } from '../machine.ts';
import { startTimer } from '../timers.ts';
import type { Policy } from './index.ts';
import { policyNumber } from './policy-value.ts';

/** `wait-after`: seconds between the end of the action and the completion of the task, errors included. */
export const waitAfter: Policy = {
  beforeStart(machine, task, { wait_after }) {
    policyNumber(machine, task, 'wait-after', wait_after);
  },
  afterComplete(machine, task, { wait_after }) {
    const seconds = policyNumber(machine, task, 'wait-after', wait_after);
    if (seconds === 0 || task.waited_after) return;
    const { state, state_info } = task;
    machine.journal.set(task, 'waited_after', true);
    setTaskState(machine, task, 'DELAYED', `Delayed by 'wait-after' policy [delay=${seconds}]`);
    startTimer(machine, task, { kind: 'complete', seconds, state, state_info });
  },
};
