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

const REMEMBERED_PARENTS = 10_000;

/** One object of a trace, as clients see it. */
export interface TraceComponent {
  readonly object_id: string;
  readonly ref: string;
  readonly updated_at: Date;
  readonly caused_by: { readonly type?: string; readonly id?: string };
}

export type TraceKind = 'action_executions' | 'rules' | 'trigger_instances';

/** The place of an execution in a trace. */
export interface TraceEntry {
  /** To be stored with the execution; absent only for a child whose parent is gone. */
  readonly traceId: string | undefined;
  /** Enters the execution into the trace once it is stored. */
  enter(execution: Execution): Promise<void>;
}

export interface Traces {
  /**
   * Finds the trace that an execution to be made belongs to: a given one, that of its parent, or a new one.
   * @throws ValidationError when `trace_context.id_` names no trace
   */
  prepare(context: Readonly<Record<string, unknown>>, parent: string | undefined): Promise<TraceEntry>;
  /** Makes a trace. */
  create(tag: string, components?: Partial<Record<TraceKind, readonly TraceComponent[]>>): Promise<OpenRecord>;
  /** Adds objects to a trace. */
  add(id: string, kind: TraceKind, components: readonly TraceComponent[]): Promise<void>;
  /** A trace with the executions below its root executions, and the trigger instances that name it. @throws NotFoundError */
  expand(trace: OpenRecord): Promise<OpenRecord>;
  /** The trace that an execution belongs to. */
  ofExecution(id: string): Promise<OpenRecord | undefined>;
}

export function createTraces(stores: Stores): Traces {
  /** Traces of parents: the tasks of one workflow ask for the same one. */
  const ofParents = new Map<string, string>();

  async function insert(id: string, tag: string, components: Partial<Record<TraceKind, readonly TraceComponent[]>>) {
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

  function remember(execution: string, traceId: string): void {
    if (ofParents.size >= REMEMBERED_PARENTS) ofParents.clear();
    ofParents.set(execution, traceId);
  }

  async function traceIdOf(execution: string): Promise<string | undefined> {
    const known = ofParents.get(execution);
    if (known !== undefined) return known;
    const found = (await stores.executions.get(execution, { include: ['trace_id'] }))?.trace_id;
    if (found !== undefined) remember(execution, found);
    return found;
  }

  /** Instances that nobody heard are not entered in the trace; they name it themselves. */
  async function instancesOf(trace: OpenRecord): Promise<readonly TraceComponent[]> {
    const entered = (trace.trigger_instances ?? []) as readonly TraceComponent[];
    const known = new Set(entered.map((one) => one.object_id));
    const named = await stores.triggerInstances.find(
      { 'trace_context.id_': trace.id },
      { sort: { occurrence_time: 1 }, include: ['trigger', 'occurrence_time', 'payload.execution_id'] },
    );
    const unheard = named.filter((instance) => !known.has(instance.id));
    return [...entered, ...unheard.map(instanceComponent)];
  }

  return {
    create: (tag, components = {}) => insert(newId(), tag, components),
    add,

    async ofExecution(id) {
      const traceId = await traceIdOf(id);
      return traceId === undefined ? undefined : stores.traces.get(traceId);
    },

    async prepare(context, parent) {
      const causedBy = ruleOf(context);
      const given = traceContext(context);
      if (given.id !== undefined) {
        const traceId = given.id;
        const found = isId(traceId) ? await stores.traces.get(traceId, { include: ['trace_tag'] }) : undefined;
        if (found === undefined) throw new ValidationError(`Unable to find the TraceDB instance. {'id': '${traceId}'}`);
        return { traceId, enter: (execution) => add(traceId, 'action_executions', [component(execution, causedBy)]) };
      }
      if (given.tag === undefined && parent !== undefined) {
        return { traceId: await traceIdOf(parent), enter: async () => undefined };
      }
      const traceId = newId();
      return {
        traceId,
        async enter(execution) {
          // Its tasks, if it is a workflow, are about to ask.
          remember(execution.id, traceId);
          const tag = given.tag ?? `execution-${execution.liveaction_id}`;
          await insert(traceId, tag, { action_executions: [component(execution, causedBy)] });
        },
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
      const instances = await instancesOf(trace);
      return { ...trace, action_executions: all, trigger_instances: instances };
    },
  };
}

function instanceComponent(instance: OpenRecord): TraceComponent {
  const { execution_id: id } = (instance.payload ?? {}) as { readonly execution_id?: string };
  return {
    object_id: instance.id,
    ref: String(instance.trigger),
    updated_at: instance.occurrence_time as Date,
    caused_by: id === undefined ? {} : { type: 'action_execution', id },
  };
}

/** What a request says of its trace; empty texts say nothing. */
function traceContext(context: Readonly<Record<string, unknown>>): { readonly id?: string; readonly tag?: string } {
  const given = context.trace_context;
  if (typeof given !== 'object' || given === null) return {};
  const { id_: id, trace_tag: tag } = given as { readonly id_?: unknown; readonly trace_tag?: unknown };
  if (typeof id === 'string' && id !== '') return { id };
  return typeof tag === 'string' && tag !== '' ? { tag } : {};
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
