import type { Logger } from '../logging/create-logger.ts';
import { metrics } from '../observability/metrics.ts';
import type { Bus, Message } from './bus.ts';

/** More are dropped: what they announce is stored, and sweeps find it. */
const MOST = 10_000;
const LOOK_MS = 200;

/** A bus that keeps what is published while the broker is away, in order, and sends it when it is back. */
export function holdMessages(bus: Bus, logger: Logger): Bus {
  const held: (readonly [string, string, Message])[] = [];
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    while (bus.connected()) {
      const next = held.shift();
      if (next === undefined) break;
      bus.publish(...next);
    }
    if (held.length > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    ...bus,
    publish(exchange, routingKey, message) {
      if (held.length === 0 && bus.connected()) return bus.publish(exchange, routingKey, message);
      if (held.length >= MOST) {
        metrics.busDropped.inc({ exchange });
        return;
      }
      if (held.length === MOST - 1)
        logger.warn({ messages: MOST }, 'the broker is away for long, further messages are dropped');
      held.push([exchange, routingKey, message]);
      timer ??= setInterval(flush, LOOK_MS).unref();
    },
    async stop() {
      flush();
      clearInterval(timer);
      await bus.stop();
    },
  };
}
