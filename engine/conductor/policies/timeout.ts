import { startTimer } from '../timers.ts';
import type { Policy } from './index.ts';
import { policyNumber } from './policy-value.ts';

/**
 * `timeout`: seconds after which the task is in ERROR; the action itself goes on.
 * Each attempt has its own time. (Mistral times only the first one, so a second attempt could hang for ever.)
 */
export const timeout: Policy = {
  beforeStart(machine, task, { timeout: limit }) {
    const seconds = policyNumber(machine, task, 'timeout', limit);
    if (seconds === 0 || task.timeout_timer !== undefined) return;
    const state_info = `Task timed out [timeout(s)=${seconds}].`;
    startTimer(machine, task, { kind: 'timeout', seconds, state: 'ERROR', state_info });
  },
};
