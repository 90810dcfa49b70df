import { NotFoundError } from '../../core/errors.ts';
import type { Collection, Stored } from '../../stores/collection.ts';

/** A record by its id or, where the text holds a dot, by its reference `pack.name`. @throws NotFoundError */
export async function findByRefOrId<T extends Stored>(collection: Collection<T>, refOrId: string): Promise<T> {
  const found = refOrId.includes('.') ? await collection.findOne({ ref: refOrId }) : await collection.get(refOrId);
  if (found === undefined) throw new NotFoundError(`Resource with a reference or id "${refOrId}" not found`);
  return found;
}

/** A record by its id or name. @throws NotFoundError */
export async function findByNameOrId<T extends Stored>(collection: Collection<T>, nameOrId: string): Promise<T> {
  const found = (await collection.get(nameOrId)) ?? (await collection.findOne({ name: nameOrId }));
  if (found === undefined) throw new NotFoundError(`Resource with a name or id "${nameOrId}" not found`);
  return found;
}

/** A record by its id. @throws NotFoundError */
export async function findById<T extends Stored>(collection: Collection<T>, id: string): Promise<T> {
  const found = await collection.get(id);
  if (found === undefined) throw new NotFoundError(`Unable to identify resource with id "${id}".`);
  return found;
}
