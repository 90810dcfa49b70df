/** Waits for an execution to reach a status: woken by messages, with a slow poll for those that were lost. */
import type { ExecutionStatus } from '../../core/statuses.ts';
import { type Bus, EXCHANGES } from '../../platform/bus/bus.ts';
import { createOnDemandSubscription, type OnDemandSubscription } from '../../platform/bus/on-demand-subscription.ts';
import { databaseFailure } from '../../platform/mongo/database-failure.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';

const POLL_MS = 2_000;

/** Those who wait in one process. */
interface Waiting {
  readonly wakers: Map<string, Set<() => void>>;
  readonly changes: OnDemandSubscription;
}

const waitingByBus = new WeakMap<Bus, Waiting>();

function waitingOn(bus: Bus): Waiting {
  const known = waitingByBus.get(bus);
  if (known !== undefined) return known;
  const wakers = new Map<string, Set<() => void>>();
  const changes = createOnDemandSubscription(bus, {
    bindings: [{ exchange: EXCHANGES.liveactionStatus, routing_key: '#' }],
    handler: (message) => {
      for (const wake of wakers.get(String(message.id)) ?? []) wake();
    },
  });
  const made = { wakers, changes };
  waitingByBus.set(bus, made);
  return made;
}

/** @returns how to be woken no longer */
async function wakeOnChange(bus: Bus, id: string, wake: () => void): Promise<() => void> {
  const { wakers, changes } = waitingOn(bus);
  const set = wakers.get(id) ?? new Set();
  wakers.set(id, set.add(wake));
  // Without the bus the slow poll wakes.
  const leave = await changes.need().catch(() => undefined);
  return () => {
    set.delete(wake);
    if (set.size === 0) wakers.delete(id);
    leave?.();
  };
}

/**
 * Resolves with the execution once its status is one of `until`; `undefined` when the signal fires first.
 */
export async function waitForStatus(
  { stores, bus }: { readonly stores: Stores; readonly bus: Bus },
  id: string,
  until: readonly ExecutionStatus[],
  signal: AbortSignal,
): Promise<Execution | undefined> {
  let wake: () => void = () => undefined;
  const remove = await wakeOnChange(bus, id, () => wake());
  const onAbort = () => wake();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const execution = await look(stores, id);
      if (execution !== undefined && until.includes(execution.status)) return execution;
      const timer = setTimeout(() => wake(), POLL_MS);
      await woken;
      clearTimeout(timer);
    }
    return undefined;
  } finally {
    signal.removeEventListener('abort', onAbort);
    remove();
  }
}

/** What is not to be had because the database is away is looked for again. */
async function look(stores: Stores, id: string): Promise<Execution | undefined> {
  try {
    return await stores.executions.get(id);
  } catch (error) {
    if (databaseFailure(error) === undefined) throw error;
    return undefined;
  }
}
