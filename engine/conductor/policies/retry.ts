import { pyTruth } from '../../../core/python/equality.ts';
import { type Machine, setAccepted, setTaskState, touch } from '../machine.ts';
import type { TaskRecord } from '../records.ts';
import { evaluateText, taskScope } from '../scope.ts';
import { startTimer } from '../timers.ts';
import { outboundContext } from '../transitions.ts';
import type { Policy } from './index.ts';
import { policyNumber } from './policy-value.ts';

/**
 * `retry`: `count` further attempts, `delay` seconds apart. An error is tried again unless `break-on` holds; a success only
 * while `continue-on` holds, and `continue-on` false ends it after an error, too. The conditions see what was published.
 * A join that never ran its action has nothing to try again.
 */
export const retry: Policy = {
  beforeStart(machine, task, { retry: policy }) {
    policyNumber(machine, task, 'retry count', policy?.count);
    policyNumber(machine, task, 'retry delay', policy?.delay);
  },
  afterComplete(machine, task, { retry: policy }) {
    if (policy === undefined) return;
    const count = policyNumber(machine, task, 'retry count', policy.count);
    const delay = policyNumber(machine, task, 'retry delay', policy.delay);
    if (count === 0) return;
    const goesOn = holds(machine, task, policy.continue_on);
    const breaks = holds(machine, task, policy.break_on);
    if (task.state !== 'SUCCESS' && task.state !== 'ERROR') return;
    const attempts = task.retry_no;
    machine.journal.set(task, 'retry_no', 0);
    if (attempts >= count || (task.join !== undefined && !task.join.ran)) return;
    if (task.state === 'ERROR' && breaks === true) return;
    if (goesOn === false || (task.state === 'SUCCESS' && goesOn === undefined)) return;
    for (const run of task.runs) setAccepted(machine, run, false);
    machine.journal.set(task, 'retry_no', attempts + 1);
    setTaskState(machine, task, 'DELAYED', `Delayed by 'retry' policy [delay=${delay}]`);
    touch(machine, task);
    startTimer(machine, task, { kind: 'continue', seconds: delay });
  },
};

function holds(machine: Machine, task: TaskRecord, condition: string | undefined): boolean | undefined {
  if (condition === undefined) return undefined;
  return pyTruth(evaluateText(condition, taskScope(machine, task, outboundContext(task))));
}
