import { forgetOldest } from '../../core/forget-oldest.ts';
import { EXCHANGES, type SubscribeOptions } from '../../platform/bus/bus.ts';

/** Executions of which it is remembered that there was news. */
const REMEMBERED = 10_000;

/**
 * Hands messages on so that the creation of an execution comes before what follows from it: st2api tells of the one, a runner of the other,
 * and a runner may be faster. Where the first news is that an execution runs, its creation is told with it, and the word of it that comes
 * after is dropped.
 */
export function creationFirst(handle: SubscribeOptions['handler']): SubscribeOptions['handler'] {
  /** By id, whether the creation was told ahead of the word of it. */
  const known = new Map<string, boolean>();

  function remember(id: string, isToldAhead: boolean): void {
    known.set(id, isToldAhead);
    forgetOldest(known, REMEMBERED);
  }

  return (message, kind, exchange) => {
    if (!exchange.endsWith(EXCHANGES.execution)) return handle(message, kind, exchange);
    const id = String(message.id);
    const isToldAhead = known.get(id);
    if (kind === 'create' && isToldAhead === true) return;
    if (isToldAhead === undefined) {
      const isOvertaking = kind === 'update' && message.status === 'running';
      remember(id, isOvertaking);
      if (isOvertaking) handle({ ...message, status: 'requested' }, 'create', exchange);
    }
    handle(message, kind, exchange);
  };
}
