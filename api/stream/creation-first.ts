import { EXCHANGES, type Message } from '../../platform/bus/bus.ts';

/** What is done with a message of the bus. @param kind of the event @param exchange that it came from */
export type MessageHandler = (message: Message, kind: string, exchange: string) => void;

/** Executions of which it is remembered that there was news. */
const REMEMBERED = 10_000;

/**
 * Hands messages on so that the creation of an execution comes before what follows from it: st2api tells of the one, a runner of the other,
 * and a runner may be faster. The first news that an execution runs tell of its creation as well; the word of it that comes after is dropped.
 */
export function creationFirst(handle: MessageHandler): MessageHandler {
  const known = new Set<string>();

  /** @returns whether there was news of it before */
  function know(id: string): boolean {
    if (known.has(id)) return true;
    known.add(id);
    const [oldest] = known;
    if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
    return false;
  }

  return (message, kind, exchange) => {
    const isOfExecution = exchange.endsWith(EXCHANGES.execution);
    const isKnown = isOfExecution && know(String(message.id));
    if (isKnown && kind === 'create') return;
    const isOvertaking = isOfExecution && !isKnown && kind === 'update' && message.status === 'running';
    if (isOvertaking) handle({ ...message, status: 'requested' }, 'create', exchange);
    handle(message, kind, exchange);
  };
}
