import type { OrderMark } from '../contract.ts';

/**
 * Keeps old news away from the workflow. A pause and the resume behind it may arrive in any order, be it that two processes tell of them
 * or that Temporal delivers two signals at once; taken last, the pause would hold the workflow for good.
 *
 * @returns whether a message with this mark is to be heard; `about` is what the messages are about. One without a mark is heard.
 */
export function createOrderFilter(): (about: string, mark: OrderMark | undefined) => boolean {
  const heard = new Map<string, OrderMark>();
  return (about, mark) => {
    if (mark === undefined) return true;
    const last = heard.get(about);
    if (last?.from === mark.from && mark.number < last.number) return false;
    heard.set(about, mark);
    return true;
  };
}
