/**
 * Copies of actions and runner types as they were when an execution was made. A copy is stored once per content and
 * shared by all executions: the execution holds its hash.
 */
import { createHash } from 'node:crypto';
import { errorCode } from '../core/errors.ts';
import type { Stores } from '../stores/stores.ts';

const CACHE_LIMIT = 2_000;

export interface Snapshots {
  /** Stores the copy unless it is there, and gives its hash. */
  put(body: Readonly<Record<string, unknown>>): Promise<string>;
  get(hash: string): Promise<Readonly<Record<string, unknown>>>;
}

export function createSnapshots(stores: Stores): Snapshots {
  const cache = new Map<string, Readonly<Record<string, unknown>>>();
  const remember = (hash: string, body: Readonly<Record<string, unknown>>) => {
    if (cache.size >= CACHE_LIMIT) cache.delete(cache.keys().next().value as string);
    cache.set(hash, body);
  };
  return {
    async put(body) {
      const hash = createHash('sha1').update(JSON.stringify(body)).digest('hex');
      if (cache.has(hash)) return hash;
      try {
        if ((await stores.snapshots.findOne({ hash })) === undefined) await stores.snapshots.insert({ hash, body });
      } catch (error) {
        // Another process stored the same copy in between.
        if (errorCode(error) !== 'CONFLICT') throw error;
      }
      remember(hash, body);
      return hash;
    },
    async get(hash) {
      const known = cache.get(hash);
      if (known !== undefined) return known;
      const body = (await stores.snapshots.findOne({ hash }))?.body ?? {};
      remember(hash, body);
      return body;
    },
  };
}
