import { EXCHANGES } from '../../platform/bus/bus.ts';
import type { OpenRecord } from '../../stores/records.ts';
import type { ApiContext } from '../context.ts';

/** What happened. */
export interface Occurrence {
  /** Reference of the trigger. */
  readonly trigger: string;
  readonly payload: unknown;
  /** Trace that the occurrence belongs to: `{trace_tag}` or `{id_}`. */
  readonly trace_context?: Readonly<Record<string, unknown>>;
}

/**
 * Stores a trigger instance and announces it to the rules engine: once this returns, the occurrence cannot be lost,
 * even if the announcement is (the rules engine looks for `pending` ones).
 */
export async function dispatchTrigger(
  { stores, bus }: Pick<ApiContext, 'stores' | 'bus'>,
  occurrence: Occurrence,
): Promise<OpenRecord> {
  const instance = await stores.triggerInstances.insert({
    trigger: occurrence.trigger,
    payload: occurrence.payload,
    occurrence_time: new Date(),
    status: 'pending',
    ...(occurrence.trace_context === undefined ? {} : { trace_context: occurrence.trace_context }),
  });
  bus.publish(EXCHANGES.triggerInstance, 'create', { id: instance.id });
  return instance;
}
