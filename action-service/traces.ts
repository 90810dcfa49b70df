/**
 * Traces: which trigger instance led to which rule and which executions.
 *
 * A trace lists root executions only; their descendants are found through `parent`. So a task of a workflow costs no write here,
 * and a trace of a workflow of thousands of tasks does not become one huge document.
 */
import { NotFoundError, ValidationError } from '../core/errors.ts';
import { isId, newId } from '../stores/collection.ts';
import type { Execution } from '../stores/executions.ts';
import type { OpenRecord } from '../stores/records.ts';
import type { Stores } from '../stores/stores.ts';

/** One object of a trace, as clients see it. */
export interface TraceComponent {
  readonly object_id: string;
  readonly ref: string;
  readonly updated_at: Date;
  readonly caused_by: { readonly type?: string; readonly id?: string };
}

export type TraceKind = 'action_executions' | 'rules' | 'trigger_instances';

export interface Traces {
  /**
   * Finds the trace that an execution to be made belongs to.
   * @returns a function that enters the execution once it is stored
   * @throws ValidationError when `trace_context.id_` names no trace
   */
  prepare(
    context: Readonly<Record<string, unknown>>,
    parent: string | undefined,
  ): Promise<(execution: Execution) => Promise<void>>;
  /** Makes a trace. */
  create(tag: string, components?: Partial<Record<TraceKind, readonly TraceComponent[]>>): Promise<OpenRecord>;
  /** Adds objects to a trace. */
  add(id: string, kind: TraceKind, components: readonly TraceComponent[]): Promise<void>;
  /** A trace with the executions below its root executions. @throws NotFoundError */
  expand(trace: OpenRecord): Promise<OpenRecord>;
  /** The trace that an execution belongs to, through its parents. */
  ofExecution(id: string): Promise<OpenRecord | undefined>;
}

export function createTraces(stores: Stores): Traces {
  async function create(
    tag: string,
    components: Partial<Record<TraceKind, readonly TraceComponent[]>> = {},
  ): Promise<OpenRecord> {
    const id = newId();
    return stores.traces.insert({
      id,
      uid: `trace:${id}00000000`,
      trace_tag: tag,
      start_timestamp: new Date(),
      action_executions: components.action_executions ?? [],
      rules: components.rules ?? [],
      trigger_instances: components.trigger_instances ?? [],
    });
  }

  async function add(id: string, kind: TraceKind, components: readonly TraceComponent[]): Promise<void> {
    for (const component of components) await stores.traces.updateOne({ id }, { $push: { [kind]: component } });
  }

  async function ofExecution(id: string): Promise<OpenRecord | undefined> {
    let current: string | undefined = id;
    for (let depth = 0; current !== undefined && depth < 100; depth += 1) {
      const trace = await stores.traces.findOne({ action_executions: { $elemMatch: { object_id: current } } });
      if (trace !== undefined) return trace;
      const execution: Execution | undefined = await stores.executions.get(current, { include: ['parent'] });
      current = execution?.parent;
    }
    return undefined;
  }

  return {
    create,
    add,
    ofExecution,

    async prepare(context, parent) {
      const given = context.trace_context;
      const causedBy = ruleOf(context);
      const enter = (traceId: string) => (execution: Execution) =>
        add(traceId, 'action_executions', [component(execution, causedBy)]);
      if (typeof given === 'object' && given !== null) {
        const { id_: id, trace_tag: tag } = given as { id_?: unknown; trace_tag?: unknown };
        if (typeof id === 'string' && id !== '') {
          const found = isId(id) ? await stores.traces.get(id) : undefined;
          if (found === undefined) throw new ValidationError(`Unable to find the TraceDB instance. {'id': '${id}'}`);
          return enter(id);
        }
        if (typeof tag === 'string' && tag !== '') {
          return async (execution) => {
            await create(tag, { action_executions: [component(execution, causedBy)] });
          };
        }
      }
      if (parent !== undefined) return async () => undefined;
      return async (execution) => {
        await create(`execution-${execution.liveaction_id}`, { action_executions: [component(execution, causedBy)] });
      };
    },

    async expand(trace) {
      const roots = trace.action_executions as readonly TraceComponent[] | undefined;
      if (roots === undefined) throw new NotFoundError('The trace has no list of executions.');
      const all = [...roots];
      const known = new Set(all.map((one) => one.object_id));
      for (let level = all.map((one) => one.object_id); level.length > 0; ) {
        const children = await stores.executions.find(
          { parent: { $in: level } },
          { include: ['parent', 'action_ref', 'start_timestamp'], sort: { start_timestamp: 1 } },
        );
        const fresh = children.filter((child) => !known.has(child.id));
        for (const child of fresh) {
          known.add(child.id);
          all.push(component(child, { type: 'execution', id: child.parent as string }));
        }
        level = fresh.map((child) => child.id);
      }
      return { ...trace, action_executions: all };
    },
  };
}

function component(execution: Execution, causedBy: TraceComponent['caused_by']): TraceComponent {
  return {
    object_id: execution.id,
    ref: execution.action_ref,
    updated_at: execution.start_timestamp,
    caused_by: causedBy,
  };
}

function ruleOf(context: Readonly<Record<string, unknown>>): TraceComponent['caused_by'] {
  const { rule, trigger_instance: instance } = context;
  if (typeof rule !== 'object' || rule === null || !('id' in rule)) return {};
  const of = typeof instance === 'object' && instance !== null && 'id' in instance ? `:${String(instance.id)}` : '';
  return { type: 'rule', id: `${String(rule.id)}${of}` };
}
