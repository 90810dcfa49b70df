import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';

export interface Claim {
  readonly owner: string;
  /** Length of the lease. */
  readonly seconds: number;
  /** What the result is from now on; absent leaves it. */
  readonly result: unknown;
  readonly runner_info: Readonly<Record<string, unknown>>;
  /** When the order was given, where nobody wrote that: the execution is `requested` still, and `scheduled` is written with the lease. */
  readonly orderedAt: Date | undefined;
}

/**
 * Takes an execution by a lease without starting it: it is `scheduled`.
 *
 * @returns `undefined` when it is not scheduled any more, or somebody has it
 */
export async function claimScheduled(stores: Stores, id: string, claim: Claim): Promise<Execution | undefined> {
  const { owner, seconds, result, runner_info, orderedAt } = claim;
  const now = new Date();
  const lease = { owner, expires_at: new Date(now.getTime() + seconds * 1000) };
  const taken = { lease, runner_info, ...(result === undefined ? {} : { result }) };
  const isFree = { lease: { $exists: false } };
  const ordered =
    orderedAt === undefined
      ? undefined
      : await stores.executions.updateOne(
          { id, status: 'requested', ...isFree },
          {
            $set: { ...taken, status: 'scheduled', updated_at: now },
            $push: { log: { timestamp: orderedAt, status: 'scheduled' } },
          },
        );
  return ordered ?? (await stores.executions.updateOne({ id, status: 'scheduled', ...isFree }, { $set: taken }));
}
