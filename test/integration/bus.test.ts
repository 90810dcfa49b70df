import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import amqp from 'amqplib';
import { pino } from 'pino';
import { UnavailableError } from '../../core/errors.ts';
import { createAmqpBus } from '../../platform/bus/amqp-bus.ts';
import { type Bus, type Message, NotNowError } from '../../platform/bus/bus.ts';
import { startLocalBroker } from '../../platform/bus/local-broker.ts';
import { createLocalBus } from '../../platform/bus/local-bus.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const logger = pino({ level: 'silent' });

interface Fixture {
  connect(): Promise<Bus>;
  stopBroker(): Promise<void>;
  startBroker(): Promise<void>;
  /** Where the broker speaks AMQP. */
  readonly amqpUrl?: string;
  /** Publishes as another system does: to an exchange without our prefix, which is there. */
  publishForeign(exchange: string, key: string, message: Message): Promise<void>;
  /** Whether it was there. A broker without channels has nothing to close. */
  removeExchange?(name: string): Promise<boolean>;
  /** A bus behind a line of its own, where the broker is reached by a line. */
  connectByLine?(): Promise<{ readonly bus: Bus; readonly line: TcpProxy }>;
  stop(): Promise<void>;
}

async function onRabbitmq(): Promise<Fixture> {
  const services: Provisioned = await provisioned({ parts: ['bus'], own: true });
  const url = services.env.ST2_MESSAGING__URL as string;
  return {
    ...(url.startsWith('local:') ? {} : { amqpUrl: url }),
    async connect() {
      const bus = url.startsWith('local:')
        ? createLocalBus(url, logger)
        : createAmqpBus(url, { prefix: 'test.' }, logger);
      await bus.start();
      return bus;
    },
    async connectByLine() {
      const address = new URL(url);
      const line = await startTcpProxy(Number(address.port));
      address.port = String(line.port);
      const bus = createAmqpBus(address.toString(), { prefix: 'test.' }, logger);
      await bus.start();
      return { bus, line };
    },
    async publishForeign(exchange, key, message) {
      const connection = await amqp.connect(url);
      const channel = await connection.createConfirmChannel();
      await channel.checkExchange(exchange);
      channel.publish(exchange, key, Buffer.from(JSON.stringify(message)));
      await channel.waitForConfirms();
      await connection.close();
    },
    async removeExchange(name) {
      if (url.startsWith('local:')) return true;
      const connection = await amqp.connect(url);
      try {
        const channel = await connection.createChannel();
        channel.on('error', () => undefined);
        await channel.checkExchange(`test.${name}`);
        await channel.deleteExchange(`test.${name}`);
        return true;
      } finally {
        await connection.close();
      }
    },
    stopBroker: () => services.kill('bus'),
    async startBroker() {
      services.restart('bus');
    },
    stop: () => services.stop(),
  };
}

async function onLocalBroker(): Promise<Fixture> {
  let broker = await startLocalBroker(0);
  const { port } = broker;
  async function connect() {
    const bus = createLocalBus(`local://127.0.0.1:${port}`, logger);
    await bus.start();
    return bus;
  }
  return {
    connect,
    async publishForeign(exchange, key, message) {
      const bus = await connect();
      bus.publish(exchange, key, message);
      await bus.stop();
    },
    stopBroker: () => broker.close(),
    async startBroker() {
      broker = await startLocalBroker(port);
    },
    stop: () => broker.close(),
  };
}

/** Does something with the broker as an operator would. */
async function onChannel<T>(url: string, act: (channel: amqp.Channel) => Promise<T>): Promise<T> {
  const connection = await amqp.connect(url);
  try {
    return await act(await connection.createChannel());
  } finally {
    await connection.close();
  }
}

for (const [name, make] of [
  ['RabbitMQ', onRabbitmq],
  ['the built-in broker', onLocalBroker],
] as const) {
  // RabbitMQ may take a minute to start on a loaded machine, and it is started three times.
  describe(`the bus on ${name}`, { timeout: 480_000 }, () => {
    let fixture: Fixture;
    let one: Bus;
    let two: Bus;

    before(async () => {
      fixture = await make();
      one = await fixture.connect();
      two = await fixture.connect();
    });

    after(async () => {
      await one?.stop();
      await two?.stop();
      await fixture?.stop();
    });

    it('gives each message of a queue to one of its consumers', async () => {
      const seen: string[] = [];
      const options = (who: string) => ({
        queue: 'shared',
        bindings: [{ exchange: 'shared', routing_key: 'requested' }],
        prefetch: 1,
        handler: async (message: Message) => {
          seen.push(`${who} ${String(message.id)}`);
        },
      });
      await one.consume(options('one'));
      await two.consume(options('two'));
      for (let id = 0; id < 40; id += 1) one.publish('shared', 'requested', { id });
      one.publish('shared', 'running', { id: 'other key' });
      await waitFor(() => seen.length >= 40, { what: 'the messages' });
      assert.equal(new Set(seen.map((entry) => entry.split(' ')[1])).size, 40);
      assert.equal(seen.length, 40);
      assert.ok(seen.some((entry) => entry.startsWith('one')) && seen.some((entry) => entry.startsWith('two')));
    });

    it('gives every subscriber its own copy, by topic pattern', async () => {
      const seen: string[] = [];
      const bindings = [{ exchange: 'events', routing_key: 'a.*' }];
      await one.subscribe({
        bindings,
        handler: (message, key, exchange) => seen.push(`one ${exchange} ${key} ${message.id}`),
      });
      await two.subscribe({ bindings, handler: (message, key) => seen.push(`two ${key} ${message.id}`) });
      two.publish('events', 'b.x', { id: 0 });
      two.publish('events', 'a.x', { id: 1 });
      await waitFor(() => seen.length >= 2, { what: 'the messages' });
      assert.deepEqual(seen.sort(), ['one events a.x 1', 'two a.x 1']);
    });

    it('delivers again, once, what a handler refused', async () => {
      let calls = 0;
      await one.consume({
        queue: 'refused',
        bindings: [{ exchange: 'refused', routing_key: '#' }],
        prefetch: 1,
        handler: async (message) => {
          if (message.id === 'bad') {
            calls += 1;
            throw new Error('refused');
          }
          calls += 100;
        },
      });
      two.publish('refused', 'x', { id: 'bad' });
      await waitFor(() => calls === 2, { what: 'the messages' });
      two.publish('refused', 'x', { id: 'good' });
      await waitFor(() => calls === 102, { what: 'the messages' });
    });

    it('delivers again, as often as it takes, what a handler could not take now', async () => {
      const seen: unknown[] = [];
      await one.consume({
        queue: 'not-now',
        bindings: [{ exchange: 'not-now', routing_key: '#' }],
        prefetch: 1,
        handler: async ({ id }) => {
          seen.push(id);
          if (seen.length <= 3) throw new NotNowError('not now');
        },
      });
      for (const id of ['first', 'second']) two.publish('not-now', 'x', { id });
      await waitFor(() => seen.includes('second'), { what: 'the messages' });
      assert.deepEqual(seen, ['first', 'first', 'first', 'first', 'second']);
    });

    it('leaves to others what a cancelled consumer could not take', async () => {
      const seen: unknown[] = [];
      const bindings = [{ exchange: 'left', routing_key: '#' }];
      let refuse: (() => void) | undefined;
      const consumer = await one.consume({
        queue: 'left',
        bindings,
        prefetch: 1,
        handler: () =>
          new Promise((_resolve, reject) => {
            refuse = () => reject(new NotNowError('the process ends'));
          }),
      });
      two.publish('left', 'x', { id: 1 });
      await waitFor(() => refuse !== undefined, { what: 'the message' });
      const cancelled = consumer.cancel();
      await waitFor(async () => (await two.inspect('left')).consumers === 0, { what: 'the end of the consumer' });
      refuse?.();
      await cancelled;
      await two.consume({
        queue: 'left',
        bindings,
        prefetch: 1,
        handler: async ({ id }) => {
          seen.push(id);
        },
      });
      await waitFor(() => seen.length > 0, { what: 'the message for the other consumer', timeoutMs: 10_000 });
      assert.deepEqual(seen, [1]);
    });

    it('keeps no channel of a consumer that was cancelled', async (test) => {
      if (fixture.amqpUrl === undefined) return;
      const url = new URL(fixture.amqpUrl);
      url.searchParams.set('channelMax', '8');
      const bus = createAmqpBus(url.toString(), { prefix: 'test.' }, logger);
      test.after(() => bus.stop());
      await bus.start();
      const seen: unknown[] = [];
      const bindings = [{ exchange: 'brief', routing_key: '#' }];
      await bus.subscribe({ bindings, handler: ({ id }) => seen.push(id) });
      for (let time = 0; time < 20; time += 1) {
        await (await bus.subscribe({ bindings, handler: () => undefined })).cancel();
        const consumed = await bus.consume({ queue: 'brief', bindings, prefetch: 1, handler: async () => undefined });
        await consumed.cancel();
        assert.ok(bus.connected(), 'the connection goes on');
      }
      bus.publish('brief', 'x', { id: 1 });
      await waitFor(() => seen.length > 0, { what: 'the message for the one that has stayed' });
    });

    it('forgets a consumer that the broker refuses, at no cost for the others', async (test) => {
      const { amqpUrl } = fixture;
      if (amqpUrl === undefined) return;
      const bus = await fixture.connect();
      test.after(() => bus.stop());
      const seen: unknown[] = [];
      const options = (queue: string) => ({
        queue,
        bindings: [{ exchange: queue, routing_key: '#' }],
        prefetch: 1,
        handler: async ({ id }: Message) => {
          seen.push(id);
        },
      });
      await bus.consume(options('accepted'));
      await onChannel(amqpUrl, (channel) => channel.assertQueue('test.taken', { durable: true, maxLength: 1 }));
      await assert.rejects(bus.consume(options('taken')), /PRECONDITION_FAILED/);
      assert.ok(bus.connected(), 'the connection goes on');
      bus.publish('accepted', 'x', { id: 'before' });
      await waitFor(() => seen.includes('before'), { what: 'the message', timeoutMs: 10_000 });
      await onChannel(amqpUrl, async (channel) => {
        await channel.deleteQueue('test.taken');
        await channel.deleteQueue('test.accepted');
      });
      await waitFor(
        () => {
          bus.publish('accepted', 'x', { id: 'after' });
          return seen.includes('after');
        },
        { what: 'a message on a new connection' },
      );
      // The consumers of a connection are declared in turn: this one would come last.
      const hasComeBack = waitFor(() => bus.inspect('taken'), { what: 'the refused queue', timeoutMs: 500 });
      await assert.rejects(hasComeBack, /the refused queue: not within/);
    });

    it('hears again from a queue that was deleted', async () => {
      const { amqpUrl } = fixture;
      if (amqpUrl === undefined) return;
      const seen: unknown[] = [];
      await one.consume({
        queue: 'deleted',
        bindings: [{ exchange: 'deleted', routing_key: '#' }],
        prefetch: 1,
        handler: async ({ id }) => {
          seen.push(id);
        },
      });
      await onChannel(amqpUrl, (channel) => channel.deleteQueue('test.deleted'));
      await waitFor(
        () => {
          two.publish('deleted', 'x', { id: 'after' });
          return seen.includes('after');
        },
        { what: 'a message for the new queue', timeoutMs: 20_000 },
      );
    });

    it('waits for handlers under way when a consumer is cancelled', async () => {
      let started = false;
      let finish = () => {};
      let finished = false;
      const consumer = await one.consume({
        queue: 'cancelled',
        bindings: [{ exchange: 'cancelled', routing_key: '#' }],
        prefetch: 1,
        handler: async () => {
          started = true;
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          finished = true;
        },
      });
      two.publish('cancelled', 'x', { id: 1 });
      await waitFor(() => started, { what: 'the messages' });
      const cancelled = consumer.cancel().then(() => assert.equal(finished, true));
      finish();
      await cancelled;
    });

    it('hears what a queue is bound to now, and no longer what it was bound to before', async () => {
      const seen: unknown[] = [];
      const bindings = (...keys: string[]) => keys.map((routing_key) => ({ exchange: 'rebound', routing_key }));
      const consumer = await one.consume({
        queue: 'rebound',
        bindings: bindings('old', 'kept'),
        prefetch: 1,
        handler: async (message, key, exchange) => {
          seen.push(`${exchange} ${key} ${message.id}`);
        },
      });
      await consumer.rebind(bindings('kept', 'new'));
      for (const key of ['old', 'kept', 'new']) two.publish('rebound', key, { id: 1 });
      await waitFor(() => seen.length >= 2, { what: 'the messages' });
      two.publish('rebound', 'kept', { id: 'last' });
      await waitFor(() => seen.includes('rebound kept last'), { what: 'the last message' });
      assert.deepEqual(seen, ['rebound kept 1', 'rebound new 1', 'rebound kept last']);
    });

    it("binds to another system's exchanges; one that it is refused does no harm to the others", async () => {
      const seen: unknown[] = [];
      const foreign = (exchange: string) => ({ exchange, routing_key: 'topic.info', foreign: true });
      await one.consume({
        queue: 'foreign',
        bindings: [foreign('amq.reserved'), foreign('another-system')],
        prefetch: 1,
        handler: async (message, key, exchange) => {
          seen.push(`${exchange} ${key} ${message.id}`);
        },
      });
      await fixture.publishForeign('another-system', 'topic.info', { id: 1 });
      await waitFor(() => seen.length > 0, { what: 'the message' });
      assert.deepEqual(seen, ['another-system topic.info 1']);
    });

    it('may publish where nobody has listened yet, to several places at once, and goes on', async () => {
      const seen: unknown[] = [];
      for (const exchange of ['early', 'earlier', 'earliest']) two.publish(exchange, 'x', { id: 'unheard' });
      await one.subscribe({
        bindings: [{ exchange: 'earliest', routing_key: '#' }],
        handler: (message) => seen.push(message.id),
      });
      await waitFor(
        () => {
          two.publish('earliest', 'x', { id: 'heard' });
          return seen.includes('heard');
        },
        { what: 'a message published later' },
      );
    });

    it('publishes again after the broker has closed its channel', async () => {
      if (fixture.removeExchange === undefined) return;
      const seen: unknown[] = [];
      two.publish('removed', 'x', { id: 'first' });
      await waitFor(() => fixture.removeExchange?.('removed'), { what: 'the exchange to be there and go' });
      two.publish('removed', 'x', { id: 'costs the channel' });
      await waitFor(
        async () => {
          const consumer = await one.subscribe({
            bindings: [{ exchange: 'removed', routing_key: '#' }],
            handler: (message) => seen.push(message.id),
          });
          two.publish('removed', 'x', { id: 'again' });
          await waitFor(() => seen.includes('again'), { what: 'the message', timeoutMs: 1_000 }).catch(() => undefined);
          await consumer.cancel();
          return seen.includes('again');
        },
        { what: 'a message on a new channel' },
      );
    });

    it('is closed, though the broker goes away before it has agreed', async () => {
      if (fixture.connectByLine === undefined) return;
      const { bus, line } = await fixture.connectByLine();
      line.stall();
      let isStopped = false;
      const stopping = bus.stop().then(() => {
        isStopped = true;
      });
      line.cut();
      await waitFor(() => isStopped, { what: 'the end of the bus', timeoutMs: 10_000 });
      await stopping;
      await line.close();
    });

    it('refuses consumers while the broker is away; those it has may change and end', {
      timeout: 180_000,
    }, async () => {
      const seen: unknown[] = [];
      const options = (queue: string, routing_key: string) => ({
        queue,
        bindings: [{ exchange: 'away', routing_key }],
        prefetch: 1,
        handler: async (_message: Message, key: string) => {
          seen.push(`${queue} ${key}`);
        },
      });
      const kept = await one.consume(options('away.kept', 'old'));
      const ended = await one.consume(options('away.ended', '#'));
      const subscription = await one.subscribe(options('away.subscription', '#'));
      await fixture.stopBroker();
      await waitFor(() => !one.connected() && !two.connected(), { what: 'the end of the connections' });
      await assert.rejects(one.consume(options('away.refused', '#')), UnavailableError);
      await assert.rejects(one.subscribe(options('away.refused', '#')), UnavailableError);
      await ended.cancel();
      await subscription.cancel();
      await kept.rebind(options('', 'new').bindings);
      await fixture.startBroker();
      await waitFor(
        () => {
          if (one.connected() && two.connected()) two.publish('away', 'new', {});
          return seen.length > 0;
        },
        { what: 'a message by the new binding' },
      );
      assert.deepEqual([...new Set(seen)], ['away.kept new']);
      const heard = seen.length;
      two.publish('away', 'old', {});
      two.publish('away', 'new', {});
      await waitFor(() => seen.length > heard, { what: 'the message after one by the binding that was given up' });
      assert.deepEqual([...new Set(seen)], ['away.kept new']);
      for (const queue of ['away.ended', 'away.refused']) {
        const { consumers } = await one.inspect(queue).catch(() => ({ consumers: 0 }));
        assert.equal(consumers, 0, queue);
      }
    });

    it('goes on after the broker was killed', async () => {
      const seen = new Set<unknown>();
      await one.consume({
        queue: 'survivor',
        bindings: [{ exchange: 'survivor', routing_key: '#' }],
        prefetch: 5,
        handler: async (message) => {
          seen.add(message.id);
        },
      });
      two.publish('survivor', 'x', { id: 'before' });
      await waitFor(() => seen.has('before'), { what: 'the messages' });
      await fixture.stopBroker();
      await fixture.startBroker();
      await waitFor(
        () => {
          if (one.connected() && two.connected()) two.publish('survivor', 'x', { id: 'after' });
          return seen.has('after');
        },
        { what: 'a message after the restart' },
      );
    });
  });
}
