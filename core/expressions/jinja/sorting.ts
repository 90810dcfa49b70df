/** Sorting as Python does: stable, by keys, and refusing values that have no order. */
import type { Evaluation } from './evaluation.ts';
import { order } from './operations.ts';

/** A sorted copy. @throws PythonError TypeError when two keys cannot be compared */
export function sortValues(
  items: readonly unknown[],
  keyOf: (item: unknown) => unknown,
  reverse: boolean,
  evaluation: Evaluation,
): unknown[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  const direction = reverse ? -1 : 1;
  keyed.sort((left, right) => direction * order(left.key, right.key, evaluation));
  return keyed.map(({ item }) => item);
}
