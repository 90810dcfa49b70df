import type { Execution } from './executions.ts';

/** Whether an action runner holds an execution, as far as its lease says. */
export function hasLease({ lease }: Pick<Execution, 'lease'>): boolean {
  return lease !== undefined && lease.expires_at > new Date();
}
