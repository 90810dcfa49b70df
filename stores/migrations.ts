/**
 * Brings a database to the form that this version of the product expects: changes of stored data first, each once and in order, then the
 * indexes. Safe to run by several processes at once, and by one of them again after it was killed in the middle.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError, errorCode } from '../core/errors.ts';
import type { Stored } from './collection.ts';
import { ensureIndexes, type Stores } from './stores.ts';

export interface Migration {
  /** What it changes, for the log. */
  readonly about: string;
  /** May run twice: a process may be killed before it could note that it was done. */
  run(stores: Stores): Promise<void>;
}

/** The form of the data. Version n is reached by the first n of these; a released one is never changed or taken out. */
export const MIGRATIONS: readonly Migration[] = [];

export interface SchemaState extends Stored {
  readonly name: string;
  readonly version: number;
  /** Who changes it now, and until when that is believed. */
  readonly busy_until?: Date;
}

const NAME = 'schema';
const BUSY_MS = 600_000;
const LOOK_AGAIN_MS = 500;

/**
 * @throws ConflictError when a newer version of the product has changed the database already
 */
export async function prepareDatabase(stores: Stores, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  const newest = migrations.length;
  for (;;) {
    const version = await versionOf(stores, newest);
    if (version > newest) {
      throw new ConflictError(
        `The database is of version ${version}, and this program knows ${newest}: run the newer version again, or restore a backup.`,
      );
    }
    if (version === newest) break;
    const next = migrations[version];
    if (next === undefined || !(await take(stores, version))) {
      await sleep(LOOK_AGAIN_MS);
      continue;
    }
    await next.run(stores);
    await stores.schema.updateOne(
      { name: NAME, version },
      { $set: { version: version + 1 }, $unset: { busy_until: 1 } },
    );
  }
  await ensureIndexes(stores);
}

/** A database without a note is new (it has what this version makes) unless it holds actions: those are from before there were notes. */
async function versionOf(stores: Stores, newest: number): Promise<number> {
  const state = await stores.schema.findOne({ name: NAME });
  if (state !== undefined) return state.version;
  await stores.schema.ensureIndexes();
  const isUsed = (await stores.actions.findOne({}, { include: ['id'] })) !== undefined;
  const version = isUsed ? 0 : newest;
  try {
    await stores.schema.insert({ name: NAME, version });
  } catch (error) {
    if (errorCode(error) !== 'CONFLICT') throw error; // another process has noted it in this moment
  }
  return (await stores.schema.findOne({ name: NAME }))?.version ?? version;
}

async function take(stores: Stores, version: number): Promise<boolean> {
  const now = new Date();
  const free = { $or: [{ busy_until: { $exists: false } }, { busy_until: { $lt: now } }] };
  const busy_until = new Date(now.getTime() + BUSY_MS);
  return (await stores.schema.updateOne({ name: NAME, version, ...free }, { $set: { busy_until } })) !== undefined;
}
