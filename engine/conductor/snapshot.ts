/**
 * Snapshots: the whole state as plain JSON, and back. Contexts share most of their variables, so each is written as what it
 * sets over its parent. Floats without fraction are marked, so that `2.0` comes back as a float.
 */
import { setKey } from '../../core/python/dict.ts';
import { PyFloat } from '../../core/python/values.ts';
import type { WorkflowIr } from '../../workflow-translator/ir.ts';
import type { PendingStep } from './conductor.ts';
import { type Context, EMPTY_CONTEXT, extendContext } from './context.ts';
import type { ConductorPorts, EffectRequest, ExecutionIdentity } from './contract.ts';
import { count, createMachine, indexTask, type Machine, versionOf } from './machine.ts';
import type {
  EffectResult,
  JoinRecord,
  RunRecord,
  Step,
  TaskCommand,
  TaskRecord,
  TimerRecord,
  WorkflowRecord,
} from './records.ts';
import { isCompleted } from './states.ts';

const FORMAT = 1;
const FLOAT_MARK = '\u0000float';

export interface Snapshot {
  readonly format: number;
  readonly workflow: Omit<WorkflowRecord, 'backlog'> & { readonly backlog: readonly StoredCommand[] };
  readonly contexts: readonly StoredContext[];
  readonly tasks: readonly StoredTask[];
  readonly timers: readonly TimerRecord[];
  readonly sequences: readonly (readonly [string, number])[];
  readonly version: number;
  readonly pending: readonly StoredPending[];
}

interface StoredContext {
  /** Place of the parent among the contexts; -1 is the empty one. */
  readonly parent: number;
  readonly set: readonly (readonly [string, unknown])[];
  readonly raised: readonly (readonly [string, number])[];
}

type StoredTask = Omit<TaskRecord, 'in_context' | 'join' | 'runs'> & {
  readonly in_context: number;
  readonly join: StoredJoin | null;
  readonly runs: readonly RunRecord[];
};

type StoredJoin = Omit<JoinRecord, 'arrived' | 'failed' | 'previous'> & {
  readonly arrived: readonly (readonly [string, string])[];
  readonly failed: readonly string[];
  readonly previous: readonly (readonly [string, string])[];
};

type StoredCommand =
  | Exclude<TaskCommand, { kind: 'run' }>
  | (Omit<Extract<TaskCommand, { kind: 'run' }>, 'context'> & { readonly context: number });

interface StoredPending {
  readonly id: string;
  readonly step: Step;
  readonly effects: readonly EffectRequest[];
  readonly memo: readonly (readonly [string, EffectResult])[];
}

export function takeSnapshot(machine: Machine, pending: ReadonlyMap<string, PendingStep>): Snapshot {
  const contexts = createContextWriter();
  const tasks = machine.tasks.map((task): StoredTask => {
    const join = task.join === undefined ? null : storeJoin(task.join);
    return { ...task, in_context: contexts.write(task.in_context), join, runs: task.runs };
  });
  const backlog = machine.workflow.backlog.map(
    (command): StoredCommand =>
      command.kind === 'run' ? { ...command, context: contexts.write(command.context) } : command,
  );
  const snapshot: Snapshot = {
    format: FORMAT,
    workflow: { ...machine.workflow, backlog },
    contexts: contexts.written,
    tasks,
    timers: [...machine.timers.values()],
    sequences: [...machine.sequences],
    version: versionOf(machine),
    pending: [...pending.values()].map((one) => ({ ...one, memo: [...one.memo] })),
  };
  return encode(snapshot) as Snapshot;
}

export interface MachineBase {
  readonly workflow: WorkflowIr;
  readonly identity: ExecutionIdentity;
  readonly ports: ConductorPorts;
}

export function restoreMachine(
  { workflow: ir, identity, ports }: MachineBase,
  stored: Snapshot,
): { readonly machine: Machine; readonly pending: Map<string, PendingStep> } {
  const snapshot = decode(stored) as Snapshot;
  const contexts = readContexts(snapshot.contexts);
  const contextAt = (place: number): Context => contexts[place] ?? EMPTY_CONTEXT;
  const backlog = snapshot.workflow.backlog.map(
    (command): TaskCommand => (command.kind === 'run' ? { ...command, context: contextAt(command.context) } : command),
  );
  const machine = createMachine({ ir, identity, ports, workflow: { ...snapshot.workflow, backlog } });
  for (const one of snapshot.tasks) restoreTask(machine, one, contextAt(one.in_context), snapshot.version);
  for (const timer of snapshot.timers) machine.timers.set(timer.id, timer);
  for (const [name, number] of snapshot.sequences) machine.sequences.set(name, number);
  machine.changesBase = snapshot.version;
  machine.journal.commit();
  const pending = new Map(snapshot.pending.map((one) => [one.id, { ...one, memo: new Map(one.memo) }]));
  return { machine, pending };
}

function restoreTask(machine: Machine, stored: StoredTask, in_context: Context, version: number): void {
  const join = stored.join === null ? undefined : restoreJoin(stored.join);
  const optional = { timeout_timer: stored.timeout_timer ?? undefined, items: stored.items ?? undefined };
  const task: TaskRecord = {
    ...stored,
    ...optional,
    next_tasks: stored.next_tasks ?? undefined,
    // Snapshots of before this was noted have none: shown as changed.
    touched: stored.touched ?? version,
    in_context,
    join,
    runs: stored.runs.map((run) => ({
      ...run,
      item_index: run.item_index ?? undefined,
      touched: run.touched ?? version,
    })),
  };
  indexTask(machine, task);
  count(machine, task, 1);
  for (const run of task.runs) {
    machine.runById.set(run.id, run);
    if (run.kind === 'workflow' && !isCompleted(run.state)) machine.openSubWorkflows.add(run);
  }
}

function storeJoin(join: JoinRecord): StoredJoin {
  return { ...join, arrived: [...join.arrived], failed: [...join.failed], previous: [...join.previous] };
}

function restoreJoin(stored: StoredJoin): JoinRecord {
  return {
    ...stored,
    arrived: new Map(stored.arrived),
    failed: new Set(stored.failed),
    previous: new Map(stored.previous),
    doubtful: stored.doubtful ?? undefined,
  };
}

interface ContextWriter {
  readonly written: StoredContext[];
  /** Place of the context, which is written with all that it builds on if it was not yet. */
  write(context: Context): number;
}

function createContextWriter(): ContextWriter {
  const written: StoredContext[] = [];
  const places = new Map<Context, number>([[EMPTY_CONTEXT, -1]]);
  return {
    written,
    write(context) {
      const chain: Context[] = [];
      for (let one: Context | undefined = context; one !== undefined && !places.has(one); one = one.parent)
        chain.push(one);
      for (const one of chain.reverse()) {
        const parent = one.parent === undefined ? -1 : (places.get(one.parent) ?? -1);
        places.set(one, written.length);
        written.push({ parent, set: one.set, raised: one.raised });
      }
      return places.get(context) ?? -1;
    },
  };
}

function readContexts(stored: readonly StoredContext[]): readonly Context[] {
  const contexts: Context[] = [];
  for (const one of stored) {
    const parent = one.parent < 0 ? EMPTY_CONTEXT : (contexts[one.parent] ?? EMPTY_CONTEXT);
    contexts.push(extendContext(parent, one.set, one.raised));
  }
  return contexts;
}

/** Plain JSON of a value: no `undefined`, floats marked. */
function encode(value: unknown): unknown {
  if (value instanceof PyFloat) return { [FLOAT_MARK]: value.value };
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (Array.isArray(value)) return value.map(encode);
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) if (item !== undefined) setKey(result, key, encode(item));
  return result;
}

function decode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(decode);
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && first[0] === FLOAT_MARK) return new PyFloat(Number(first[1]));
  const result: Record<string, unknown> = {};
  for (const [key, item] of entries) setKey(result, key, decode(item));
  return result;
}
