import type { Collection, Filter, Stored } from './collection.ts';

const LIMIT = 5_000;

/**
 * Remembers what `load` made of a collection for a while. A write by this process makes it load anew; a write by another process is
 * seen after `ttlMs`. A failure is not remembered.
 */
export function rememberLoad<T extends Stored, V>(
  collection: Collection<T>,
  load: () => Promise<V>,
  ttlMs: number,
): () => Promise<V> {
  let known: { readonly value: Promise<V>; readonly until: number; readonly revision: number } | undefined;
  return () => {
    const revision = collection.revision();
    if (known !== undefined && known.until >= performance.now() && known.revision === revision) return known.value;
    const made = { value: load(), until: performance.now() + ttlMs, revision };
    known = made;
    made.value.catch(() => {
      if (known === made) known = undefined;
    });
    return made.value;
  };
}

/**
 * Looks records up by one field and remembers what it found for a while: for records that are read with every request and seldom
 * change. A write by this process forgets everything at once; a write by another process is seen after `ttlMs`.
 * What was not found is not remembered. Who asks while the database is being asked waits for the same answer.
 */
export function rememberBy<T extends Stored>(
  collection: Collection<T>,
  field: keyof T & string,
  ttlMs: number,
): (value: string) => Promise<T | undefined> {
  const known = new Map<string, { readonly record: T; readonly until: number }>();
  const asked = new Map<string, Promise<T | undefined>>();
  let revision = collection.revision();

  async function ask(value: string): Promise<T | undefined> {
    const before = revision;
    const record = await collection.findOne({ [field]: value } as Filter);
    // A write that came in between may have changed what was just read.
    if (record !== undefined && collection.revision() === before)
      known.set(value, { record, until: performance.now() + ttlMs });
    return record;
  }

  return async (value) => {
    if (collection.revision() !== revision || known.size > LIMIT) {
      known.clear();
      asked.clear();
      revision = collection.revision();
    }
    const found = known.get(value);
    if (found !== undefined && found.until > performance.now()) return found.record;
    const already = asked.get(value);
    if (already !== undefined) return already;
    const answer = ask(value).finally(() => {
      if (asked.get(value) === answer) asked.delete(value);
    });
    asked.set(value, answer);
    return answer;
  };
}
