import { pyTruth } from '../../../core/python/equality.ts';
import { setTaskState } from '../machine.ts';
import { evaluateTemplate, taskScope } from '../scope.ts';
import type { Policy } from './index.ts';

/** `fail-on`: a success becomes an error when it is true, as Python takes any value for true. What the task published stays published. */
export const failOn: Policy = {
  afterComplete(machine, task, { fail_on }) {
    if (fail_on === undefined) return;
    const fails = evaluateTemplate(fail_on, taskScope(machine, task, task.in_context));
    if (pyTruth(fails) && task.state === 'SUCCESS') setTaskState(machine, task, 'ERROR', "Failed by 'fail-on' policy");
  },
};
