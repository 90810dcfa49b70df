/** Finds what messages did not bring: executions that are due, requests and orders lost on the bus, runners that died. */
import type { ActionService } from '../../action-service/contract.ts';
import { errorMessage } from '../../core/errors.ts';
import type { ExecutionStatus } from '../../core/statuses.ts';
import { type Bus, EXCHANGES } from '../../platform/bus/bus.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Reached } from '../policies/contract.ts';
import type { Policies } from '../policies/policies.ts';

const BATCH = 200;
/** Orders that consumers act on; an execution stays in one of these only while somebody works at it. */
const ORDERS: readonly ExecutionStatus[] = ['scheduled', 'canceling', 'pausing', 'resuming'];
const LEASED: readonly ExecutionStatus[] = ['scheduled', 'running', 'canceling', 'pausing', 'resuming'];
const LONGEST_WAIT_MS = 60_000;
const CONNECT_MS = 1_000;

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
  const before = () => new Date(Date.now() - lostAfterMs);
  let lastLook = Date.now();
  let isDatabaseSure = true;
  let judgeFrom = 0;

  /**
   * While the database was away nobody could give a sign of life: when it is back, runners get the time of a lease (and a
   * moment to connect) before their silence means anything.
   */
  function mayJudge(): boolean {
    const now = Date.now();
    if (!isDatabaseSure || now - lastLook > leaseMs) judgeFrom = now + leaseMs + CONNECT_MS;
    isDatabaseSure = true;
    lastLook = now;
    return now >= judgeFrom;
  }

  async function requested(): Promise<void> {
    const lost = await stores.executions.find(
      { status: 'requested', updated_at: { $lt: before() } },
      { sort: { start_timestamp: 1 }, limit: BATCH },
    );
    const reached: Reached = new Set();
    for (const execution of lost) await schedule(execution, reached);
  }

  async function delayed(): Promise<void> {
    const due = await stores.executions.find(
      { status: 'delayed', due_at: { $lte: new Date() } },
      { sort: { start_timestamp: 1 }, limit: BATCH },
    );
    const reached: Reached = new Set();
    for (const execution of due) await schedule(execution, reached);
  }

  /** Says orders again that nobody has carried out, at growing intervals: a long queue is no reason to make it longer. */
  async function orders(): Promise<void> {
    const waiting = await stores.executions.find(
      { status: { $in: ORDERS }, updated_at: { $lt: before() } },
      { sort: { updated_at: 1 }, limit: BATCH, include: ['status', 'updated_at'] },
    );
    const now = Date.now();
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

  /** A runner that gave no sign of life within its lease is dead; so is what it ran. */
  async function leases(): Promise<void> {
    const dead = await stores.executions.find(
      { status: { $in: LEASED }, 'lease.expires_at': { $lt: new Date() } },
      { limit: BATCH, exclude: ['result', 'log'] },
    );
    if (!mayJudge()) return;
    for (const execution of dead) {
      const { id, status, lease } = execution;
      if (lease === undefined) continue;
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

  return async () => {
    for (const sweep of [requested, delayed, orders, leases]) {
      try {
        await sweep();
      } catch (error) {
        isDatabaseSure = false;
        logger.warn({ reason: errorMessage(error), sweep: sweep.name }, 'sweep failed, the next round tries again');
      }
    }
  };
}
