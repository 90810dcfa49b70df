/** Waits for an execution to reach a status: woken by messages, with a slow poll for those that were lost. */
import type { ExecutionStatus } from '../../../core/statuses.ts';
import { type Bus, type Consumer, EXCHANGES } from '../../../platform/bus/bus.ts';
import type { Execution } from '../../../stores/executions.ts';
import type { Stores } from '../../../stores/stores.ts';

const POLL_MS = 2_000;

/** The wakers of one process: they share one subscription, which exists while somebody waits. */
class Watchers {
  private readonly wakers = new Map<string, Set<() => void>>();
  private subscription: Promise<Consumer> | undefined;

  add(bus: Bus, id: string, wake: () => void): () => void {
    const set = this.wakers.get(id) ?? new Set();
    set.add(wake);
    this.wakers.set(id, set);
    this.subscription ??= bus.subscribe({
      bindings: [{ exchange: EXCHANGES.liveactionStatus, routing_key: '#' }],
      handler: (message) => {
        for (const waker of this.wakers.get(String(message.id)) ?? []) waker();
      },
    });
    return () => {
      set.delete(wake);
      if (set.size === 0 && this.wakers.get(id) === set) this.wakers.delete(id);
      if (this.wakers.size > 0) return;
      const ended = this.subscription;
      this.subscription = undefined;
      void ended?.then((consumer) => consumer.cancel());
    };
  }
}

const watchersByBus = new WeakMap<Bus, Watchers>();

/**
 * Resolves with the execution once its status is one of `until`; `undefined` when the signal fires first.
 */
export async function waitForStatus(
  { stores, bus }: { readonly stores: Stores; readonly bus: Bus },
  id: string,
  until: readonly ExecutionStatus[],
  signal: AbortSignal,
): Promise<Execution | undefined> {
  const watchers = watchersByBus.get(bus) ?? new Watchers();
  watchersByBus.set(bus, watchers);
  let wake: () => void = () => undefined;
  const remove = watchers.add(bus, id, () => wake());
  const onAbort = () => wake();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const execution = await stores.executions.get(id);
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
