import { createBatch } from '../platform/batch.ts';
import type { Stores } from '../stores/stores.ts';

/** Shorter than the age from which the sweep looks at undelivered callbacks. */
const COLLECT_MS = 400;
const MOST = 200;

/**
 * Notes in the database that callbacks were delivered, many at once. A note that is lost (the process ends before it is
 * written) only makes a sweep deliver once more, which changes nothing.
 */
export function createDeliveredMarks(
  stores: Stores,
  onError: (error: unknown) => void,
): { add(executionId: string): void } {
  const marks = createBatch<string>(
    async (ids) => {
      await stores.executions.updateMany(
        { id: { $in: [...ids] }, callback_state: 'pending' },
        { $set: { callback_state: 'delivered' } },
      );
    },
    { waitMs: COLLECT_MS, most: MOST },
  );
  return {
    add(executionId) {
      marks.add(executionId).catch(onError);
    },
  };
}
