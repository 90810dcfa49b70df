/**
 * The message bus: topic exchanges as RabbitMQ has them, small JSON messages that carry ids and never bodies.
 *
 * 1. At least once: a handler must be safe to run twice. A message whose handler fails twice is dropped.
 * 2. Publishing never fails the caller: what a message announces is stored before, and sweeps find what was not announced. While the
 *    broker is away messages wait for it.
 * 3. Consumers survive a restart of the broker: they are declared again on the new connection. So does the consumer of a queue
 *    that was deleted, with the queue.
 */

/** Ids and a few words: what a consumer needs to look the rest up. */
export type Message = Readonly<Record<string, unknown>>;

export interface Binding {
  readonly exchange: string;
  /** Topic pattern: `*` is one word, `#` any number of words. */
  readonly routing_key: string;
  /** The exchange is another system's: its name is taken as it is, and it is made (topic, not durable) only where it is missing. */
  readonly foreign?: boolean;
}

/** Bindings of several routing keys to one exchange. */
export function bindingsOf(exchange: string, routingKeys: readonly string[]): readonly Binding[] {
  return routingKeys.map((routing_key) => ({ exchange, routing_key }));
}

/** What tells a binding from others of the same queue. */
export function bindingKey({ exchange, routing_key, foreign }: Binding): string {
  return `${foreign ? 'foreign ' : ''}${exchange} ${routing_key}`;
}

/** Those of the bindings that are not among the others. */
export function bindingsWithout(bindings: readonly Binding[], others: readonly Binding[]): readonly Binding[] {
  const keys = new Set(others.map(bindingKey));
  return bindings.filter((one) => !keys.has(bindingKey(one)));
}

export interface ConsumeOptions {
  /** Name of the durable queue, shared by all consumers that name it. */
  readonly queue: string;
  readonly bindings: readonly Binding[];
  /** Messages handled at once by this consumer. */
  readonly prefetch: number;
  /**
   * A rejected promise sends the message back to the queue once; the second time it is dropped and logged. One that is rejected
   * with a {@link NotNowError} sends it back however often that happens.
   */
  readonly handler: (message: Message, routingKey: string, exchange: string) => Promise<void>;
}

/**
 * What a handler rejects with when a message is not to blame and must not be lost, as when its process ends. The message goes back
 * to the front of its queue and is delivered again at once, to the same consumer as well: who goes on consuming waits before. It
 * counts as delivered before: another failure then drops it.
 */
export class NotNowError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'NotNowError';
  }
}

export interface SubscribeOptions {
  readonly bindings: readonly Binding[];
  /** Called for each message; every subscriber gets its own copy. Must not throw. */
  readonly handler: (message: Message, routingKey: string, exchange: string) => void;
}

export interface QueueState {
  readonly messages: number;
  readonly consumers: number;
}

export interface Consumer {
  /**
   * Takes no new messages; resolves when those under way are done and the broker keeps nothing for this consumer. While the broker
   * is away it resolves at once.
   */
  cancel(): Promise<void>;
}

/** A consumer of a queue. */
export interface QueueConsumer extends Consumer {
  /**
   * Binds the queue anew: to these, and no longer to what this consumer has bound it to before. While the broker is away this is
   * only noted: the next connection is told of these, and what was bound before stays bound.
   */
  rebind(bindings: readonly Binding[]): Promise<void>;
}

export interface Bus {
  start(): Promise<void>;
  /** Hands a message to the broker, now or when it is back (see rule 2). */
  publish(exchange: string, routingKey: string, message: Message): void;
  /** @throws when the broker is away or refuses: then nothing is consumed later either */
  consume(options: ConsumeOptions): Promise<QueueConsumer>;
  /** @throws as {@link Bus.consume} does */
  subscribe(options: SubscribeOptions): Promise<Consumer>;
  /** Messages that wait in a queue, and who takes them. @throws when the broker is away or has no such queue */
  inspect(queue: string): Promise<QueueState>;
  /** Whether a connection stands. */
  connected(): boolean;
  stop(): Promise<void>;
}

/** Exchange names, as StackStorm has them. */
export const EXCHANGES = {
  liveactionStatus: 'st2.liveaction.status',
  liveaction: 'st2.liveaction',
  execution: 'st2.execution',
  executionEnd: 'st2.execution.end',
  /** Ends of which somebody is still to be told, by `callback.source`. Not StackStorm's. */
  executionCallback: 'st2.execution.callback',
  executionOutput: 'st2.execution.output',
  announcement: 'st2.announcement',
  executionState: 'st2.actionexecutionstate',
  triggerInstance: 'st2.trigger_instances_dispatch',
  trigger: 'st2.trigger',
  sensor: 'st2.sensor',
  workflowStatus: 'st2.workflow.status',
  rule: 'st2.rule',
} as const;
