import { isId } from '../stores/collection.ts';
import type { Stores } from '../stores/stores.ts';

/** Whether these are ids of stored executions that run in the user's name, all of them. */
export async function areOfUser(stores: Stores, user: string, ids: readonly string[]): Promise<boolean> {
  if (ids.length === 0) return true;
  const found = await stores.executions.find({ id: { $in: ids.filter(isId) } }, { include: ['context'] });
  const own = new Set(found.filter(({ context }) => context.user === user).map(({ id }) => id));
  return ids.every((id) => own.has(id));
}
