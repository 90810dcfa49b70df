/**
 * A small topic broker for machines without RabbitMQ: one process serves all services over loopback TCP.
 * Frames are JSON, one a line. It keeps queues in memory only: what a message announces is in the database, and sweeps find it again.
 *
 * From clients: `{op:'consume', id, queue?, bindings, prefetch, n}`, `{op:'rebind', queue, bindings, gone, n}`, `{op:'cancel', id, n}`,
 * `{op:'publish', exchange, key, message}`, `{op:'ack', tag}`, `{op:'nack', tag, keep?}`; `{op:'inspect', queue, n}` is answered by
 * `{op:'pong', n, state}`, each other frame with an `n` by `{op:'pong', n}`.
 * To clients: `{op:'deliver', id, tag, exchange, key, message, redelivered}`.
 *
 * A consumer without a queue has one of its own, which goes with it: by `cancel` or with its connection. `nack` drops a message that
 * was delivered before, unless it says to `keep` it. After `cancel` what was delivered can still be settled.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { type Binding, bindingKey } from './bus.ts';
import { createFrameReader } from './local-frames.ts';

interface Queued {
  readonly exchange: string;
  readonly key: string;
  readonly message: unknown;
  redelivered: boolean;
}

interface BrokerConsumer {
  readonly socket: Socket;
  readonly id: number;
  readonly prefetch: number;
  readonly unacked: Map<number, Queued>;
}

interface BrokerQueue {
  readonly name: string;
  readonly exclusive: Socket | undefined;
  readonly bindings: Map<string, { exchange: string; matches: (key: string) => boolean }>;
  readonly messages: Queued[];
  readonly consumers: BrokerConsumer[];
  /** Cancelled, with messages that they have not settled yet. */
  readonly leaving: Set<BrokerConsumer>;
  next: number;
}

/** Makes a matcher of a topic pattern: words between dots, `*` one word, `#` any number of words. */
export function topicMatcher(pattern: string): (key: string) => boolean {
  if (pattern === '#') return () => true;
  const words = pattern.split('.');
  const match = (p: number, parts: readonly string[], k: number): boolean => {
    if (p === words.length) return k === parts.length;
    if (words[p] === '#') {
      for (let skip = k; skip <= parts.length; skip += 1) if (match(p + 1, parts, skip)) return true;
      return false;
    }
    return k < parts.length && (words[p] === '*' || words[p] === parts[k]) && match(p + 1, parts, k + 1);
  };
  return (key) => match(0, key.split('.'), 0);
}

/** Starts the broker on a loopback port; `close` drops all connections. */
export async function startLocalBroker(port: number): Promise<{ readonly port: number; close(): Promise<void> }> {
  const queues = new Map<string, BrokerQueue>();
  const sockets = new Set<Socket>();
  let lastTag = 0;

  const send = (socket: Socket, frame: unknown) => {
    if (socket.writable) socket.write(`${JSON.stringify(frame)}\n`);
  };

  function pump(queue: BrokerQueue): void {
    for (let idle = 0; queue.messages.length > 0 && idle < queue.consumers.length; ) {
      const consumer = queue.consumers[queue.next % queue.consumers.length] as BrokerConsumer;
      queue.next += 1;
      if (consumer.unacked.size >= consumer.prefetch) {
        idle += 1;
        continue;
      }
      idle = 0;
      const queued = queue.messages.shift() as Queued;
      lastTag += 1;
      if (consumer.prefetch !== Number.POSITIVE_INFINITY) consumer.unacked.set(lastTag, queued);
      send(consumer.socket, { op: 'deliver', id: consumer.id, tag: lastTag, ...queued });
    }
  }

  function queueOf(socket: Socket, name: string | undefined, id: number): BrokerQueue {
    const key = name ?? `exclusive-${id}-${socket.remotePort}`;
    let queue = queues.get(key);
    if (queue === undefined) {
      queue = {
        name: key,
        exclusive: name === undefined ? socket : undefined,
        bindings: new Map(),
        messages: [],
        consumers: [],
        leaving: new Set(),
        next: 0,
      };
      queues.set(key, queue);
    }
    return queue;
  }

  function bind(queue: BrokerQueue, bindings: readonly Binding[]): void {
    for (const binding of bindings) {
      const { exchange, routing_key } = binding;
      queue.bindings.set(bindingKey(binding), { exchange, matches: topicMatcher(routing_key) });
    }
  }

  function settle(socket: Socket, tag: number, outcome: 'done' | 'again' | 'keep'): void {
    for (const queue of queues.values()) {
      for (const consumer of [...queue.consumers, ...queue.leaving]) {
        const queued = consumer.socket === socket ? consumer.unacked.get(tag) : undefined;
        if (queued === undefined) continue;
        consumer.unacked.delete(tag);
        if (consumer.unacked.size === 0) queue.leaving.delete(consumer);
        if (outcome === 'keep' || (outcome === 'again' && !queued.redelivered))
          queue.messages.unshift({ ...queued, redelivered: true });
        pump(queue);
        return;
      }
    }
  }

  function stopFeeding(queue: BrokerQueue, consumer: BrokerConsumer): void {
    const index = queue.consumers.indexOf(consumer);
    if (index !== -1) queue.consumers.splice(index, 1);
  }

  function removeConsumer(queue: BrokerQueue, consumer: BrokerConsumer): void {
    stopFeeding(queue, consumer);
    queue.leaving.delete(consumer);
    queue.messages.unshift(...[...consumer.unacked.values()].map((queued) => ({ ...queued, redelivered: true })));
    pump(queue);
  }

  function drop(socket: Socket): void {
    sockets.delete(socket);
    for (const queue of [...queues.values()]) {
      if (queue.exclusive === socket) {
        queues.delete(queue.name);
        continue;
      }
      for (const consumer of [...queue.consumers, ...queue.leaving]) {
        if (consumer.socket === socket) removeConsumer(queue, consumer);
      }
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: frames come from our own client on loopback
  function take(socket: Socket, frame: any): void {
    switch (frame.op) {
      case 'consume': {
        const queue = queueOf(socket, frame.queue, frame.id);
        bind(queue, frame.bindings);
        const prefetch = frame.queue === undefined ? Number.POSITIVE_INFINITY : frame.prefetch;
        queue.consumers.push({ socket, id: frame.id, prefetch, unacked: new Map() });
        send(socket, { op: 'pong', n: frame.n });
        return pump(queue);
      }
      case 'rebind': {
        const queue = queueOf(socket, frame.queue, frame.id);
        for (const binding of frame.gone) queue.bindings.delete(bindingKey(binding));
        bind(queue, frame.bindings);
        return send(socket, { op: 'pong', n: frame.n });
      }
      case 'cancel': {
        for (const queue of [...queues.values()]) {
          const consumer = queue.consumers.find((one) => one.socket === socket && one.id === frame.id);
          if (consumer === undefined) continue;
          // What is unacked stays with the client, which finishes it: the queue only stops feeding it.
          stopFeeding(queue, consumer);
          if (queue.exclusive === socket) queues.delete(queue.name);
          else if (consumer.unacked.size > 0) queue.leaving.add(consumer);
        }
        return send(socket, { op: 'pong', n: frame.n });
      }
      case 'publish':
        for (const queue of queues.values()) {
          for (const binding of queue.bindings.values()) {
            if (binding.exchange !== frame.exchange || !binding.matches(frame.key)) continue;
            queue.messages.push({
              exchange: frame.exchange,
              key: frame.key,
              message: frame.message,
              redelivered: false,
            });
            pump(queue);
            break;
          }
        }
        return;
      case 'ack':
        return settle(socket, frame.tag, 'done');
      case 'inspect': {
        const queue = queues.get(frame.queue);
        const state = { messages: queue?.messages.length ?? 0, consumers: queue?.consumers.length ?? 0 };
        return send(socket, { op: 'pong', n: frame.n, state });
      }
      case 'nack':
        return settle(socket, frame.tag, frame.keep === true ? 'keep' : 'again');
      default:
        send(socket, { op: 'pong', n: frame.n });
    }
  }

  const server: Server = createServer((socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on(
      'data',
      createFrameReader((frame) => take(socket, frame)),
    );
    socket.on('close', () => drop(socket));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
