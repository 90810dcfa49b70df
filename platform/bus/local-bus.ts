import { connect, type Socket } from 'node:net';
import { errorMessage, UnavailableError } from '../../core/errors.ts';
import type { Logger } from '../logging/create-logger.ts';
import {
  type Binding,
  type Bus,
  bindingsWithout,
  type ConsumeOptions,
  type Message,
  NotNowError,
  type QueueConsumer,
  type QueueState,
  type SubscribeOptions,
} from './bus.ts';
import { createFrameReader } from './local-frames.ts';

const RETRY_MS = 200;

interface Delivery {
  readonly op: 'deliver' | 'pong';
  readonly id: number;
  readonly n: number;
  readonly tag: number;
  /** Of a queue, where it was asked for. */
  readonly state?: QueueState;
  readonly exchange: string;
  readonly key: string;
  readonly message: Message;
}

interface LocalConsumer {
  readonly id: number;
  readonly queue: string | undefined;
  bindings: readonly Binding[];
  readonly prefetch: number;
  busy: number;
  cancelled: boolean;
  take(delivery: Delivery): void;
}

/**
 * The bus on the built-in broker (`local://host:port`): the same promises as on RabbitMQ, for one machine.
 */
export function createLocalBus(url: string, logger: Logger): Bus {
  const { hostname, port } = new URL(url.replace(/^local:/, 'http:'));
  const log = logger.child({ component: 'bus' });
  const consumers = new Map<number, LocalConsumer>();
  const waiting = new Map<number, (state?: QueueState) => void>();
  let socket: Socket | undefined;
  let stopped = false;
  let lastId = 0;

  const send = (frame: unknown) => socket?.write(`${JSON.stringify(frame)}\n`);

  async function call(frame: Record<string, unknown>): Promise<QueueState | undefined> {
    if (socket === undefined) throw new UnavailableError('There is no connection to the message broker.');
    lastId += 1;
    const n = lastId;
    return await new Promise((resolve) => {
      waiting.set(n, resolve);
      send({ ...frame, n });
    });
  }

  function take(frame: Delivery): void {
    if (frame.op === 'deliver') consumers.get(frame.id)?.take(frame);
    else {
      waiting.get(frame.n)?.(frame.state);
      waiting.delete(frame.n);
    }
  }

  const declare = ({ id, queue, bindings, prefetch }: LocalConsumer) =>
    call({ op: 'consume', id, queue, bindings, prefetch });

  async function open(): Promise<void> {
    const next = connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise<void>((resolve, reject) => {
      next.once('connect', resolve);
      next.once('error', reject);
    });
    next.on(
      'data',
      createFrameReader((frame) => take(frame as Delivery)),
    );
    next.on('error', () => next.destroy());
    next.on('close', () => {
      socket = undefined;
      for (const resolve of waiting.values()) resolve();
      waiting.clear();
      if (!stopped) setTimeout(retry, RETRY_MS);
    });
    socket = next;
    // Who comes in the meantime declares itself. When the socket is lost the next one begins anew.
    for (const consumer of [...consumers.values()]) {
      if (socket !== next) return;
      if (!consumer.cancelled) await declare(consumer);
    }
  }

  function retry(): void {
    if (stopped) return;
    open().catch((error: unknown) => {
      log.warn({ reason: errorMessage(error) }, 'broker is not reachable yet');
      setTimeout(retry, RETRY_MS);
    });
  }

  async function add(
    consumer: Omit<LocalConsumer, 'busy' | 'cancelled' | 'take'>,
    handle: (self: LocalConsumer, delivery: Delivery) => void,
  ): Promise<QueueConsumer> {
    const self: LocalConsumer = {
      ...consumer,
      busy: 0,
      cancelled: false,
      take: (delivery) => handle(self, delivery),
    };
    consumers.set(self.id, self);
    try {
      await declare(self);
    } catch (error) {
      consumers.delete(self.id);
      throw error;
    }
    return {
      async cancel() {
        self.cancelled = true;
        if (socket !== undefined) {
          await call({ op: 'cancel', id: self.id });
          while (self.busy > 0) await new Promise((resolve) => setTimeout(resolve, 10));
        }
        consumers.delete(self.id);
      },
      async rebind(bindings) {
        const gone = bindingsWithout(self.bindings, bindings);
        self.bindings = bindings;
        // Without a connection, the next one is told of the new bindings.
        if (socket === undefined) return;
        await call({ op: 'rebind', queue: self.queue, bindings, gone });
      },
    };
  }

  const nextId = () => {
    lastId += 1;
    return lastId;
  };

  return {
    async start() {
      try {
        await open();
      } catch (error) {
        throw new UnavailableError(
          `The message broker at ${url} does not answer: ${errorMessage(error)}. Set ST2_MESSAGING__URL.`,
          {},
          error,
        );
      }
    },
    publish(exchange, key, message) {
      if (socket === undefined)
        log.warn({ exchange, routing_key: key }, 'no connection to the broker, message dropped');
      else send({ op: 'publish', exchange, key, message });
    },
    consume(options: ConsumeOptions) {
      const { queue, bindings, prefetch } = options;
      return add({ id: nextId(), queue, bindings, prefetch }, (self, delivery) => {
        self.busy += 1;
        options.handler(delivery.message, delivery.key, delivery.exchange).then(
          () => {
            self.busy -= 1;
            send({ op: 'ack', tag: delivery.tag });
          },
          (error: unknown) => {
            self.busy -= 1;
            const isForLater = error instanceof NotNowError;
            if (isForLater) log.info({ queue, reason: error.message }, 'message goes back to its queue');
            else log.error({ err: error, queue }, 'handler of a message failed');
            send({ op: 'nack', tag: delivery.tag, keep: isForLater });
          },
        );
      });
    },
    subscribe(options: SubscribeOptions) {
      return add({ id: nextId(), queue: undefined, bindings: options.bindings, prefetch: 0 }, (_self, delivery) =>
        options.handler(delivery.message, delivery.key, delivery.exchange),
      );
    },
    async inspect(queue) {
      return (await call({ op: 'inspect', queue })) ?? { messages: 0, consumers: 0 };
    },
    connected: () => socket !== undefined,
    async stop() {
      stopped = true;
      const open = socket;
      if (open === undefined) return;
      await new Promise<void>((resolve) => open.end(resolve));
      open.destroy();
    },
  };
}
