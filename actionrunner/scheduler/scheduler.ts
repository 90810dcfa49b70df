/**
 * The scheduler: decides when a requested execution may run.
 *
 * 1. It acts on messages; sweeps find what messages did not bring, and nothing is polled for in the normal case.
 * 2. Any number of schedulers may run: `requested` or `delayed` to `scheduled` is a compare-and-set, and limits of concurrency
 *    are slots of which each can be taken once (policies/concurrency.ts).
 */
import type { ActionService } from '../../action-service/contract.ts';
import { errorMessage } from '../../core/errors.ts';
import { COMPLETED_STATUSES } from '../../core/statuses.ts';
import { type Bus, bindingsOf, type Consumer, EXCHANGES, type Message } from '../../platform/bus/bus.ts';
import { createOnDemandSubscription } from '../../platform/bus/on-demand-subscription.ts';
import type { Config } from '../../platform/config/load-config.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Reached } from '../policies/contract.ts';
import type { Policies } from '../policies/policies.ts';
import { createSweeps } from './sweeps.ts';

/** Executions held back by a policy that are tried when one of their action ends. */
const TRIED_AT_ONCE = 20;

export interface SchedulerDeps {
  readonly stores: Stores;
  readonly actions: ActionService;
  readonly bus: Bus;
  readonly config: Config;
  readonly policies: Policies;
  readonly logger: Logger;
}

export function createScheduler(deps: SchedulerDeps): Service {
  const { stores, actions, bus, config, policies } = deps;
  const logger = deps.logger.child({ component: 'scheduler' });
  const timers = new Map<string, NodeJS.Timeout>();
  const consumers: Consumer[] = [];
  let sweepTimer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let granting: Promise<void> = Promise.resolve();
  let hearing: Promise<(() => void) | undefined> | undefined;
  let stopped = false;

  /** From the first execution that a policy holds back here. */
  const ends = createOnDemandSubscription(bus, {
    bindings: bindingsOf(EXCHANGES.liveactionStatus, COMPLETED_STATUSES),
    handler(message) {
      granting = granting
        .then(() => nextOf(message))
        .catch((error: unknown) =>
          logger.warn({ reason: errorMessage(error) }, 'those held back by a policy could not be given their turn'),
        );
    },
  });

  /** While the bus is away the sweep looks. */
  function hearEnds() {
    hearing ??= ends.need().catch(() => {
      hearing = undefined;
      return undefined;
    });
    return hearing;
  }

  async function load(id: string): Promise<Execution | undefined> {
    return stores.executions.get(id, { exclude: ['result', 'log'] });
  }

  /** What nothing can hold back does not come here. */
  async function take({ id }: Message): Promise<void> {
    const execution = await load(String(id));
    if (execution !== undefined) await schedule(execution);
  }

  /** @param reached limits found full in this round */
  async function schedule(execution: Execution, reached?: Reached): Promise<void> {
    const { id, status, due_at: dueAt } = execution;
    if (status !== 'requested' && status !== 'delayed') return;
    if (dueAt !== undefined && dueAt.getTime() > Date.now()) return delay(execution, dueAt);
    let verdict = await policies.before(execution, reached);
    if (verdict === 'delay') await hearEnds();
    if (verdict === 'delay' && status === 'requested') {
      await actions.changeStatus(id, 'delayed', { from: ['requested'], due_at: new Date() });
      // Who ended before that was stored could not know of it: nobody else will say that there is room now.
      verdict = await policies.before(execution);
    }
    // The end of another one makes room, and is announced (see nextOf); the sweep looks as well.
    if (verdict === 'delay') return;
    if (verdict === 'cancel') {
      const result = { message: 'Action canceled: a concurrency policy allows no more of it at once.' };
      await actions.changeStatus(id, 'canceled', { from: ['requested', 'delayed'], result });
      return;
    }
    await actions.changeStatus(id, 'scheduled', { from: ['requested', 'delayed'] });
  }

  async function delay({ id, status }: Execution, until: Date): Promise<void> {
    if (status === 'requested') await actions.changeStatus(id, 'delayed', { from: ['requested'], due_at: until });
    if (stopped || timers.has(id)) return;
    const wait = until.getTime() - Date.now();
    // Those far off are found by the sweep when they are due.
    if (wait > config.scheduler.sweep_interval * 2_000) return;
    timers.set(
      id,
      setTimeout(
        () => {
          timers.delete(id);
          load(id)
            .then((due) => (due === undefined ? undefined : schedule(due)))
            .catch((error: unknown) =>
              logger.warn(
                { execution_id: id, reason: errorMessage(error) },
                'delayed execution could not be scheduled',
              ),
            );
        },
        Math.max(wait, 0),
      ),
    );
  }

  /** An execution ended: those of its action that a policy holds back may have their turn. */
  async function nextOf({ id, action_ref: actionRef }: Message): Promise<void> {
    if (typeof actionRef === 'string' && !(await policies.hasBefore(actionRef))) return;
    const ended = await stores.executions.get(String(id), { include: ['action_ref', 'parameters'] });
    if (ended === undefined || !(await policies.hasBefore(ended.action_ref))) return;
    const reached: Reached = new Set();
    for (const filter of await policies.heldBackBy(ended)) {
      const waiting = await stores.executions.find(
        { ...filter, action_ref: ended.action_ref, status: 'delayed' },
        { sort: { start_timestamp: 1 }, limit: TRIED_AT_ONCE, exclude: ['result', 'log'] },
      );
      // `due_at` of those was set by the policy, or has passed, or lies in the future by request (`delay`).
      for (const execution of waiting) {
        const asked = execution.delay === undefined ? 0 : execution.start_timestamp.getTime() + execution.delay;
        if (asked <= Date.now()) await schedule({ ...execution, due_at: undefined }, reached);
      }
    }
  }

  const sweep = createSweeps({
    stores,
    actions,
    bus,
    policies,
    logger,
    schedule,
    lostAfterMs: config.scheduler.lost_after * 1000,
    leaseMs: config.actionrunner.lease * 1000,
  });

  function armSweep(): void {
    // A jitter of a quarter keeps several schedulers from sweeping in step.
    const wait = config.scheduler.sweep_interval * 1000 * (0.75 + Math.random() / 2);
    sweepTimer = setTimeout(() => {
      sweeping = sweep().finally(() => {
        if (!stopped) armSweep();
      });
    }, wait);
  }

  return {
    async start() {
      consumers.push(
        await bus.consume({
          queue: 'st2.actionrunner.req',
          prefetch: config.scheduler.prefetch,
          bindings: [{ exchange: EXCHANGES.liveactionStatus, routing_key: 'requested' }],
          handler: (message) => take(message),
        }),
      );
      armSweep();
      logger.info('scheduler takes requests');
    },
    async stop() {
      stopped = true;
      clearTimeout(sweepTimer);
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      (await hearing)?.();
      await Promise.all(consumers.splice(0).map((consumer) => consumer.cancel()));
      await Promise.all([sweeping, granting]);
    },
  };
}
