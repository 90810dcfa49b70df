/**
 * Policies of a task, in the order in which Mistral asks them. `beforeStart` runs when a task is about to start its
 * action, `afterComplete` when it has completed and published; either may change the task's state.
 */
import type { PoliciesIr } from '../../../workflow-translator/ir.ts';
import type { Machine } from '../machine.ts';
import { specOf } from '../machine.ts';
import type { TaskRecord } from '../records.ts';
import { concurrency } from './concurrency.ts';
import { failOn } from './fail-on.ts';
import { pauseBefore } from './pause-before.ts';
import { retry } from './retry.ts';
import { timeout } from './timeout.ts';
import { waitAfter } from './wait-after.ts';
import { waitBefore } from './wait-before.ts';

export interface Policy {
  beforeStart?(machine: Machine, task: TaskRecord, policies: PoliciesIr): void;
  afterComplete?(machine: Machine, task: TaskRecord, policies: PoliciesIr): void;
}

const POLICIES: readonly Policy[] = [pauseBefore, waitBefore, waitAfter, failOn, retry, timeout, concurrency];

export function policiesBeforeStart(machine: Machine, task: TaskRecord): void {
  const { policies } = specOf(machine, task);
  for (const policy of POLICIES) policy.beforeStart?.(machine, task, policies);
}

export function policiesAfterComplete(machine: Machine, task: TaskRecord): void {
  const { policies } = specOf(machine, task);
  for (const policy of POLICIES) policy.afterComplete?.(machine, task, policies);
}
