import { setTaskState } from '../machine.ts';
import { pauseWorkflow } from '../workflow-pause.ts';
import type { Policy } from './index.ts';
import { policyFlag } from './policy-value.ts';

/** `pause-before`: the task waits in IDLE and the workflow is paused; resume starts the task. */
export const pauseBefore: Policy = {
  beforeStart(machine, task, { pause_before }) {
    if (!policyFlag(machine, task, 'pause-before', pause_before)) return;
    setTaskState(machine, task, 'IDLE', "Set by 'pause-before' policy");
    pauseWorkflow(machine, null);
  },
};
