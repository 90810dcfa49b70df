import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';

export interface Claim {
  readonly owner: string;
  /** Length of the lease. */
  readonly seconds: number;
  /** What the result is from now on; absent leaves it. */
  readonly result: unknown;
  readonly runner_info: Readonly<Record<string, unknown>>;
}

/**
 * Takes a scheduled execution by a lease, without a change of its status.
 *
 * @returns `undefined` when it is not scheduled any more, or somebody has it
 */
export function claimScheduled(stores: Stores, id: string, claim: Claim): Promise<Execution | undefined> {
  const { owner, seconds, result, runner_info } = claim;
  const lease = { owner, expires_at: new Date(Date.now() + seconds * 1000) };
  return stores.executions.updateOne(
    { id, status: 'scheduled', lease: { $exists: false } },
    { $set: { lease, runner_info, ...(result === undefined ? {} : { result }) } },
  );
}
