import type { Stores } from '../stores/stores.ts';

const COLLECT_MS = 50;

/**
 * Notes in the database that callbacks were delivered, many at once. A note that is lost (the process ends before it is
 * written) only makes a sweep deliver once more, which changes nothing.
 */
export function createDeliveredMarks(
  stores: Stores,
  onError: (error: unknown) => void,
): { add(executionId: string): void } {
  let ids: string[] = [];
  let timer: NodeJS.Timeout | undefined;

  function write(): void {
    timer = undefined;
    const batch = ids;
    ids = [];
    stores.executions
      .updateMany({ id: { $in: batch }, callback_state: 'pending' }, { $set: { callback_state: 'delivered' } })
      .catch(onError);
  }

  return {
    add(executionId) {
      ids.push(executionId);
      if (timer === undefined) timer = setTimeout(write, COLLECT_MS).unref();
    },
  };
}
