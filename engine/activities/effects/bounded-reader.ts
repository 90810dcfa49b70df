import { ValidationError } from '../../../core/errors.ts';
import type { Collection, Filter, FindOptions, Stored } from '../../../stores/collection.ts';

/** How much one call of a function may find: all of it has to fit into the memory of a worker, and of a workflow. */
export interface Bounds<T> {
  readonly records: number;
  readonly characters: number;
  /** What of a record may be of any length. */
  texts(record: T): readonly unknown[];
  /** Says what to ask for instead. */
  readonly refusal: string;
}

/** Reads records that fit a filter, in its order. @throws ValidationError when they are, with those read before, more than the bounds allow */
export type BoundedReader<T> = (
  filter: Filter,
  options: Pick<FindOptions, 'sort' | 'exclude'>,
) => Promise<readonly T[]>;

const FIRST_SLICE = 10;
const LARGEST_SLICE = 500;

/**
 * Makes the reader for one call. What is too much is refused before all of it is read: a few records are read at a time, as many as will
 * fit if they are like those before them.
 */
export function createBoundedReader<T extends Stored>(collection: Collection<T>, bounds: Bounds<T>): BoundedReader<T> {
  const { records, characters, texts, refusal } = bounds;
  let found = 0;
  let read = 0;
  let length = 0;

  function nextSlice(): number {
    if (read === 0) return FIRST_SLICE;
    const likely = Math.floor(((characters - length) * read) / Math.max(length, 1));
    return Math.min(Math.max(likely, 1), LARGEST_SLICE);
  }

  return async (filter, { sort, exclude }) => {
    const options = { sort, limit: records - found + 1, include: ['id'] };
    const ids = (await collection.find(filter, options)).map(({ id }) => id);
    found += ids.length;
    if (found > records) throw new ValidationError(refusal);
    const byId = new Map<string, T>();
    for (let at = 0; at < ids.length; ) {
      const slice = ids.slice(at, at + nextSlice());
      at += slice.length;
      read += slice.length;
      for (const record of await collection.find({ id: { $in: slice } }, { exclude })) {
        byId.set(record.id, record);
        length += texts(record).reduce<number>((sum, text) => sum + lengthOf(text), 0);
      }
      if (length > characters) throw new ValidationError(refusal);
    }
    return ids.flatMap((id) => byId.get(id) ?? []);
  };
}

const lengthOf = (text: unknown) => (typeof text === 'string' ? text.length : 0);
