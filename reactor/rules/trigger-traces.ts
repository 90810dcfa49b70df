/** The part of a trace that rules write: trigger instances and rules. Source: `st2common/services/trace.py`. */
import type { TraceComponent, TraceKind, Traces } from '../../action-service/traces.ts';
import { ACTION_TRIGGER, NOTIFY_TRIGGER } from '../../action-service/triggers/internal-trigger-types.ts';
import type { OpenRecord } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Rule } from './rule.ts';
import type { TriggerInstance } from './trigger-instance.ts';

/** What executions get as `trace_context`. */
export interface TraceContext {
  readonly id_: string;
  readonly trace_tag: string;
}

export interface TriggerTraces {
  /** Enters an instance in the trace that it names, or in a new one. Safe to repeat. */
  enterInstance(instance: TriggerInstance): Promise<TraceContext>;
  /** Enters a rule that an instance fired. Safe to repeat. */
  enterRule(trace: TraceContext, rule: Rule, instance: TriggerInstance): Promise<void>;
}

/** Triggers whose instances follow from the end of an execution. */
const AFTER_EXECUTIONS = new Set([ACTION_TRIGGER, NOTIFY_TRIGGER]);

export function createTriggerTraces(stores: Pick<Stores, 'traces'>, traces: Traces): TriggerTraces {
  async function findTrace(instance: TriggerInstance): Promise<OpenRecord | undefined> {
    const context = instance.trace_context;
    if ((instance.attempts ?? 1) > 1) {
      const entered = await stores.traces.findOne({ 'trigger_instances.object_id': instance.id });
      if (entered !== undefined) return entered;
    }
    if (context?.is_new === true) return undefined;
    if (context?.id_ !== undefined) return stores.traces.get(context.id_);
    if (context?.trace_tag === undefined) return undefined;
    return stores.traces.findOne({ trace_tag: context.trace_tag }, { sort: { start_timestamp: -1 } });
  }

  async function add(trace: OpenRecord, kind: TraceKind, component: TraceComponent): Promise<void> {
    const present = trace[kind] as readonly TraceComponent[] | undefined;
    const isKnown = present?.some(
      (one) => one.object_id === component.object_id && one.caused_by?.id === component.caused_by.id,
    );
    if (isKnown !== true) await traces.add(trace.id, kind, [component]);
  }

  return {
    async enterInstance(instance) {
      const component = {
        object_id: instance.id,
        ref: instance.trigger,
        updated_at: instance.occurrence_time,
        caused_by: AFTER_EXECUTIONS.has(instance.trigger)
          ? { type: 'action_execution', id: String(instance.payload.execution_id) }
          : {},
      };
      const context = instance.trace_context;
      const trace = await findTrace(instance);
      if (trace !== undefined) {
        await add(trace, 'trigger_instances', component);
        return { id_: trace.id, trace_tag: String(trace.trace_tag) };
      }
      const tag = context?.trace_tag ?? `trigger_instance-${instance.id}`;
      const made = await traces.create(tag, { trigger_instances: [component] });
      return { id_: made.id, trace_tag: tag };
    },

    async enterRule(context, rule, instance) {
      const component: TraceComponent = {
        object_id: rule.id,
        ref: rule.ref,
        updated_at: new Date(),
        caused_by: { type: 'trigger_instance', id: instance.id },
      };
      if ((instance.attempts ?? 1) === 1) return traces.add(context.id_, 'rules', [component]);
      const trace = await stores.traces.get(context.id_, { include: ['rules'] });
      if (trace !== undefined) await add(trace, 'rules', component);
    },
  };
}
