import type { Bus, Consumer, SubscribeOptions } from './bus.ts';

/** A subscription that exists while somebody needs it. */
export interface OnDemandSubscription {
  /**
   * Resolves once what is published is heard.
   *
   * @returns what to call (once or more) when it is needed no longer
   * @throws when the broker is away
   */
  need(): Promise<() => void>;
}

/** A message that is delivered to a process where nobody wants it costs broker and process as much as one that is wanted. */
export function createOnDemandSubscription(bus: Bus, options: SubscribeOptions): OnDemandSubscription {
  const needs = new Set<symbol>();
  let subscription: Promise<Consumer> | undefined;

  function leave(need: symbol): void {
    if (!needs.delete(need) || needs.size > 0) return;
    const ended = subscription;
    subscription = undefined;
    ended?.then((consumer) => consumer.cancel()).catch(() => undefined);
  }

  return {
    async need() {
      const need = Symbol('need');
      needs.add(need);
      subscription ??= bus.subscribe(options);
      try {
        await subscription;
      } catch (error) {
        leave(need);
        throw error;
      }
      return () => leave(need);
    },
  };
}
