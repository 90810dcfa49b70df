/**
 * Turns messages of the bus into events and hands them to whoever listens in this process.
 *
 * 1. A message names an execution or a piece of output; it is loaded once, however many clients there are, and not at all
 *    when there is none.
 * 2. Events keep the order of their messages, though what they name is loaded at the same time, a few at once; but the creation of an
 *    execution comes first.
 * 3. The last events are kept for clients that come back after a broken connection: as many as take a bounded memory, and for a
 *    minute once nobody listens.
 */
import type { ActionService } from '../../action-service/contract.ts';
import { errorMessage } from '../../core/errors.ts';
import { isCompleted, isExecutionStatus } from '../../core/statuses.ts';
import { type Bus, EXCHANGES, type Message } from '../../platform/bus/bus.ts';
import { createOnDemandSubscription } from '../../platform/bus/on-demand-subscription.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Stores } from '../../stores/stores.ts';
import { presentRecord } from '../lists/presentation.ts';
import { creationFirst } from './creation-first.ts';
import { type StreamEvent, toFrame } from './events.ts';

const KEPT_EVENTS = 1_000;
const KEPT_BYTES = 32 * 1024 * 1024;
const KEPT_UNHEARD_MS = 60_000;
/** Large executions take megabytes each until they are handed on. */
const LOADS_AT_ONCE = 8;

/** @param frame makes the event's frame, once for all listeners */
export type Listener = (event: StreamEvent, frame: () => Buffer) => void;

export interface EventHub {
  /** @returns how to stop listening, once events are heard @throws when the broker is away */
  listen(listener: Listener): Promise<() => void>;
  /** Events after the one with this id; `undefined` when it is no longer (or never was) known here. */
  after(id: string): readonly { readonly event: StreamEvent; readonly id: string }[] | undefined;
  /** The events that tell of an execution as it is now. */
  executionEvents(id: string, kind: string, status?: unknown): Promise<StreamEvent[]>;
}

interface Deps {
  readonly bus: Bus;
  readonly stores: Stores;
  readonly actions: ActionService;
  readonly logger: Logger;
}

export function createEventHub({ bus, stores, actions, logger }: Deps): EventHub {
  const listeners = new Set<Listener>();
  const kept: { readonly event: StreamEvent; readonly id: string; readonly bytes: number }[] = [];
  const started = Date.now();
  let count = 0;
  let keptBytes = 0;
  let forgetting: NodeJS.Timeout | undefined;
  /** When the events of each of the last messages are handed on: the next message is loaded after the first of these. */
  const turns: Promise<void>[] = Array.from({ length: LOADS_AT_ONCE }, () => Promise.resolve());
  const messages = createOnDemandSubscription(bus, {
    bindings: [EXCHANGES.announcement, EXCHANGES.execution, EXCHANGES.executionOutput].map((exchange) => ({
      exchange,
      routing_key: '#',
    })),
    handler: creationFirst(handle),
  });

  function keep(event: StreamEvent, id: string): void {
    const bytes = Buffer.byteLength(event.data);
    kept.push({ event, id, bytes });
    keptBytes += bytes;
    while (kept.length > KEPT_EVENTS || keptBytes > KEPT_BYTES) keptBytes -= kept.shift()?.bytes ?? 0;
  }

  function forget(): void {
    kept.length = 0;
    keptBytes = 0;
  }

  function emit(event: StreamEvent): void {
    count += 1;
    const id = `${started}-${count}`;
    keep(event, id);
    let made: Buffer | undefined;
    const frame = () => {
      made ??= toFrame(event.name, event.data, id);
      return made;
    };
    for (const listener of listeners) listener(event, frame);
  }

  async function executionEvents(id: string, kind: string, status?: unknown): Promise<StreamEvent[]> {
    const execution = await stores.executions.get(id);
    if (execution === undefined) return [];
    const [full = {}] = await actions.present([execution]);
    const presented = isExecutionStatus(status) ? asOf(full, status) : full;
    const { user } = execution.context;
    const about = {
      actionRef: execution.action_ref,
      executionId: id,
      status: String(presented.status),
      ...(typeof user === 'string' ? { owner: user } : {}),
    };
    return [
      { name: `${EXCHANGES.execution}__${kind}`, data: JSON.stringify(presented), ...about },
      { name: `${EXCHANGES.liveaction}__${kind}`, data: JSON.stringify(toLiveAction(presented)), ...about },
    ];
  }

  async function outputEvents(id: string, kind: string): Promise<StreamEvent[]> {
    const piece = await stores.outputs.get(id);
    return piece === undefined ? [] : [outputEvent(piece, kind)];
  }

  function load(message: Message, kind: string, exchange: string): Promise<StreamEvent[]> {
    if (exchange.endsWith(EXCHANGES.announcement)) {
      return Promise.resolve([{ name: `${EXCHANGES.announcement}__${kind}`, data: JSON.stringify(message) }]);
    }
    const id = String(message.id);
    return exchange.endsWith(EXCHANGES.executionOutput)
      ? outputEvents(id, kind)
      : executionEvents(id, kind, message.status);
  }

  function handle(message: Message, kind: string, exchange: string): void {
    const previous = turns.at(-1);
    const loading = Promise.resolve(turns.shift())
      .then(() => load(message, kind, exchange))
      .catch((error: unknown) => {
        logger.warn({ reason: errorMessage(error) }, 'event could not be loaded');
        return [];
      });
    turns.push(Promise.all([loading, previous]).then(([events]) => events.forEach(emit)));
  }

  function leave(listener: Listener): void {
    if (!listeners.delete(listener) || listeners.size > 0) return;
    forgetting = setTimeout(forget, KEPT_UNHEARD_MS).unref();
  }

  return {
    async listen(listener) {
      listeners.add(listener);
      clearTimeout(forgetting);
      try {
        const dropNeed = await messages.need();
        return () => {
          leave(listener);
          dropNeed();
        };
      } catch (error) {
        leave(listener);
        throw error;
      }
    },
    after(id) {
      const at = kept.findIndex((one) => one.id === id);
      return at === -1 ? undefined : kept.slice(at + 1);
    },
    executionEvents,
  };
}

/** The event of a stored piece of output. */
export function outputEvent(piece: object & { readonly id: string }, kind = 'create'): StreamEvent {
  const record = presentRecord(piece);
  return {
    name: `${EXCHANGES.executionOutput}__${kind}`,
    data: JSON.stringify(record),
    actionRef: String(record.action_ref),
    executionId: String(record.execution_id),
    outputId: piece.id,
    outputType: String(record.output_type),
  };
}

/** The execution may have moved on since the message: clients see each status once, in order. */
function asOf(execution: Record<string, unknown>, status: string): Record<string, unknown> {
  if (execution.status === status) return execution;
  const { result, result_size: _size, end_timestamp: _end, elapsed_seconds: _elapsed, ...rest } = execution;
  return isExecutionStatus(status) && isCompleted(status) ? { ...execution, status } : { ...rest, status };
}

function toLiveAction(execution: Record<string, unknown>): Record<string, unknown> {
  const { status, start_timestamp, end_timestamp, context, result } = execution;
  return { ...(execution.liveaction as object), status, start_timestamp, end_timestamp, context, result };
}
