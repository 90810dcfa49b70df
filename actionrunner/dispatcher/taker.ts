import type { ActionService, StatusChange } from '../../action-service/contract.ts';
import type { ExecutionStatus } from '../../core/statuses.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';
import { claimScheduled } from './claim-scheduled.ts';
import { comesLate } from './comes-late.ts';
import { takeSurely } from './take-surely.ts';

/** What an execution may have been asked for as soon as it was taken. */
const STEERED: readonly ExecutionStatus[] = ['canceling', 'pausing'];

/** What an order asks to be taken. */
export interface Wanted {
  readonly id: string;
  /** Status in which the execution waits. */
  readonly from: 'scheduled' | 'resuming';
  /** It is taken by its lease alone, and `running` once it has really begun. */
  readonly isLate: boolean;
  /** What the result is from now on; absent leaves it. */
  readonly result: unknown;
  /** When the order was given, where nobody has written that. */
  readonly orderedAt: Date | undefined;
  /** The order may have come before the execution was stored. */
  readonly isEarly: boolean;
}

export interface TakerDeps {
  readonly stores: Stores;
  readonly actions: Pick<ActionService, 'changeStatus'>;
  /** Name of this process, and for how many seconds it takes leases. */
  readonly owner: string;
  readonly seconds: number;
  /** Ends what waits for the database. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Makes the function that takes an execution for this process; it gives `undefined` where the execution is not to be had. */
export function createTaker(deps: TakerDeps): (wanted: Wanted) => Promise<Execution | undefined> {
  const { stores, actions, owner, seconds, signal, logger } = deps;
  const runner_info = { hostname: owner.split(':')[0] ?? owner, pid: process.pid };

  /** Takes an execution by making it `running`, from the status of the order or, where nobody wrote that, from `requested`. */
  async function claim({ id, from, orderedAt: at }: Wanted, change: StatusChange): Promise<Execution | undefined> {
    const taken =
      at === undefined
        ? undefined
        : await actions.changeStatus(id, 'running', {
            ...change,
            from: ['requested'],
            passed: [{ timestamp: at, status: from }],
          });
    // What is scheduled and has a lease is somebody's already, such as a stage of an installation.
    return (
      taken ??
      (await actions.changeStatus(id, 'running', { ...change, from: [from], ifUnleased: from === 'scheduled' }))
    );
  }

  function once(wanted: Wanted): Promise<Execution | undefined> {
    const { id, result, orderedAt } = wanted;
    return wanted.isLate
      ? claimScheduled(stores, id, { owner, seconds, result, runner_info, orderedAt })
      : claim(wanted, { lease: { owner, seconds }, result, runner_info });
  }

  /** What was taken since then. An earlier process may have had the name of this one. */
  async function findTaken({ id, isLate }: Wanted, since: number): Promise<Execution | undefined> {
    const stored = await stores.executions.get(id);
    if (stored?.lease?.owner !== owner || stored.lease.expires_at.getTime() < since + seconds * 1000) return undefined;
    const isTaken = stored.status === (isLate ? 'scheduled' : 'running') || STEERED.includes(stored.status);
    return isTaken ? stored : undefined;
  }

  return (wanted) => {
    const since = Date.now();
    return takeSurely({
      take: async () => {
        const found = await once(wanted);
        const isThereNow = found === undefined && wanted.isEarly && (await comesLate(stores.executions, wanted.id));
        return isThereNow ? await once(wanted) : found;
      },
      findTaken: () => findTaken(wanted, since),
      signal,
      logger,
    });
  };
}
