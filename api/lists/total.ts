/** How many records a list has in all. */
import { serialize } from 'node:v8';
import type { Collection, Filter, Stored } from '../../stores/collection.ts';

/** Counting reads an entry of an index for each record: from here on that costs more than the page itself. */
const LARGE = 10_000;
/** For how long the total of a large list may be behind. */
const REMEMBERED_MS = 1_000;

interface Remembered {
  readonly total: number;
  readonly until: number;
}

const remembered = new WeakMap<object, Map<string, Remembered>>();

/**
 * Counts what fits. The total of a large list is remembered for a second; that of any other is exact.
 *
 * @param clock milliseconds, steady
 */
export async function countTotal<T extends Stored>(
  collection: Pick<Collection<T>, 'count'>,
  filter: Filter,
  clock: () => number = () => performance.now(),
): Promise<number> {
  const totals = remembered.get(collection) ?? new Map<string, Remembered>();
  remembered.set(collection, totals);
  const key = serialize(filter).toString('latin1');
  const known = totals.get(key);
  if (known !== undefined && known.until > clock()) return known.total;
  const total = await collection.count(filter);
  const now = clock();
  for (const [other, { until }] of totals) if (until <= now) totals.delete(other);
  if (total >= LARGE) totals.set(key, { total, until: now + REMEMBERED_MS });
  return total;
}
