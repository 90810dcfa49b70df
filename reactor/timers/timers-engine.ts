/**
 * Fires timer triggers (interval, date, cron).
 *
 * Every engine computes the same times from the same triggers, and the id of a trigger instance is made from trigger and
 * time: of several engines the first one stores it. So a timer fires once, engines can be added and restarted at will, and
 * there is no state to keep beside the trigger instances themselves. (Schedules in Temporal would fire once as well, but need a
 * workflow run for each firing and know nothing of APScheduler's cron fields.)
 *
 * 1. A firing that was missed is made up for when it is less than `misfire_grace` old; of several only the last.
 * 2. A date timer is made up for within a day.
 * 3. No firing is older than its trigger.
 */
import { toTimestamp } from '../../action-service/present-execution.ts';
import type { DispatchTrigger } from '../../action-service/triggers/dispatch-trigger.ts';
import { TIMER_TRIGGER_TYPES } from '../../action-service/triggers/internal-trigger-types.ts';
import { parseTimer, type TimerSchedule } from '../../action-service/triggers/timers/timer-schedule.ts';
import { canonicalJson } from '../../action-service/triggers/trigger-service.ts';
import { errorMessage } from '../../core/errors.ts';
import { type Bus, type Consumer, EXCHANGES } from '../../platform/bus/bus.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { idOf } from '../../stores/collection.ts';
import type { OpenContent } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import { createSweep } from '../sweep.ts';
import { createDueQueue } from './due-queue.ts';

/** The clock is looked at this often at least, so that a jump is noticed. */
const LONGEST_SLEEP_MS = 5_000;
const CLOCK_JUMP_MS = 2_000;
const ONCE_GRACE_MS = 86_400_000;
const MAX_MISSED = 1_000;
/** How long a firing is tried again while the database is away. */
const RETRY_MS = 1_000;
/** How long the stored count of changes is believed to tell of every change: bounds the damage of a writer that died in between. */
const BELIEVED_MS = 600_000;

export interface TimersEngineDeps {
  readonly stores: Stores;
  readonly bus: Bus;
  readonly dispatch: DispatchTrigger;
  readonly logger: Logger;
  readonly settings: {
    /** Seconds. */
    readonly refresh_interval: number;
    readonly misfire_grace: number;
    readonly timezone: string;
  };
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

interface Timer {
  readonly trigger: OpenContent;
  readonly schedule: TimerSchedule;
  readonly created: number;
  readonly signature: string;
}

/** Id of the trigger instance of a timer at a time: the same everywhere. */
export function firingId(triggerRef: string, due: number): string {
  return idOf('sha1', `${triggerRef}@${due}`);
}

const isTimerType = (type: unknown) => TIMER_TRIGGER_TYPES.some((known) => known === type);

/** The creation time in an id. */
const createdAt = (id: string) => Number.parseInt(id.slice(0, 8), 16) * 1000;

export function createTimersEngine(deps: TimersEngineDeps): Service {
  const { stores, bus, dispatch, settings, now = Date.now } = deps;
  const logger = deps.logger.child({ component: 'timers-engine' });
  const timers = new Map<string, Timer>();
  const queue = createDueQueue<Timer>();
  const firing = new Set<Promise<void>>();
  let wake: NodeJS.Timeout | undefined;
  let isStopped = true;
  let watcher: Consumer | undefined;
  /** Triggers that were announced as changed: only these are looked at until it is time to look at all. */
  const changed = new Set<string>();
  let nextFull = 0;
  /** The count of changes to triggers at the last look at all of them, and until when that look is enough as long as it stays. */
  let seenRevision: number | undefined;
  let believedUntil = 0;
  let lastWall = 0;
  let lastMonotonic = 0;

  async function fire(timer: Timer, due: number): Promise<void> {
    const { trigger } = timer;
    const type = String(trigger.type).replace(/^core\./, '');
    try {
      const stored = await dispatch({
        id: firingId(trigger.ref, due),
        trigger: trigger.ref,
        payload: { executed_at: executedAt(now()), schedule: trigger.parameters },
        traceContext: { trace_tag: `${type}-${trigger.name}`, is_new: true },
        occurredAt: new Date(due),
      });
      if (stored !== undefined) logger.debug({ trigger: trigger.ref, due: new Date(due).toISOString() }, 'timer fired');
    } catch (error) {
      const grace = timer.schedule.isOnce ? ONCE_GRACE_MS : settings.misfire_grace * 1000;
      logger.warn({ trigger: trigger.ref, reason: errorMessage(error) }, 'timer could not fire');
      if (isStopped || now() - due > grace) return;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      await fire(timer, due);
    }
  }

  function startFiring(timer: Timer, due: number): void {
    const work = fire(timer, due);
    firing.add(work);
    // fire() does not reject.
    void work.finally(() => firing.delete(work));
  }

  function enqueue(timer: Timer, after: number): void {
    const due = timer.schedule.next(after);
    if (due !== undefined) queue.add(due, timer);
  }

  /** Makes up for the last firing that nobody made, then goes on from now. */
  function catchUp(timer: Timer): void {
    const present = now();
    const grace = timer.schedule.isOnce ? ONCE_GRACE_MS : settings.misfire_grace * 1000;
    let missed: number | undefined;
    let due = timer.schedule.next(Math.max(timer.created - 1, present - grace));
    for (let count = 0; due !== undefined && due <= present && count < MAX_MISSED; count += 1) {
      missed = due;
      due = timer.schedule.next(due);
    }
    if (missed !== undefined) startFiring(timer, missed);
    // A trigger of a clock that was set back since then is due from now on, not only once the clock is there again.
    if (due === undefined || due <= present || timer.created > present) enqueue(timer, present);
    else queue.add(due, timer);
  }

  function rebuild(): void {
    queue.clear();
    for (const timer of timers.values()) catchUp(timer);
  }

  function tick(): void {
    if (isStopped) return;
    const present = now();
    const monotonic = performance.now();
    const jump = Math.abs(present - lastWall - (monotonic - lastMonotonic));
    if (lastWall > 0 && jump > CLOCK_JUMP_MS) {
      logger.warn({ milliseconds: Math.round(jump) }, 'the clock was set, timers are computed anew');
      rebuild();
    }
    lastWall = present;
    lastMonotonic = monotonic;
    for (let taken = queue.takeDue(present); taken !== undefined; taken = queue.takeDue(present)) {
      const { item: timer, due } = taken;
      if (timers.get(timer.trigger.ref) !== timer) continue;
      startFiring(timer, due);
      enqueue(timer, Math.max(due, present - settings.misfire_grace * 1000));
    }
    arm();
  }

  function arm(): void {
    clearTimeout(wake);
    if (isStopped) return;
    const due = queue.nextDue() ?? Number.POSITIVE_INFINITY;
    wake = setTimeout(tick, Math.min(Math.max(due - now(), 0), LONGEST_SLEEP_MS));
  }

  function toTimer(trigger: OpenContent, signature: string): Timer | undefined {
    const created = createdAt(trigger.id);
    const parameters = (trigger.parameters ?? {}) as Readonly<Record<string, unknown>>;
    try {
      const schedule = parseTimer(String(trigger.type), parameters, created, settings.timezone);
      return { trigger, schedule, created, signature };
    } catch (error) {
      logger.warn({ trigger: trigger.ref, reason: errorMessage(error) }, 'timer cannot be scheduled');
      return undefined;
    }
  }

  /** References of the triggers to look at; all of them when it is time for that. */
  function takeChanged(): readonly string[] | undefined {
    const refs = [...changed];
    changed.clear();
    if (performance.now() < nextFull) return refs;
    nextFull = performance.now() + settings.refresh_interval * 1000;
    return undefined;
  }

  /** The timers to look at: those announced as changed, or all when it is time for that and any trigger has changed since. */
  async function load(refs: readonly string[] | undefined): Promise<readonly OpenContent[] | undefined> {
    const type = { $in: [...TIMER_TRIGGER_TYPES] };
    if (refs !== undefined) return refs.length === 0 ? [] : stores.triggers.find({ ref: { $in: [...refs] }, type });
    const revision = await stores.triggers.storedRevision();
    if (revision === seenRevision && performance.now() < believedUntil) return undefined;
    const all = await stores.triggers.find({ type });
    seenRevision = revision;
    believedUntil = performance.now() + BELIEVED_MS;
    return all;
  }

  async function refresh(): Promise<void> {
    const refs = takeChanged();
    let triggers: readonly OpenContent[] | undefined;
    try {
      triggers = await load(refs);
    } catch (error) {
      if (refs === undefined) nextFull = 0;
      for (const ref of refs ?? []) changed.add(ref);
      throw error;
    }
    if (triggers === undefined) return;
    const present = new Set(triggers.map((trigger) => trigger.ref));
    for (const ref of refs ?? timers.keys()) if (!present.has(ref)) timers.delete(ref);
    for (const trigger of triggers) {
      const signature = canonicalJson([trigger.id, trigger.type, trigger.parameters]);
      if (timers.get(trigger.ref)?.signature === signature) continue;
      const timer = toTimer(trigger, signature);
      if (timer === undefined) continue;
      timers.set(trigger.ref, timer);
      catchUp(timer);
    }
    arm();
  }

  const sweep = createSweep({ everyMs: settings.refresh_interval * 1000, work: refresh, what: 'timers', logger });

  return {
    async start() {
      isStopped = false;
      watcher = await bus.subscribe({
        bindings: [{ exchange: EXCHANGES.trigger, routing_key: '#' }],
        handler: ({ ref, type }) => {
          if (typeof ref !== 'string' || !(timers.has(ref) || isTimerType(type))) return;
          changed.add(ref);
          sweep.hurry();
        },
      });
      await refresh();
      await sweep.start();
      logger.info({ timers: timers.size }, 'timers are scheduled');
    },
    async stop() {
      isStopped = true;
      clearTimeout(wake);
      await watcher?.cancel();
      await sweep.stop();
      await Promise.all(firing);
    },
  };
}

/** As Python prints a time: `2024-05-10 12:00:00.123000+00:00`. */
function executedAt(milliseconds: number): string {
  return toTimestamp(new Date(milliseconds)).replace('T', ' ').replace('Z', '+00:00');
}
