/**
 * The rules engine: takes trigger instances, finds the rules that they fire, has the actions requested.
 *
 * 1. An instance is taken by a compare-and-set from `pending` to `processing`, with a lease: of several engines one has it.
 * 2. What an engine left half done (killed, database away) is taken again when the lease is over; the idempotency key of
 *    the requests keeps that from making a second execution.
 * 3. A rule that fails keeps no other rule from its action: it alone is tried again, and in the end its enforcement says why.
 * 4. Messages only hurry: a sweep finds instances whose message was lost.
 */
import type { KeyValueService } from '../../action-service/keyvalue/keyvalue-service.ts';
import { errorMessage } from '../../core/errors.ts';
import { withKeyValues } from '../../core/params/index.ts';
import { type Bus, type Consumer, EXCHANGES } from '../../platform/bus/bus.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { lapsedLease } from '../../stores/lapsed-lease.ts';
import type { Stores } from '../../stores/stores.ts';
import { createSweep } from '../sweep.ts';
import type { RuleEnforcer } from './enforce-rule.ts';
import type { RuleVerdict } from './match-rules.ts';
import { createRuleLoader } from './rule-loader.ts';
import type { TriggerInstance } from './trigger-instance.ts';
import type { TraceContext, TriggerTraces } from './trigger-traces.ts';

export const RULES_ENGINE_QUEUE = 'st2.trigger_instances_dispatch.rules_engine';
const MAX_ATTEMPTS = 5;
const BATCH = 200;

const isLast = ({ attempts = 1 }: TriggerInstance) => attempts >= MAX_ATTEMPTS;

export interface RulesEngineDeps {
  readonly stores: Stores;
  readonly bus: Bus;
  readonly keyValues: KeyValueService;
  readonly enforcer: RuleEnforcer;
  readonly traces: TriggerTraces;
  readonly instance: string;
  readonly logger: Logger;
  readonly settings: {
    /** Instances handled at once. */
    readonly prefetch: number;
    /** Seconds. */
    readonly sweep_interval: number;
    readonly lost_after: number;
    readonly lease: number;
  };
}

export function createRulesEngine(deps: RulesEngineDeps): Service {
  const { stores, bus, keyValues, enforcer, traces, settings } = deps;
  const logger = deps.logger.child({ component: 'rules-engine' });
  const loadRules = createRuleLoader(stores);
  let consumer: Consumer | undefined;

  /** Those that an engine left. */
  const left = () => ({
    status: 'processing',
    $or: lapsedLease('processing.expires_at', settings.lease * 1000),
  });

  async function take(id: string): Promise<TriggerInstance | undefined> {
    const change = {
      $set: {
        status: 'processing',
        processing: { owner: deps.instance, expires_at: new Date(Date.now() + settings.lease * 1000) },
      },
      $inc: { attempts: 1 },
    };
    const pending = await stores.triggerInstances.updateOne({ id, status: 'pending' }, change);
    if (pending !== undefined) return pending as TriggerInstance;
    return (await stores.triggerInstances.updateOne({ id, ...left() }, change)) as TriggerInstance | undefined;
  }

  async function finish(id: string, status: 'processed' | 'processing_failed'): Promise<void> {
    await stores.triggerInstances.updateOne(
      { id, 'processing.owner': deps.instance },
      { $set: { status }, $unset: { processing: 1, attempts: 1 } },
    );
  }

  async function judge(instance: TriggerInstance): Promise<readonly RuleVerdict[]> {
    const rules = await loadRules(instance.trigger);
    if (rules.size === 0) return [];
    return withKeyValues(
      ({ key }) => keyValues.value('system', key, '', false),
      (source) =>
        rules.match({
          payload: instance.payload,
          keyValues: source,
          decrypt: (text) => keyValues.decrypt(text),
          now: new Date(),
        }),
    );
  }

  async function follow(verdict: RuleVerdict, instance: TriggerInstance, trace: TraceContext): Promise<void> {
    if (verdict.outcome === 'failed') await enforcer.recordFailure(verdict.rule, instance, verdict.reason);
    if (verdict.outcome !== 'matched') return;
    try {
      await enforcer.enforce(verdict.rule, instance, trace);
    } catch (error) {
      if (isLast(instance)) await enforcer.giveUp(verdict.rule, instance, error);
      throw error;
    }
  }

  async function process(instance: TriggerInstance): Promise<void> {
    const [trace, verdicts] = await Promise.all([traces.enterInstance(instance), judge(instance)]);
    const failures: unknown[] = [];
    for (const verdict of verdicts) await follow(verdict, instance, trace).catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
    await finish(instance.id, 'processed');
  }

  async function handle(id: string): Promise<void> {
    const instance = await take(id);
    if (instance === undefined) return;
    try {
      await process(instance);
    } catch (error) {
      const facts = { trigger_instance_id: id, trigger: instance.trigger, reason: errorMessage(error) };
      if (!isLast(instance)) {
        logger.warn(facts, 'trigger instance could not be handled, it is taken again later');
        return;
      }
      logger.error(facts, 'trigger instance could not be handled');
      await finish(id, 'processing_failed');
    }
  }

  async function recover(): Promise<void> {
    const now = Date.now();
    const lost = await stores.triggerInstances.find(
      { status: 'pending', occurrence_time: { $lt: new Date(now - settings.lost_after * 1000) } },
      { sort: { occurrence_time: 1 }, limit: BATCH, include: ['id'] },
    );
    const abandoned = await stores.triggerInstances.find(left(), { limit: BATCH, include: ['id'] });
    for (const { id } of [...lost, ...abandoned]) await handle(id);
  }

  const sweep = createSweep({ everyMs: settings.sweep_interval * 1000, work: recover, what: 'lost instances', logger });

  return {
    async start() {
      consumer = await bus.consume({
        queue: RULES_ENGINE_QUEUE,
        prefetch: settings.prefetch,
        bindings: [{ exchange: EXCHANGES.triggerInstance, routing_key: '#' }],
        handler: (message) => handle(String(message.id)),
      });
      await sweep.start();
      logger.info('rules engine takes trigger instances');
    },
    async stop() {
      await consumer?.cancel();
      await sweep.stop();
    },
  };
}
