/**
 * Copies of actions and runner types as they were when an execution was made. A copy is stored once per content and
 * shared by all executions: the execution holds its hash.
 */
import { createHash } from 'node:crypto';
import { errorCode } from '../core/errors.ts';
import { forgetOldest } from '../core/forget-oldest.ts';
import type { Stores } from '../stores/stores.ts';

const CACHE_LIMIT = 2_000;
/** How often the use of a copy is noted: what was not used for long, and is not referred to any more, gets removed. */
const NOTE_USE_MS = 3_600_000;

export interface Snapshots {
  /** Stores the copy unless it is there, and gives its hash. What was given is not to change afterwards. */
  put(body: Readonly<Record<string, unknown>>): Promise<string>;
  get(hash: string): Promise<Readonly<Record<string, unknown>>>;
}

export function createSnapshots(stores: Stores): Snapshots {
  /** Hashes of what was given: the same object comes with many requests. */
  const hashes = new WeakMap<object, string>();
  const hashOf = (body: Readonly<Record<string, unknown>>): string => {
    const known = hashes.get(body);
    if (known !== undefined) return known;
    const hash = createHash('sha1').update(JSON.stringify(body)).digest('hex');
    hashes.set(body, hash);
    return hash;
  };
  const cache = new Map<string, { readonly body: Readonly<Record<string, unknown>>; readonly notedUntil: number }>();
  const remember = (hash: string, body: Readonly<Record<string, unknown>>, notedUntil: number) => {
    cache.set(hash, { body, notedUntil });
    forgetOldest(cache, CACHE_LIMIT);
  };
  return {
    async put(body) {
      const hash = hashOf(body);
      const now = Date.now();
      if ((cache.get(hash)?.notedUntil ?? 0) > now) return hash;
      const used_at = new Date(now);
      try {
        if ((await stores.snapshots.updateOne({ hash }, { $set: { used_at } })) === undefined)
          await stores.snapshots.insert({ hash, body, used_at });
      } catch (error) {
        // Another process stored the same copy in between.
        if (errorCode(error) !== 'CONFLICT') throw error;
      }
      remember(hash, body, now + NOTE_USE_MS);
      return hash;
    },
    async get(hash) {
      const known = cache.get(hash);
      if (known !== undefined) return known.body;
      const body = (await stores.snapshots.findOne({ hash }))?.body ?? {};
      remember(hash, body, 0);
      return body;
    },
  };
}
