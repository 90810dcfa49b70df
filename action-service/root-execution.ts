import type { Execution } from '../stores/executions.ts';
import type { Stores } from '../stores/stores.ts';

/** Deeper nesting of workflows than this is a loop in the records. */
const MAX_DEPTH = 100;

/** The execution at the top of the tree that another one belongs to, without its result; `undefined` for one that has no parent. */
export async function rootOf(
  { executions }: Pick<Stores, 'executions'>,
  { parent: first }: Pick<Execution, 'parent'>,
): Promise<Execution | undefined> {
  let root: Execution | undefined;
  let parent = first;
  for (let depth = 0; parent !== undefined && depth < MAX_DEPTH; depth += 1) {
    const found: Execution | undefined = await executions.get(parent, { exclude: ['result'] });
    if (found === undefined) break;
    root = found;
    parent = found.parent;
  }
  return root;
}
