import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import amqp, { type Channel, type ChannelModel, type ConsumeMessage } from 'amqplib';
import { errorMessage, UnavailableError } from '../../core/errors.ts';
import type { TlsFiles } from '../config/tls.ts';
import type { Logger } from '../logging/create-logger.ts';
import type { TlsFault } from '../tls/explain-tls.ts';
import {
  type Binding,
  type Bus,
  bindingsWithout,
  type ConsumeOptions,
  type Consumer,
  EXCHANGES,
  type Message,
  NotNowError,
  type SubscribeOptions,
} from './bus.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;
const START_LIMIT_MS = 30_000;
const CLOSE_LIMIT_MS = 2_000;

/** Of connections: each of their channels asks for it when one is lost. */
const closings = new WeakMap<ChannelModel, Promise<void>>();

interface Declared {
  /** Declares it on a connection, once for each. */
  declare(connection: ChannelModel): Promise<void>;
  on: ChannelModel | undefined;
  /** The last declaration, under way or done. */
  declaration: Promise<void> | undefined;
  channel: Channel | undefined;
  tag: string | undefined;
  busy: number;
  cancelled: boolean;
}

export interface AmqpOptions {
  /** Put before each exchange and queue name. */
  readonly prefix: string;
  /** For amqps:// beside what the system trusts. */
  readonly tls?: TlsFiles;
  /** Why TLS with the broker fails, if it is that: asked when a connection could not be made at the start. */
  readonly explain?: () => Promise<TlsFault | undefined>;
}

/** The bus on RabbitMQ at an amqp:// or amqps:// address. */
export function createAmqpBus(url: string, { prefix, tls, explain }: AmqpOptions, logger: Logger): Bus {
  const log = logger.child({ component: 'bus' });
  const consumers = new Set<Declared>();
  /** Exchanges that are there, or about to be. */
  const exchanges = new Map<string, Promise<unknown> | 'declared'>();
  let connection: ChannelModel | undefined;
  let publisher: Channel | undefined;
  let stopped = false;
  let reconnecting: Promise<void> | undefined;

  async function connect(): Promise<void> {
    // noDelay: without it Nagle's algorithm adds tens of milliseconds to each small message.
    const next = await amqp.connect(url, { noDelay: true, timeout: 5_000, ...tls });
    next.on('error', (error: unknown) => log.warn({ err: error }, 'connection to the broker failed'));
    writeTogether(next);
    let isGone = false;
    next.on('close', () => {
      isGone = true;
      if (connection === next) {
        connection = undefined;
        publisher = undefined;
        if (!stopped) reconnect();
      }
    });
    try {
      await openPublisher(next);
      connection = next;
      for (const consumer of consumers) await consumer.declare(next);
      // It may have gone while all this was agreed on, before anybody listened.
      if (isGone) throw new UnavailableError('The connection to the message broker was lost while it was made.');
    } catch (error) {
      connection = undefined;
      publisher = undefined;
      await closeQuietly(next);
      throw error;
    }
  }

  /** Makes the channel to publish on, and makes it again when the broker closes it alone: messages would be lost in silence. */
  async function openPublisher(on: ChannelModel): Promise<void> {
    const channel = await on.createChannel();
    channel.on('error', (error: unknown) => log.warn({ err: error }, 'publishing channel failed'));
    channel.on('close', () => {
      if (publisher !== channel) return;
      publisher = undefined;
      if (connection !== on || stopped) return;
      openPublisher(on).catch((error: unknown) =>
        log.warn({ reason: errorMessage(error) }, 'publishing channel could not be opened again'),
      );
    });
    exchanges.clear();
    // Before anything is sent: who publishes to an exchange that nobody has declared loses the channel.
    for (const name of Object.values(EXCHANGES)) {
      await channel.assertExchange(prefix + name, 'topic', { durable: true });
      exchanges.set(prefix + name, 'declared');
    }
    publisher = channel;
  }

  /** Resolves when the exchange is there. Declarations are answered one after the other; what is published does not wait for them. */
  function declare(channel: Channel, name: string): Promise<unknown> {
    const declared = channel.assertExchange(name, 'topic', { durable: true });
    exchanges.set(name, declared);
    declared.then(
      () => exchanges.set(name, 'declared'),
      () => exchanges.delete(name),
    );
    return declared;
  }

  function reconnect(): void {
    if (reconnecting !== undefined) return;
    reconnecting = (async () => {
      for (let wait = FIRST_RETRY_MS; !stopped; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
        await sleep(wait);
        if (stopped) return;
        try {
          await connect();
          log.info('connected to the broker again');
          return;
        } catch (error) {
          log.warn({ reason: errorMessage(error) }, 'broker is not reachable yet');
        }
      }
    })().finally(() => {
      reconnecting = undefined;
      if (connection === undefined && !stopped) reconnect();
    });
  }

  const exchangeName = ({ exchange, foreign }: Binding) => (foreign ? exchange : prefix + exchange);

  async function assertBindings(on: ChannelModel, channel: Channel, queue: string, bindings: readonly Binding[]) {
    const foreign = new Map<string, string[]>();
    for (const { exchange, routing_key, ...binding } of bindings) {
      if (binding.foreign) foreign.set(exchange, [...(foreign.get(exchange) ?? []), routing_key]);
      else {
        await channel.assertExchange(prefix + exchange, 'topic', { durable: true });
        await channel.bindQueue(queue, prefix + exchange, routing_key);
      }
    }
    for (const [exchange, keys] of foreign) {
      // Users name them: one that the broker refuses must not cost the others their consumer.
      await bindForeign(on, queue, exchange, keys).catch((error: unknown) =>
        log.error({ exchange, queue, reason: errorMessage(error) }, 'exchange of another system cannot be heard'),
      );
    }
  }

  async function add(
    declare: (channel: Channel, consumer: Declared, on: ChannelModel) => Promise<string>,
  ): Promise<Consumer> {
    const consumer: Declared = {
      on: undefined,
      declaration: undefined,
      channel: undefined,
      tag: undefined,
      busy: 0,
      cancelled: false,
      async declare(to) {
        if (consumer.cancelled) return;
        if (consumer.on !== to) {
          consumer.on = to;
          consumer.declaration = declareOn(to);
        }
        await consumer.declaration;
      },
    };

    async function declareOn(to: ChannelModel): Promise<void> {
      consumer.channel = undefined;
      consumer.tag = undefined;
      const channel = await to.createChannel();
      consumer.channel = channel;
      let isClosed = false;
      channel.on('error', (error: unknown) => log.warn({ err: error }, 'consuming channel failed'));
      channel.on('close', () => {
        isClosed = true;
        // A refused declaration is told to who asked for it, and costs the other consumers nothing.
        if (consumer.tag !== undefined && !consumer.cancelled) void closeQuietly(to);
      });
      const tag = await declare(channel, consumer, to);
      if (isClosed) throw new UnavailableError('The message broker has closed the channel of a new consumer.');
      consumer.tag = tag;
    }

    if (connection === undefined) throw new UnavailableError('There is no connection to the message broker.');
    consumers.add(consumer);
    try {
      await consumer.declare(connection);
    } catch (error) {
      consumer.cancelled = true;
      consumers.delete(consumer);
      if (consumer.channel !== undefined) await closeChannel(consumer.channel);
      throw error;
    }
    return {
      async cancel() {
        consumer.cancelled = true;
        consumers.delete(consumer);
        // One that a new connection is just being told of would be consumed there.
        await consumer.declaration?.catch(() => undefined);
        const { channel, tag } = consumer;
        if (channel === undefined || tag === undefined || connection === undefined) return;
        try {
          await channel.cancel(tag);
        } catch {
          return; // The connection went away: there is nothing left to cancel.
        }
        while (consumer.busy > 0 && connection !== undefined) await sleep(10);
        await closeChannel(channel);
      },
    };
  }

  /** The broker ends a consumer by itself when its queue is deleted or has lost its node: a new connection declares both again. */
  function onEnded(consumer: Declared, on: ChannelModel, queue: string): void {
    if (consumer.cancelled) return;
    log.warn({ queue }, 'the broker has ended a consumer, connecting anew');
    void closeQuietly(on);
  }

  const ownName = (exchange: string) => (exchange.startsWith(prefix) ? exchange.slice(prefix.length) : exchange);

  function parse(delivery: ConsumeMessage): Message | undefined {
    try {
      return JSON.parse(delivery.content.toString('utf8')) as Message;
    } catch (error) {
      log.error({ reason: errorMessage(error) }, 'message on the bus is no JSON, dropped');
      return undefined;
    }
  }

  return {
    async start() {
      const deadline = Date.now() + START_LIMIT_MS;
      for (;;) {
        try {
          return await connect();
        } catch (error) {
          const fault = await explain?.();
          // Services and broker are often started together: wait for it, but not for ever. What is wrong with TLS stays so.
          if (Date.now() < deadline && !fault?.isCertain) {
            await sleep(LAST_RETRY_MS / 4);
            continue;
          }
          const where = url.replace(/\/\/[^@/]*@/, '//');
          const why = fault?.text ?? `${errorMessage(error)}. Set ST2_MESSAGING__URL.`;
          throw new UnavailableError(`The message broker at ${where} does not answer: ${why}`, {}, error);
        }
      }
    },

    publish(exchange, routingKey, message) {
      const channel = publisher;
      if (channel === undefined) {
        log.warn({ exchange, routing_key: routingKey }, 'no connection to the broker, message dropped');
        return;
      }
      const name = prefix + exchange;
      const send = () => {
        try {
          channel.publish(name, routingKey, Buffer.from(JSON.stringify(message)), { contentType: 'application/json' });
        } catch (error) {
          log.warn({ exchange, reason: errorMessage(error) }, 'message could not be published');
        }
      };
      const known = exchanges.get(name);
      if (known === 'declared') return send();
      (known ?? declare(channel, name)).then(send, (error: unknown) =>
        log.warn({ exchange, reason: errorMessage(error) }, 'exchange could not be declared'),
      );
    },

    async consume(options: ConsumeOptions) {
      const queue = prefix + options.queue;
      let { bindings } = options;
      /** Given up while the broker was away: the queue, which lasts, is still bound by them. */
      let givenUp: readonly Binding[] = [];
      const consumer = await add(async (channel, consumer, on) => {
        await channel.assertQueue(queue, { durable: true });
        await assertBindings(on, channel, queue, bindings);
        for (const one of bindingsWithout(givenUp, bindings)) {
          // It may have lost them with its node.
          await onOwnChannel(on, (own) => own.unbindQueue(queue, exchangeName(one), one.routing_key)).catch(
            () => undefined,
          );
        }
        givenUp = [];
        await channel.prefetch(options.prefetch);
        const { consumerTag } = await channel.consume(queue, (delivery) => {
          if (delivery === null) return onEnded(consumer, on, queue);
          const message = parse(delivery);
          if (message === undefined) return channel.ack(delivery);
          consumer.busy += 1;
          const settle = (act: () => void) => {
            consumer.busy -= 1;
            try {
              act();
            } catch {
              // The channel is closed: the broker delivers the message again on the next one.
            }
          };
          const { routingKey, exchange } = delivery.fields;
          options.handler(message, routingKey, ownName(exchange)).then(
            () => settle(() => channel.ack(delivery)),
            (error: unknown) => {
              const isForLater = error instanceof NotNowError;
              if (isForLater) log.info({ queue, reason: error.message }, 'message goes back to its queue');
              else log.error({ err: error, queue }, 'handler of a message failed');
              settle(() => channel.nack(delivery, false, isForLater || !delivery.fields.redelivered));
            },
          );
        });
        return consumerTag;
      });
      return {
        ...consumer,
        async rebind(next) {
          const before = bindings;
          bindings = next;
          const on = connection;
          // Without a connection, the next one is told of the new bindings.
          if (on === undefined) {
            givenUp = [...givenUp, ...bindingsWithout(before, next)];
            return;
          }
          try {
            await onOwnChannel(on, async (channel) => {
              await assertBindings(on, channel, queue, bindingsWithout(next, before));
              for (const one of bindingsWithout(before, next)) {
                await channel.unbindQueue(queue, exchangeName(one), one.routing_key);
              }
            });
          } catch (error) {
            bindings = before;
            throw error;
          }
        },
      };
    },

    subscribe(options: SubscribeOptions) {
      return add(async (channel, consumer, on) => {
        const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true });
        await assertBindings(on, channel, queue, options.bindings);
        const { consumerTag } = await channel.consume(
          queue,
          (delivery) => {
            if (delivery === null) return onEnded(consumer, on, queue);
            const message = parse(delivery);
            if (message !== undefined) {
              options.handler(message, delivery.fields.routingKey, ownName(delivery.fields.exchange));
            }
          },
          { noAck: true },
        );
        return consumerTag;
      });
    },

    async inspect(queue) {
      if (connection === undefined) throw new UnavailableError('There is no connection to the message broker.');
      const state = await onOwnChannel(connection, (channel) => channel.checkQueue(prefix + queue));
      return { messages: state.messageCount, consumers: state.consumerCount };
    },

    connected: () => connection !== undefined,

    async stop() {
      stopped = true;
      await reconnecting;
      const open = connection;
      connection = undefined;
      publisher = undefined;
      if (open !== undefined) await closeQuietly(open);
    },
  };
}

/** Binds to another system's exchange. It is made where it is missing, as OpenStack's services do: that system may start after us. */
async function bindForeign(on: ChannelModel, queue: string, exchange: string, keys: readonly string[]): Promise<void> {
  try {
    await onOwnChannel(on, (channel) => channel.checkExchange(exchange));
  } catch {
    await onOwnChannel(on, (channel) => channel.assertExchange(exchange, 'topic', { durable: false }));
  }
  await onOwnChannel(on, async (channel) => {
    for (const key of keys) await channel.bindQueue(queue, exchange, key);
  });
}

/** Asks the broker what it may refuse: a refusal closes the channel. */
async function onOwnChannel<T>(on: ChannelModel, ask: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await on.createChannel();
  channel.on('error', () => undefined);
  try {
    return await ask(channel);
  } finally {
    await closeChannel(channel);
  }
}

/** Closes a channel that may be closed already. amqplib never answers when the connection goes away before the broker has agreed. */
async function closeChannel(channel: Channel): Promise<void> {
  const gone = new Promise<void>((resolve) => channel.once('close', () => resolve()));
  await Promise.race([channel.close().catch(() => undefined), gone]);
}

/** What the channels of a connection send in the same turn (a message and the receipt of another one) goes out in one write. */
function writeTogether(connection: ChannelModel): void {
  const stream = streamOf(connection);
  const write = stream.write.bind(stream) as (...given: unknown[]) => boolean;
  let isHeld = false;
  stream.write = (...given: unknown[]) => {
    if (!isHeld) {
      isHeld = true;
      stream.cork();
      process.nextTick(() => {
        isHeld = false;
        stream.uncork();
      });
    }
    return write(...given);
  };
}

function streamOf({ connection }: ChannelModel): Socket {
  return (connection as unknown as { readonly stream: Socket }).stream;
}

/**
 * Closes a connection that may be closed already. A connection that has lost a consumer's channel is of no use: a new one gets
 * all of them. When the broker goes away before it has answered, amqplib never says that the connection was closed on request;
 * a broker that does not answer must not keep the process from ending.
 */
function closeQuietly(connection: ChannelModel): Promise<void> {
  const begun = closings.get(connection);
  if (begun !== undefined) return begun;
  const gone = new Promise<void>((resolve) => connection.once('close', () => resolve()));
  const closed = connection.close().catch(() => undefined);
  const given = sleep(CLOSE_LIMIT_MS, undefined, { ref: false }).then(() => streamOf(connection).destroy());
  const closing = Promise.race([closed, gone, given]).then(() => undefined);
  closings.set(connection, closing);
  return closing;
}
