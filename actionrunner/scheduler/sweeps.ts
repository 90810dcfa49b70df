/** Finds what messages did not bring: executions that are due, requests and orders lost on the bus, runners that died. */
import type { ActionService } from '../../action-service/contract.ts';
import { errorCode, errorMessage } from '../../core/errors.ts';
import type { ExecutionStatus } from '../../core/statuses.ts';
import { type Bus, EXCHANGES } from '../../platform/bus/bus.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Execution } from '../../stores/executions.ts';
import { findStale } from '../../stores/find-stale.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Reached } from '../policies/contract.ts';
import type { Policies } from '../policies/policies.ts';

const BATCH = 200;
/** Orders that consumers act on; an execution stays in one of these only while somebody works at it. */
const ORDERS: readonly ExecutionStatus[] = ['scheduled', 'canceling', 'pausing', 'resuming'];
const LEASED: readonly ExecutionStatus[] = ['scheduled', 'running', 'canceling', 'pausing', 'resuming'];
const LONGEST_WAIT_MS = 60_000;
const CONNECT_MS = 1_000;
/** A workflow that could not be started in that time is given up: perhaps it is what its runners die of. */
const START_LIMIT_MS = 600_000;

export interface SweepDeps {
  readonly stores: Stores;
  readonly actions: ActionService;
  readonly bus: Bus;
  readonly policies: Pick<Policies, 'after'>;
  readonly logger: Logger;
  /** Age after which a message counts as lost. */
  readonly lostAfterMs: number;
  /** Length of a lease. */
  readonly leaseMs: number;
  readonly schedule: (execution: Execution, reached?: Reached) => Promise<void>;
}

/** @returns one round of all sweeps; a sweep that fails does not keep the others from running */
export function createSweeps(deps: SweepDeps): () => Promise<void> {
  const { stores, actions, bus, policies, logger, lostAfterMs, leaseMs, schedule } = deps;
  const repeats = new Map<string, { readonly due: number; readonly wait: number }>();
  const signs = new Map<string, { readonly lease: string; readonly seen: number }>();
  let delayedFrom = BATCH;
  let lastLook = performance.now();
  let isDatabaseSure = true;
  let judgeFrom = 0;

  /**
   * While the database was away nobody could give a sign of life: when it is back, runners get the time of a lease (and a
   * moment to connect) before their silence means anything.
   */
  function mayJudge(): boolean {
    const now = performance.now();
    if (!isDatabaseSure || now - lastLook > leaseMs) judgeFrom = now + leaseMs + CONNECT_MS;
    isDatabaseSure = true;
    lastLook = now;
    return now >= judgeFrom;
  }

  async function requested(): Promise<void> {
    const options = { sort: { start_timestamp: 1 }, limit: BATCH } as const;
    const lost = await findStale(stores.executions, lostAfterMs, { status: 'requested' }, options);
    const reached: Reached = new Set();
    for (const execution of lost) await schedule(execution, reached);
  }

  /**
   * The oldest come first, and of the others some in each round: behind many that a policy holds back may be one whose time has come.
   */
  async function delayed(): Promise<void> {
    const reached: Reached = new Set();
    const look = async (offset: number) => {
      const due = await stores.executions.find(
        { status: 'delayed', due_at: { $lte: new Date() } },
        { sort: { start_timestamp: 1 }, limit: BATCH, offset },
      );
      for (const execution of due) await schedule(execution, reached);
      return due.length === BATCH;
    };
    const isMore = (await look(0)) && (await look(delayedFrom));
    delayedFrom = isMore ? delayedFrom + BATCH : BATCH;
  }

  /** Says orders again that nobody has carried out, at growing intervals: a long queue is no reason to make it longer. */
  async function orders(): Promise<void> {
    const options = { sort: { updated_at: 1 }, limit: BATCH, include: ['status', 'updated_at'] } as const;
    // Of each kind by itself: pauses may wait for long actions, and are not to hide a start that was lost.
    const found = await Promise.all(
      ORDERS.map((status) => findStale(stores.executions, lostAfterMs, { status }, options)),
    );
    const waiting = found.flat();
    const now = performance.now();
    const seen = new Set<string>();
    for (const { id, status, updated_at } of waiting) {
      const key = `${id} ${status} ${updated_at.getTime()}`;
      seen.add(key);
      const repeat = repeats.get(key) ?? { due: 0, wait: lostAfterMs };
      if (repeat.due > now) continue;
      repeats.set(key, { due: now + repeat.wait, wait: Math.min(repeat.wait * 2, LONGEST_WAIT_MS) });
      bus.publish(EXCHANGES.liveactionStatus, status, { id, status });
    }
    for (const key of repeats.keys()) if (!seen.has(key)) repeats.delete(key);
  }

  /**
   * A runner that gave no sign of life within its lease is dead; so is what it ran. A sign is that the lease has changed, as seen from
   * here: clocks of two machines differ, and one that jumps must not kill what lives.
   */
  async function leases(): Promise<void> {
    const held = await stores.executions.find(
      { status: { $in: LEASED }, 'lease.owner': { $exists: true } },
      { include: ['lease'] },
    );
    const now = performance.now();
    const present = new Set(held.map(({ id }) => id));
    for (const id of signs.keys()) if (!present.has(id)) signs.delete(id);
    const silent = held.filter(({ id, lease }) => {
      const text = `${lease?.owner} ${lease?.expires_at.getTime()}`;
      const sign = signs.get(id);
      if (sign?.lease === text) return now - sign.seen > leaseMs;
      signs.set(id, { lease: text, seen: now });
      return false;
    });
    if (!mayJudge()) return;
    for (const { id, lease: seen } of silent) {
      const execution = await stores.executions.get(id, { exclude: ['result', 'log'] });
      if (execution?.lease === undefined || execution.lease.expires_at.getTime() !== seen?.expires_at.getTime())
        continue;
      const { status, lease } = execution;
      signs.delete(id);
      if (await startAgain(execution)) continue;
      logger.warn({ execution_id: id, owner: lease.owner }, 'action runner died, its execution is abandoned');
      const error = `The action runner ${lease.owner} died while it ran this action.`;
      const retried = status === 'running' && (await policies.after({ ...execution, status: 'abandoned' }));
      await actions.changeStatus(id, status === 'canceling' ? 'canceled' : 'abandoned', {
        ifLeasedBy: lease.owner,
        lease: null,
        ...(retried ? { callback: null } : {}),
        ...(status === 'canceling' ? {} : { result: { error, traceback: '' } }),
      });
    }
  }

  /**
   * A workflow whose runner died before it had begun is given to another runner: starting it twice starts it once, and one that has begun
   * unseen must not go on below an execution that is over.
   */
  async function startAgain({ id, status, lease, updated_at, context }: Execution): Promise<boolean> {
    const isOld = Date.now() - updated_at.getTime() > START_LIMIT_MS;
    if (status !== 'scheduled' || lease === undefined || isOld || context['re-run'] !== undefined) return false;
    const released = await actions.updateProgress(id, { lease: null, ifLeasedBy: lease.owner });
    if (released === undefined) return true;
    logger.warn(
      { execution_id: id, owner: lease.owner },
      'action runner died while it started a workflow, another one does it',
    );
    bus.publish(EXCHANGES.liveactionStatus, status, { id, status });
    return true;
  }

  /** What was to go on as soon as it is paused, where nobody was left to resume it. */
  async function passing(): Promise<void> {
    const options = { limit: BATCH, include: ['id'] } as const;
    const filter = { pause_state: 'passing', status: 'paused' };
    for (const { id } of await findStale(stores.executions, lostAfterMs, filter, options)) {
      await actions.resume(id, 'system').catch((error: unknown) => {
        // Somebody was faster.
        if (errorCode(error) !== 'VALIDATION') throw error;
      });
    }
  }

  return async () => {
    for (const sweep of [requested, delayed, orders, leases, passing]) {
      try {
        await sweep();
      } catch (error) {
        isDatabaseSure = false;
        logger.warn({ reason: errorMessage(error), sweep: sweep.name }, 'sweep failed, the next round tries again');
      }
    }
  };
}
