/**
 * What all collections have in common: plain records in and out, ids as 24 hex digits, single atomic changes.
 * The embedded database knows neither transactions, pipeline updates, `$where` nor BSON regular expressions; nothing here uses them.
 */
import { createHash } from 'node:crypto';
import mongoose, { type Connection, Schema } from 'mongoose';
import { ConflictError } from '../core/errors.ts';

/** A stored record as the rest of the code sees it: `id` instead of `_id`. */
export interface Stored {
  readonly id: string;
}

/** A MongoDB filter; callers build it from known names, never from a client's object. `id` stands for `_id`. */
export type Filter = Readonly<Record<string, unknown>>;

export interface FindOptions {
  /** `{field: 1 | -1}`, in order. */
  readonly sort?: Readonly<Record<string, 1 | -1>>;
  readonly limit?: number;
  readonly offset?: number;
  /** Only these fields (and `id`). */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** Operators of a change: `$set`, `$unset`, `$push`, `$inc`, `$setOnInsert`. */
export type Change = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Index {
  readonly fields: Readonly<Record<string, 1 | -1>>;
  readonly unique?: boolean;
  readonly sparse?: boolean;
}

export interface CollectionSpec {
  /** Name in the database. */
  readonly name: string;
  readonly indexes: readonly Index[];
  /** Its changes are counted in the database: for what is written seldom and kept in the memory of other processes. */
  readonly counted?: boolean;
}

/** One collection of records of type `T`. */
export interface Collection<T extends Stored> {
  /** Stores a new record, with a new id unless one is given. @throws ConflictError on a duplicate of a unique field */
  insert(record: Omit<T, 'id'> & { readonly id?: string }): Promise<T>;
  /** Stores records that bring their ids; says of each whether it was new by all of its unique fields. */
  insertEach(records: readonly T[]): Promise<readonly boolean[]>;
  insertMany(records: readonly (Omit<T, 'id'> & { readonly id?: string })[]): Promise<void>;
  /** Stores those of the records whose unique fields (the id among them) are not there yet; returns how many were there. */
  insertNew(records: readonly (Omit<T, 'id'> & { readonly id?: string })[]): Promise<number>;
  /** A malformed id counts as not found. */
  get(id: string, options?: FindOptions): Promise<T | undefined>;
  findOne(filter: Filter, options?: FindOptions): Promise<T | undefined>;
  find(filter: Filter, options?: FindOptions): Promise<T[]>;
  count(filter: Filter): Promise<number>;
  distinct(field: string, filter?: Filter): Promise<unknown[]>;
  /** Compare and set: changes one record that still fits the filter, and returns it as it is then; `undefined` when none fits. */
  updateOne(filter: Filter, change: Change, options?: Pick<FindOptions, 'exclude'>): Promise<T | undefined>;
  /** The same for several records at once, each by itself. @returns how many of the filters fitted */
  updateEach(changes: readonly { readonly filter: Filter; readonly change: Change }[]): Promise<number>;
  updateMany(filter: Filter, change: Change): Promise<number>;
  /**
   * Stores records under the ids that they bring, many at once; a stored one whose `version` is higher stays.
   * For records that several processes write, each with what it knows.
   */
  putNewer(records: readonly (T & { readonly version: number })[]): Promise<void>;
  /** Replaces the record that fits, or inserts it; keeps the id. */
  upsert(filter: Filter, record: Omit<T, 'id'>): Promise<T>;
  removeOne(filter: Filter): Promise<T | undefined>;
  removeMany(filter: Filter): Promise<number>;
  /** Creates the indexes; safe to repeat and to race. */
  ensureIndexes(): Promise<void>;
  /** How often this process has written here: what is remembered from before the last write may be out of date. */
  revision(): number;
  /** How often a `counted` collection was changed, by any process; the count is raised before the change is reported as done. */
  storedRevision(): Promise<number>;
}

const DUPLICATE_KEY = 11_000;
const ID = /^[0-9a-f]{24}$/;

/** A new id: 24 hex digits, ascending with time. */
export function newId(): string {
  return new mongoose.Types.ObjectId().toHexString();
}

/**
 * The id of what a text stands for: whoever makes it of the same text has the same id, so that it is stored once.
 *
 * @param algorithm stays what it is for each kind of text: while programs are updated, the old and the new one run beside each other,
 *   and an id made another way would be a second record of the same
 */
export function idOf(algorithm: 'sha1' | 'sha256', text: string): string {
  return createHash(algorithm).update(text).digest('hex').slice(0, 24);
}

/** Bytes of a value as a document of the database. */
export function storedSize(value: object): number {
  return mongoose.mongo.BSON.calculateObjectSize(value as Record<string, unknown>);
}

/** Whether a text has the form of an id. */
export function isId(text: string): boolean {
  return ID.test(text);
}

function toFilter(filter: Filter): Record<string, unknown> {
  if (!Object.hasOwn(filter, 'id')) return { ...filter };
  const { id, ...rest } = filter;
  return { ...rest, _id: id };
}

function toSort(sort: FindOptions['sort']): Record<string, 1 | -1> {
  return Object.fromEntries(
    Object.entries(sort ?? {}).map(([field, order]) => [field === 'id' ? '_id' : field, order]),
  );
}

/** A dotted field is loaded with all of its outer field: not every database nests what such a projection gives. */
function toProjection(options: FindOptions): Record<string, 0 | 1> | undefined {
  if (options.include !== undefined)
    return Object.fromEntries(
      options.include.map((field) => [field === 'id' ? '_id' : (field.split('.')[0] ?? field), 1]),
    );
  if (options.exclude !== undefined && options.exclude.length > 0) {
    return Object.fromEntries(options.exclude.map((field) => [field, 0]));
  }
  return undefined;
}

function toRecord<T>(document: Record<string, unknown> | null): T | undefined {
  if (document === null) return undefined;
  const { _id, ...rest } = document;
  return { id: String(_id), ...rest } as T;
}

const isDuplicate = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === DUPLICATE_KEY;

/** Places in a failed write of what was there already. @throws the error when that is not all that was wrong */
function duplicatesIn(error: unknown): readonly number[] {
  if (!(error instanceof mongoose.mongo.MongoBulkWriteError)) {
    if (isDuplicate(error)) return [0];
    throw error;
  }
  const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  const isAll = error.result.getWriteConcernError() === undefined && failures.length > 0;
  if (!isAll || failures.some((failure) => failure.code !== DUPLICATE_KEY)) throw error;
  return failures.map((failure) => failure.index);
}

/** Makes the collection on a connection. Ids are stored as text, so that they read the same everywhere. */
export function createCollection<T extends Stored>(connection: Connection, spec: CollectionSpec): Collection<T> {
  const schema = new Schema(
    { _id: String },
    { strict: false, minimize: false, versionKey: false, collection: spec.name },
  );
  for (const index of spec.indexes) {
    schema.index(index.fields, { unique: index.unique ?? false, sparse: index.sparse ?? false });
  }
  const model = connection.model(spec.name, schema);

  let writes = 0;
  const revisions = connection.collection<{ _id: string; count: number }>('revisions');

  /** Notes a change, once it is done. */
  async function changed<R>(work: Promise<R>): Promise<R> {
    writes += 1;
    const result = await work;
    if (spec.counted === true) {
      const raise = () => revisions.updateOne({ _id: spec.name }, { $inc: { count: 1 } }, { upsert: true });
      // Of two that make the counter at once, one is refused: the second time it is there.
      await raise().catch(raise);
    }
    return result;
  }

  const toDocument = (record: object & { readonly id?: string }) => {
    const { id, ...rest } = record;
    return { _id: id ?? newId(), ...rest };
  };

  /** Stores those of the records that are new. @returns the places of the others */
  async function insertUnknown(records: readonly object[]): Promise<readonly number[]> {
    if (records.length === 0) return [];
    const documents = records.map(toDocument);
    try {
      // The driver takes far longer for a list of one.
      if (documents.length === 1) await model.collection.insertOne(documents[0] as never);
      else await model.collection.insertMany(documents as never[], { ordered: false });
      return [];
    } catch (error) {
      return duplicatesIn(error);
    }
  }

  /** The stored document that has a unique value of this record already. */
  async function findTwin(record: Readonly<Record<string, unknown>>): Promise<string | undefined> {
    for (const index of spec.indexes.filter((one) => one.unique)) {
      const fields = Object.keys(index.fields);
      if (!fields.every((field) => record[field] !== undefined)) continue;
      const filter = Object.fromEntries(fields.map((field) => [field, record[field]]));
      const twin = await model.collection.findOne(filter, { projection: { _id: 1 } });
      if (twin !== null) return String(twin._id);
    }
    return undefined;
  }

  async function withConflict<R>(record: Readonly<Record<string, unknown>>, work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const name = String(record.ref ?? record.name ?? record._id ?? '');
      throw new ConflictError(
        `Tried to save duplicate unique keys: "${name}" exists already in ${spec.name}.`,
        await findTwin(record),
      );
    }
  }

  return {
    async insert(record) {
      const document = toDocument(record);
      await changed(withConflict(document, () => model.collection.insertOne(document as never)));
      return toRecord<T>(document) as T;
    },
    async insertEach(records) {
      const known = await changed(insertUnknown(records));
      return records.map((_record, place) => !known.includes(place));
    },
    async insertMany(records) {
      if (records.length > 0) await changed(model.collection.insertMany(records.map(toDocument) as never[]));
    },
    insertNew: async (records) => (await changed(insertUnknown(records))).length,
    async get(id, options = {}) {
      return isId(id)
        ? toRecord<T>(await model.collection.findOne({ _id: id as never }, { projection: toProjection(options) }))
        : undefined;
    },
    async findOne(filter, options = {}) {
      return toRecord<T>(
        await model.collection.findOne(toFilter(filter) as never, {
          projection: toProjection(options),
          sort: toSort(options.sort),
        }),
      );
    },
    async find(filter, options = {}) {
      let cursor = model.collection.find(toFilter(filter) as never, { projection: toProjection(options) });
      if (options.sort !== undefined) cursor = cursor.sort(toSort(options.sort));
      if (options.offset !== undefined && options.offset > 0) cursor = cursor.skip(options.offset);
      if (options.limit !== undefined && options.limit > 0) cursor = cursor.limit(options.limit);
      return (await cursor.toArray()).map((document) => toRecord<T>(document as never) as T);
    },
    async count(filter) {
      // The command, not the driver's aggregation of the same name, which reads every document.
      const answer = await connection.db?.command({ count: spec.name, query: toFilter(filter) });
      return Number(answer?.n ?? 0);
    },
    distinct: (field, filter = {}) => model.collection.distinct(field, toFilter(filter) as never),
    async updateOne(filter, change, options = {}) {
      return changed(
        withConflict(filter, async () =>
          toRecord<T>(
            await model.collection.findOneAndUpdate(toFilter(filter) as never, change as never, {
              returnDocument: 'after',
              projection: toProjection(options),
            }),
          ),
        ),
      );
    },
    async updateEach(changes) {
      const statements = changes.map(({ filter, change }) => ({
        updateOne: { filter: toFilter(filter), update: change },
      }));
      return (await changed(model.collection.bulkWrite(statements as never[], { ordered: false }))).matchedCount;
    },
    async updateMany(filter, change) {
      return (await changed(model.collection.updateMany(toFilter(filter) as never, change as never))).modifiedCount;
    },
    async putNewer(records) {
      // Most are new, and to insert a document costs a fraction of what it costs to look for one first.
      const known = (await changed(insertUnknown(records))).flatMap((place) => records[place] ?? []);
      if (known.length === 0) return;
      const changes = known.map(({ id, ...fields }) => ({
        updateOne: {
          filter: { _id: id, version: { $lte: fields.version } },
          update: { $set: fields },
          upsert: true,
        },
      }));
      try {
        await model.collection.bulkWrite(changes as never[], { ordered: false });
      } catch (error) {
        // There is one of a higher version: it did not fit the filter, and its id is taken.
        duplicatesIn(error);
      }
    },
    async upsert(filter, record) {
      const put = async () => {
        const found = await model.collection.findOne(toFilter(filter) as never, { projection: { _id: 1 } });
        const document = { ...record, _id: found === null ? newId() : found._id };
        await changed(
          withConflict(filter, () =>
            model.collection.replaceOne({ _id: document._id as never }, document as never, { upsert: true }),
          ),
        );
        return toRecord<T>(document as never) as T;
      };
      // Of two that insert at once, one is refused: the second time it is there, or something else has taken the unique value.
      return await put().catch((error: unknown) => {
        if (!(error instanceof ConflictError)) throw error;
        return put();
      });
    },
    async removeOne(filter) {
      return toRecord<T>(await changed(model.collection.findOneAndDelete(toFilter(filter) as never)));
    },
    async removeMany(filter) {
      return (await changed(model.collection.deleteMany(toFilter(filter) as never))).deletedCount;
    },
    revision: () => writes,
    storedRevision: async () => (await revisions.findOne({ _id: spec.name }))?.count ?? 0,
    async ensureIndexes() {
      for (const index of spec.indexes) {
        await model.collection.createIndex(index.fields as never, {
          unique: index.unique ?? false,
          sparse: index.sparse ?? false,
        });
      }
    },
  };
}
