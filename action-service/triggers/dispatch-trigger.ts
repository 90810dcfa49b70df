import { errorCode } from '../../core/errors.ts';
import { type Bus, EXCHANGES } from '../../platform/bus/bus.ts';
import type { OpenRecord } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';

/** What happened. */
export interface Occurrence {
  /** Reference of the trigger. */
  readonly trigger: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Trace that the occurrence belongs to: `{trace_tag}` or `{id_}`. */
  readonly traceContext?: Readonly<Record<string, unknown>>;
  readonly occurredAt?: Date;
  /** Fixed id: the same occurrence is stored once however often it is reported. */
  readonly id?: string;
  /** No rule listens: it is recorded as processed, and the rules engine is not troubled. */
  readonly unheard?: boolean;
}

/** @returns what was stored; `undefined` when the occurrence with this id was told before */
export type DispatchTrigger = (occurrence: Occurrence) => Promise<OpenRecord | undefined>;

/** What is stored of an occurrence. */
export function toTriggerInstance(occurrence: Occurrence) {
  const { trigger, payload, traceContext, occurredAt, id, unheard = false } = occurrence;
  return {
    ...(id === undefined ? {} : { id }),
    trigger,
    payload,
    occurrence_time: occurredAt ?? new Date(),
    status: unheard ? 'processed' : 'pending',
    ...(traceContext === undefined ? {} : { trace_context: traceContext }),
  };
}

/**
 * Makes the function that stores a trigger instance and announces it to the rules engine: once it returns, the occurrence
 * cannot be lost, even if the announcement is (the rules engine looks for `pending` ones).
 */
export function createTriggerDispatch(stores: Stores, bus: Bus): DispatchTrigger {
  return async (occurrence) => {
    const instance = await stores.triggerInstances.insert(toTriggerInstance(occurrence)).catch((error: unknown) => {
      if (errorCode(error) === 'CONFLICT' && occurrence.id !== undefined) return undefined;
      throw error;
    });
    if (instance === undefined) return undefined;
    if (occurrence.unheard !== true) bus.publish(EXCHANGES.triggerInstance, 'create', { id: instance.id });
    return instance;
  };
}
