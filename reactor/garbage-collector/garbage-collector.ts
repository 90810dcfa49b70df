/**
 * Removes what is older than the settings keep it, in bounded batches with pauses, so that nobody else waits for the
 * database. Safe to run in several processes, though one is enough. Source of the settings: `st2reactor/garbage_collector`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ActionService } from '../../action-service/contract.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Stores } from '../../stores/stores.ts';
import { createSweep } from '../sweep.ts';
import { assertRetention, COLLECTED_KINDS, type CollectedKind, type RetentionSettings } from './kinds.ts';
import { endOverdueInquiries } from './overdue-inquiries.ts';

const DAY_MS = 86_400_000;
const PAUSE_MS = 20;

export interface GarbageCollectorDeps {
  readonly stores: Stores;
  readonly actions: Pick<ActionService, 'changeStatus' | 'endQuestion'>;
  readonly systemUser: string;
  readonly logger: Logger;
  readonly settings: RetentionSettings & {
    /** Seconds. */
    readonly collection_interval: number;
    readonly batch: number;
    readonly purge_inquiries: boolean;
  };
  readonly now?: () => Date;
}

export interface GarbageCollector extends Service {
  /** Collects once; returns how many records of each kind went. */
  collect(): Promise<Readonly<Record<string, number>>>;
  /** Collects now instead of at the next interval. */
  hurry(): void;
}

/** @throws ValidationError for settings that keep records too short */
export function createGarbageCollector(deps: GarbageCollectorDeps): GarbageCollector {
  const { stores, settings, now = () => new Date() } = deps;
  const logger = deps.logger.child({ component: 'garbage-collector' });
  assertRetention(settings);
  let isStopped = false;

  async function collectKind(kind: CollectedKind): Promise<number> {
    const days = kind.setting === undefined ? 1 : settings[kind.setting];
    if (days === 0) return 0;
    const time = new Date(now().getTime() - days * DAY_MS);
    const filter = await kind.before(time, stores);
    const collection = kind.collection(stores);
    let removed = 0;
    // Page by page: what is spared must not be found again.
    for (let last = ''; !isStopped; ) {
      const records = await collection.find(
        { ...filter, id: { $gt: last } },
        { sort: { id: 1 }, limit: settings.batch, include: ['id', ...(kind.fields ?? [])] },
      );
      const spared = (await kind.spare?.(stores, records, time)) ?? new Set();
      const garbage = records.filter((record) => !spared.has(record.id));
      // Parts first: a collection that is cut short here finds the records again and goes on.
      if (garbage.length > 0) await kind.removeParts?.(stores, garbage);
      if (garbage.length > 0) removed += await collection.removeMany({ id: { $in: garbage.map(({ id }) => id) } });
      if (records.length < settings.batch) break;
      last = records.at(-1)?.id ?? last;
      await pause(PAUSE_MS);
    }
    return removed;
  }

  async function collect(): Promise<Readonly<Record<string, number>>> {
    const removed: Record<string, number> = {};
    const attempt = async (name: string, work: () => Promise<number>) => {
      try {
        removed[name] = await work();
      } catch (error) {
        logger.warn({ kind: name, reason: errorMessage(error) }, 'collection failed');
      }
    };
    for (const kind of COLLECTED_KINDS) await attempt(kind.name, () => collectKind(kind));
    await attempt('keys', () => stores.keys.removeMany({ expire_timestamp: { $lt: now() } }));
    if (settings.purge_inquiries) await attempt('inquiries', () => endOverdueInquiries({ ...deps, logger }, now()));
    logger.info({ removed }, 'garbage collected');
    return removed;
  }

  const sweep = createSweep({
    everyMs: settings.collection_interval * 1000,
    work: async () => {
      await collect();
    },
    what: 'garbage',
    logger,
  });

  return {
    collect,
    hurry: () => sweep.hurry(),
    async start() {
      await sweep.start();
      sweep.hurry();
    },
    async stop() {
      isStopped = true;
      await sweep.stop();
    },
  };
}
