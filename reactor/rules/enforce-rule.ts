/**
 * What follows from a rule that matched: a request for its action, and the record of it (the enforcement).
 * The request carries the pair of instance and rule as its idempotency key: however often an instance is handled, each of
 * its rules makes one execution.
 */
import type { ActionService } from '../../action-service/contract.ts';
import { toTimestamp } from '../../action-service/present-execution.ts';
import { triggerView } from '../../action-service/triggers/trigger-service.ts';
import { errorCode, errorMessage, TramontaneError } from '../../core/errors.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { idOf } from '../../stores/collection.ts';
import type { Execution } from '../../stores/executions.ts';
import { rememberBy } from '../../stores/remembered.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Rule } from './rule.ts';
import type { TriggerInstance } from './trigger-instance.ts';
import type { TraceContext, TriggerTraces } from './trigger-traces.ts';

export interface RuleEnforcer {
  /** Requests the action of a rule. @throws what is no fault of the rule and may pass (a database that is away) */
  enforce(rule: Rule, instance: TriggerInstance, trace: TraceContext): Promise<void>;
  /** Records that the criteria of a rule could not be decided. */
  recordFailure(rule: Rule, instance: TriggerInstance, reason: string): Promise<void>;
  /** Records why a rule could not be enforced, however often it was tried. */
  giveUp(rule: Rule, instance: TriggerInstance, error: unknown): Promise<void>;
}

interface Deps {
  readonly stores: Stores;
  readonly actions: ActionService;
  readonly traces: TriggerTraces;
  readonly systemUser: string;
  readonly logger: Logger;
}

type Outcome = { readonly execution_id: string } | { readonly failure_reason: string };

/** For how long a change of an action or trigger by another process may go unnoticed. */
const REMEMBERED_MS = 1_000;

/** The same for the same instance and rule, so that there is one record of what the rule did about it. */
function enforcementId(instance: TriggerInstance, rule: Rule): string {
  return idOf('sha1', `${instance.id}/${rule.id}`);
}

export function createRuleEnforcer({ stores, actions, traces, systemUser, logger }: Deps): RuleEnforcer {
  const findAction = rememberBy(stores.actions, 'ref', REMEMBERED_MS);
  const findTrigger = rememberBy(stores.triggers, 'ref', REMEMBERED_MS);
  const findTriggerType = rememberBy(stores.triggerTypes, 'ref', REMEMBERED_MS);

  /** Keeps the first record, should several engines have handled the instance at once (a clock that jumps ends leases early). */
  async function record(rule: Rule, instance: TriggerInstance, outcome: Outcome): Promise<void> {
    const enforcement = {
      id: enforcementId(instance, rule),
      trigger_instance_id: instance.id,
      ...outcome,
      rule: { ref: rule.ref, uid: rule.uid, id: rule.id },
      enforced_at: new Date(),
      status: 'execution_id' in outcome ? 'succeeded' : 'failed',
    };
    await stores.ruleEnforcements.insert(enforcement).catch((error: unknown) => {
      if (errorCode(error) !== 'CONFLICT') throw error;
    });
  }

  async function request(rule: Rule, instance: TriggerInstance, trace: TraceContext): Promise<Execution> {
    const [action, trigger] = await Promise.all([findAction(rule.action.ref), findTrigger(instance.trigger)]);
    if (action === undefined)
      throw new TramontaneError('VALIDATION', `Action "${rule.action.ref}" doesn't exist`, { action: rule.action.ref });
    const type = trigger === undefined ? undefined : await findTriggerType(String(trigger.type));
    return actions.request({
      action: rule.action.ref,
      parameters: rule.action.parameters ?? {},
      templateContext: { trigger: instance.payload },
      user: systemUser,
      context: {
        trigger_instance: { id: instance.id, name: null },
        rule: { id: rule.id, name: rule.name },
        trace_context: trace,
      },
      idempotencyKey: `${instance.id}/${rule.id}`,
      trigger: {
        rule: rule as unknown,
        trigger_instance: {
          id: instance.id,
          trigger: instance.trigger,
          payload: instance.payload,
          occurrence_time: toTimestamp(instance.occurrence_time),
          status: instance.status,
        },
        ...(trigger === undefined ? {} : { trigger: triggerView(trigger) }),
        ...(type === undefined ? {} : { trigger_type: type }),
      },
    });
  }

  return {
    async enforce(rule, instance, trace) {
      const facts = { rule: rule.ref, trigger_instance_id: instance.id, action: rule.action.ref };
      try {
        const execution = await request(rule, instance, trace);
        // Behind the request: the action need not wait for what is only told of it. The record comes first: there is an execution,
        // whatever fails now.
        await record(rule, instance, { execution_id: execution.id });
        await traces.enterRule(trace, rule, instance);
        logger.info({ ...facts, execution_id: execution.id }, 'rule enforced');
      } catch (error) {
        if (!(error instanceof TramontaneError) || error.code === 'UNAVAILABLE') throw error;
        await traces.enterRule(trace, rule, instance);
        await record(rule, instance, { failure_reason: errorMessage(error) });
        logger.warn({ ...facts, reason: errorMessage(error) }, 'rule could not be enforced');
      }
    },

    async giveUp(rule, instance, error) {
      const reason = errorMessage(error);
      await record(rule, instance, { failure_reason: reason });
      logger.error({ rule: rule.ref, trigger_instance_id: instance.id, reason }, 'rule could not be enforced');
    },

    async recordFailure(rule, instance, reason) {
      const failure_reason = `Failed to match rule "${rule.ref}" against trigger instance "${instance.id}": ${reason}`;
      await record(rule, instance, { failure_reason });
      logger.warn({ rule: rule.ref, trigger_instance_id: instance.id, reason }, 'criteria could not be decided');
    },
  };
}
