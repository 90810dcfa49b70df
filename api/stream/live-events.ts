import type { EventHub, Listener } from './event-hub.ts';
import type { StreamEvent } from './events.ts';
import { MAX_BUFFERED, type SseConnection } from './sse-connection.ts';

/** The live events of one client. */
export interface LiveEvents {
  /** Resolves once events come. @throws when the broker is away; the connection is given up then */
  readonly heard: Promise<void>;
  /** Shows what came so far, and from now on everything at once. */
  release(skip?: ReadonlySet<StreamEvent>): void;
  stop(): void;
}

/**
 * Listens until the connection is closed, or `stop` is called. Events that come are held back until `release`, so that what
 * went before them can be sent first; a client that lets too many of them pile up is too slow and is cut off.
 */
export function listenWhileOpen(
  hub: EventHub,
  connection: SseConnection,
  isWanted: (event: StreamEvent) => boolean,
  show: Listener,
): LiveEvents {
  let held: Parameters<Listener>[] | undefined = [];
  let heldLength = 0;
  const listening = hub.listen((event, frame) => {
    if (!isWanted(event)) return;
    if (held === undefined) {
      show(event, frame);
      return;
    }
    held.push([event, frame]);
    heldLength += event.data.length;
    if (heldLength > MAX_BUFFERED) connection.body.destroy();
  });
  const stop = () =>
    void listening.then(
      (leave) => leave(),
      () => undefined,
    );
  connection.onClose(() => {
    held = undefined;
    stop();
  });
  const heard = listening.then(
    () => undefined,
    (error: unknown) => {
      connection.body.destroy();
      throw error;
    },
  );
  return {
    heard,
    release(skip) {
      const events = held ?? [];
      held = undefined;
      for (const [event, frame] of events) if (skip?.has(event) !== true) show(event, frame);
    },
    stop,
  };
}
