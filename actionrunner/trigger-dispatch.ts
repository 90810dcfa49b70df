import { type Bus, EXCHANGES } from '../platform/bus/bus.ts';
import type { Stores } from '../stores/stores.ts';

/** Stores a trigger instance and announces it; the rules engine finds it even when the announcement is lost. */
export type DispatchTrigger = (
  trigger: string,
  payload: Readonly<Record<string, unknown>>,
  traceContext?: Readonly<Record<string, unknown>>,
) => Promise<void>;

export function createTriggerDispatch(stores: Stores, bus: Bus): DispatchTrigger {
  return async (trigger, payload, traceContext) => {
    const instance = await stores.triggerInstances.insert({
      trigger,
      payload,
      occurrence_time: new Date(),
      status: 'pending',
      ...(traceContext === undefined ? {} : { trace_context: traceContext }),
    });
    bus.publish(EXCHANGES.triggerInstance, 'create', { id: instance.id });
  };
}
