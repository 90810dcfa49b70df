import { setTaskState } from '../machine.ts';
import { startTimer } from '../timers.ts';
import type { Policy } from './index.ts';
import { policyNumber } from './policy-value.ts';

/** `wait-before`: seconds before the action starts. */
export const waitBefore: Policy = {
  beforeStart(machine, task, { wait_before }) {
    const seconds = policyNumber(machine, task, 'wait-before', wait_before);
    if (seconds === 0 || task.state === 'IDLE') return;
    setTaskState(machine, task, 'DELAYED', `Delayed by 'wait-before' policy [delay=${seconds}]`);
    startTimer(machine, task, { kind: 'continue', seconds });
  },
};
