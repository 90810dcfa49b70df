import type { ExecutionStatus } from '../../core/statuses.ts';
import { EXCHANGES, type Message } from '../../platform/bus/bus.ts';

/** What is done with a message of the bus. @param kind of the event @param exchange that it came from */
export type MessageHandler = (message: Message, kind: string, exchange: string) => void;

/** How long news of an execution wait for the word of its creation. Milliseconds. */
const PATIENCE_MS = 500;
/** Executions of which it is remembered that they need not wait. */
const REMEMBERED = 10_000;
/** What is told of an execution right after its creation. */
const FIRST: readonly ExecutionStatus[] = ['scheduled', 'running'];

/**
 * Hands messages on so that the creation of an execution comes before what follows from it: st2api tells of the one, a runner of the other,
 * and a runner may be faster. News whose creation was told before anyone listened wait for a moment, once.
 */
export function creationFirst(handle: MessageHandler): MessageHandler {
  const begun = new Set<string>();
  const held = new Map<string, { readonly messages: Parameters<MessageHandler>[]; readonly timer: NodeJS.Timeout }>();

  function begin(id: string): void {
    if (begun.size >= REMEMBERED) begun.clear();
    begun.add(id);
    const waiting = held.get(id);
    held.delete(id);
    clearTimeout(waiting?.timer);
    for (const message of waiting?.messages ?? []) handle(...message);
  }

  function isFirstNews(id: string, { status }: Message, exchange: string): boolean {
    return exchange.endsWith(EXCHANGES.execution) && FIRST.includes(status as ExecutionStatus) && !begun.has(id);
  }

  return (message, kind, exchange) => {
    const id = String(message.execution_id ?? message.id);
    const waiting = held.get(id);
    if (kind === 'create' && exchange.endsWith(EXCHANGES.execution)) {
      handle(message, kind, exchange);
      begin(id);
    } else if (waiting !== undefined) waiting.messages.push([message, kind, exchange]);
    else if (isFirstNews(id, message, exchange)) {
      const timer = setTimeout(() => begin(id), PATIENCE_MS).unref();
      held.set(id, { messages: [[message, kind, exchange]], timer });
    } else handle(message, kind, exchange);
  };
}
