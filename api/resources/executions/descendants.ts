import { groupBy } from '../../../core/group-by.ts';
import type { Execution } from '../../../stores/executions.ts';
import type { Stores } from '../../../stores/stores.ts';

const MAX_DEPTH = 100;

/**
 * Everything below an execution, loaded level by level.
 *
 * @param depth levels; below 1: all
 * @param order `sorted`: by start; else each child followed by what it ran
 */
export async function descendantsOf(stores: Stores, id: string, depth: number, order: string): Promise<Execution[]> {
  const byParent = new Map<string, Execution[]>();
  const levels = depth < 1 ? MAX_DEPTH : Math.min(depth, MAX_DEPTH);
  let parents = [id];
  for (let level = 0; level < levels && parents.length > 0; level += 1) {
    const found = await stores.executions.find({ parent: { $in: parents } }, { sort: { start_timestamp: 1 } });
    for (const [parent, children] of groupBy(found, (child) => child.parent ?? '')) byParent.set(parent, children);
    parents = found.map((child) => child.id);
  }
  if (order === 'sorted') {
    return [...byParent.values()].flat().sort((a, b) => a.start_timestamp.getTime() - b.start_timestamp.getTime());
  }
  const below = (parent: string): Execution[] =>
    (byParent.get(parent) ?? []).flatMap((child) => [child, ...below(child.id)]);
  return below(id);
}
