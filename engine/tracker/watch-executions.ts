/**
 * Watches the workflows in progress. News come by push; polling finds what no push told of.
 *
 * 1. An execution is polled by the tracker that holds its lease (`tracking`); who dies, loses it.
 * 2. Cost does not grow with the number of finished workflows: only unfinished ones are looked for, by index.
 * 3. What does not change is asked for less and less often, with jitter.
 */
import { errorMessage } from '../../core/errors.ts';
import { EXECUTION_STATUSES, type ExecutionStatus, isActive } from '../../core/statuses.ts';
import { type Bus, bindingsOf, EXCHANGES } from '../../platform/bus/bus.ts';
import { createOnDemandSubscription } from '../../platform/bus/on-demand-subscription.ts';
import type { Service } from '../../platform/lifecycle.ts';
import { lapsedLease } from '../../stores/lapsed-lease.ts';
import type { WorkflowNews } from './read-ahead.ts';
import type { TrackerContext } from './tracker-context.ts';
import { updateExecution } from './update-execution.ts';

export interface WatchOptions {
  readonly owner: string;
  /** Milliseconds between polls of a workflow that changes. */
  readonly interval: number;
  /** Polls at once. */
  readonly poolSize: number;
  /** Milliseconds that a lease holds. */
  readonly lease: number;
}

export interface Watch extends Service {
  /** Something has happened to this execution's workflow. @param said by the workflow */
  news(executionId: string, said?: WorkflowNews): Promise<void>;
  /** Workflows followed, and by how many milliseconds the poll that is most overdue is late. */
  load(): { readonly watched: number; readonly overdueMs: number };
}

/** A look at the workflow of one execution. */
interface LookUnderWay {
  readonly done: Promise<void>;
  /** Raised when there is something newer to look at. */
  readonly overtaken: AbortController;
  following: Promise<void> | undefined;
}

/** Why an execution is looked at. */
interface Reason {
  readonly isPoll?: boolean | undefined;
  readonly said?: WorkflowNews | undefined;
}

interface Watched {
  /** By `performance.now()`: a clock that is set must not hold back what is due. */
  due: number;
  interval: number;
  /** Ends the listening for children, while it waits for some. */
  stopWaiting: (() => void) | undefined;
}

const IN_PROGRESS: readonly ExecutionStatus[] = ['running', 'pausing', 'paused', 'canceling', 'resuming'];
const CLAIMS_PER_TICK = 100;
/** Times the usual interval. A poll finds what no news told of, which is rare: what has long been quiet may wait for it longer. */
const SLOWEST = 60;
const TICK_MS = 250;
/** Between polls, to begin with, where the end of a child was heard and its workflow has not taken it in yet. */
const SOON_MS = 100;

export function createWatch(context: TrackerContext, bus: Bus, options: WatchOptions): Watch {
  const { stores, logger } = context;
  const { owner, interval, poolSize, lease } = options;
  const watched = new Map<string, Watched>();
  const known = new Map<string, string>();
  const looks = new Map<string, LookUnderWay>();
  let timer: NodeJS.Timeout | undefined;
  let ticking: Promise<void> = Promise.resolve();
  let lastClaim = Number.NEGATIVE_INFINITY;
  let lastRenewal = performance.now();
  let wasConnected = true;

  const children = createOnDemandSubscription(bus, {
    bindings: bindingsOf(
      EXCHANGES.liveactionStatus,
      EXECUTION_STATUSES.filter((status) => !isActive(status)),
    ),
    handler: ({ id }) => {
      childChanged(String(id)).catch(() => undefined);
    },
  });

  async function childChanged(id: string): Promise<void> {
    const child = await stores.executions.get(id, { include: ['parent'] });
    const parent = child?.parent === undefined ? undefined : watched.get(child.parent);
    if (child?.parent === undefined || parent?.stopWaiting === undefined) return;
    parent.interval = SOON_MS;
    await update(child.parent);
  }

  function forget(id: string): void {
    watched.get(id)?.stopWaiting?.();
    watched.delete(id);
    known.delete(id);
  }

  /** One look at a time for an execution, and one that follows it: that one sees all that has come until it begins. */
  async function update(id: string, why: Reason = {}): Promise<void> {
    const present = looks.get(id);
    if (present === undefined) return await begin(id, why);
    present.overtaken.abort();
    present.following ??= present.done.then(() => begin(id, { isPoll: why.isPoll }));
    await present.following;
  }

  async function begin(id: string, why: Reason): Promise<void> {
    const overtaken = new AbortController();
    const look: LookUnderWay = { overtaken, done: updateNow(id, overtaken.signal, why), following: undefined };
    looks.set(id, look);
    await look.done;
    if (look.following === undefined) looks.delete(id);
  }

  async function updateNow(id: string, isOvertaken: AbortSignal, { isPoll, said }: Reason): Promise<void> {
    const entry = watched.get(id);
    try {
      const outcome = await updateExecution(context, id, known, isOvertaken, said);
      if (outcome.done) return forget(id);
      if (entry === undefined) return;
      if (outcome.waitsForChildren && entry.stopWaiting === undefined) {
        entry.stopWaiting = await children.need().catch(() => undefined);
        // One may have ended before it could be heard.
        if (entry.stopWaiting !== undefined) return await updateNow(id, isOvertaken, { isPoll });
      } else if (!outcome.waitsForChildren) {
        entry.stopWaiting?.();
        entry.stopWaiting = undefined;
      }
      // Not by news, of which a thousand may come at once.
      if (outcome.changed) entry.interval = interval;
      else if (isPoll === true) entry.interval = Math.min(entry.interval * 1.5, interval * SLOWEST);
    } catch (error) {
      logger.warn({ execution_id: id, reason: errorMessage(error) }, 'workflow could not be followed, trying again');
      if (entry !== undefined) entry.interval = Math.min(entry.interval * 2, interval * SLOWEST);
    }
    if (entry !== undefined) entry.due = performance.now() + entry.interval * (0.8 + Math.random() * 0.4);
  }

  /** Takes executions that nobody watches. */
  async function claim(): Promise<void> {
    const now = new Date();
    const free = { $or: [{ tracking: { $exists: false } }, ...lapsedLease('tracking.expires_at', lease)] };
    const found = await stores.executions.find(
      { status: { $in: IN_PROGRESS }, runner_type: 'mistral-v2', ...free },
      { include: ['id'], limit: CLAIMS_PER_TICK },
    );
    const tracking = { owner, expires_at: new Date(now.getTime() + lease) };
    for (const { id } of found) {
      if ((await stores.executions.updateOne({ id, ...free }, { $set: { tracking } })) === undefined) continue;
      watched.set(id, { due: performance.now() + interval * Math.random(), interval, stopWaiting: undefined });
    }
  }

  async function renew(): Promise<void> {
    if (watched.size === 0) return;
    const mine = { _id: { $in: [...watched.keys()] }, 'tracking.owner': owner };
    await stores.executions.updateMany(mine, { $set: { 'tracking.expires_at': new Date(Date.now() + lease) } });
    const kept = new Set((await stores.executions.find(mine, { include: ['id'] })).map(({ id }) => id));
    for (const id of watched.keys()) if (!kept.has(id)) forget(id);
  }

  /** While the bus was away there may have been news. */
  function catchUp(): void {
    const isConnected = bus.connected();
    if (isConnected && !wasConnected) {
      for (const entry of watched.values()) {
        entry.interval = interval;
        entry.due = Math.min(entry.due, performance.now() + interval * Math.random());
      }
    }
    wasConnected = isConnected;
  }

  async function tick(): Promise<void> {
    const now = performance.now();
    catchUp();
    if (now - lastClaim >= interval) {
      lastClaim = now;
      await claim();
    }
    if (now - lastRenewal >= lease / 3) {
      lastRenewal = now;
      await renew();
    }
    const due = [...watched]
      .filter(([id, entry]) => entry.due <= now && !looks.has(id))
      .slice(0, Math.max(poolSize - looks.size, 0));
    for (const [id] of due) void update(id, { isPoll: true });
  }

  function schedule(): void {
    timer = setTimeout(() => {
      ticking = tick()
        .catch((error: unknown) => logger.warn({ reason: errorMessage(error) }, 'looking for workflows failed'))
        .finally(() => {
          if (timer !== undefined) schedule();
        });
    }, TICK_MS);
  }

  return {
    news: (id, said) => update(id, { said }),
    load() {
      const now = performance.now();
      const late = [...watched].map(([id, { due }]) => (looks.has(id) ? 0 : now - due));
      return { watched: watched.size, overdueMs: late.reduce((most, one) => Math.max(most, one), 0) };
    },
    async start() {
      schedule();
    },
    async stop() {
      clearTimeout(timer);
      timer = undefined;
      await ticking;
      await Promise.all([...looks.values()].map(({ done, following }) => following ?? done));
      await stores.executions.updateMany({ 'tracking.owner': owner }, { $unset: { tracking: 1 } });
    },
  };
}
