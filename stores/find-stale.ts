import type { Collection, Filter, FindOptions, Stored } from './collection.ts';

/**
 * Finds records that were last changed at least `ageMs` milliseconds ago. A time that lies as far in the future comes from a process whose
 * clock had jumped and says nothing: such a record counts as old too, or it would be overlooked until the time has come.
 *
 * @param filter besides the age; by the first field of an index
 * @param options the limit holds for each of the two kinds
 */
export async function findStale<T extends Stored & { readonly updated_at: Date }>(
  collection: Pick<Collection<T>, 'find'>,
  ageMs: number,
  filter: Filter,
  options: FindOptions = {},
): Promise<readonly T[]> {
  const now = Date.now();
  const old = await collection.find({ ...filter, updated_at: { $lt: new Date(now - ageMs) } }, options);
  const ahead = await collection.find({ ...filter, updated_at: { $gt: new Date(now + ageMs) } }, options);
  return [...old, ...ahead];
}
