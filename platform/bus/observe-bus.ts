import { addGauge, metrics } from '../observability/metrics.ts';
import { traceFields, withSpan } from '../observability/tracing.ts';
import type { Bus } from './bus.ts';

/** A bus whose messages are counted and carry the trace of who sent them. */
export function observeBus(bus: Bus): Bus {
  const queues = new Set<string>();
  addGauge({
    name: 'bus_queue_depth',
    help: 'Messages that wait in the queues this process consumes.',
    labelNames: ['queue'],
    read: () =>
      Promise.all(
        [...queues].map(async (queue) => ({ labels: { queue }, value: (await bus.inspect(queue)).messages })),
      ),
  });
  return {
    ...bus,
    publish(exchange, routingKey, message) {
      bus.publish(exchange, routingKey, { ...message, ...traceFields() });
    },
    consume(options) {
      const { queue, handler } = options;
      queues.add(queue);
      return bus.consume({
        ...options,
        async handler(message, routingKey, exchange) {
          const end = metrics.busMessages.startTimer({ queue });
          const span = { kind: 'consumer', parent: message.traceparent, attributes: attributesOf(message) } as const;
          // What a sweep sends again belongs to no trace by itself.
          const isTraced = message.traceparent !== undefined;
          try {
            if (isTraced) await withSpan(`${queue} ${routingKey}`, span, () => handler(message, routingKey, exchange));
            else await handler(message, routingKey, exchange);
            end({ outcome: 'done' });
          } catch (error) {
            end({ outcome: 'failed' });
            throw error;
          }
        },
      });
    },
  };
}

function attributesOf({ id }: Readonly<Record<string, unknown>>) {
  return typeof id === 'string' ? { 'st2.execution_id': id } : {};
}
