/**
 * The machine room: records of one execution with their indexes and counters, the queue of steps, the commands to hand
 * out. Everything that changes a record is here or goes through {@link Machine.journal}, so a step can be taken back.
 * Counters make every decision cheap: no event looks at all tasks.
 */
import type { TaskIr, WorkflowIr } from '../../workflow-translator/ir.ts';
import type { Command, ConductorPorts, ExecutionIdentity, MistralState } from './contract.ts';
import { createGraph, type TaskGraph } from './graph.ts';
import { createJournal, type Journal } from './journal.ts';
import type { EffectResult, RunRecord, Step, TaskRecord, TimerRecord, WorkflowRecord } from './records.ts';
import { isCompleted } from './states.ts';

export interface Machine {
  readonly ir: WorkflowIr;
  readonly graph: TaskGraph;
  readonly identity: ExecutionIdentity;
  readonly ports: ConductorPorts;
  readonly journal: Journal;
  readonly workflow: WorkflowRecord;
  readonly tasks: TaskRecord[];
  readonly taskById: Map<string, TaskRecord>;
  readonly tasksByName: Map<string, TaskRecord[]>;
  readonly runById: Map<string, RunRecord>;
  readonly timers: Map<string, TimerRecord>;
  /** Runs of sub-workflows that have not ended. */
  readonly openSubWorkflows: Set<RunRecord>;
  /** Join tasks in WAITING. */
  readonly waitingJoins: Set<TaskRecord>;
  /** Where the last live inbound task of a task was found: the next search starts there. Only saves time. */
  readonly liveHints: Map<string, number>;
  readonly counters: Counters;
  /** Numbers given out so far, by what they count (`run:<task>`, `timer`). */
  readonly sequences: Map<string, number>;
  /** What changed, in order: the place is the version of the view. */
  readonly changes: (TaskRecord | RunRecord | undefined)[];
  /** Versions up to this one are no longer told apart. */
  changesBase: number;
  commands: Command[];
  steps: Step[];
  /** Steps done and runs started so far. */
  effort: number;
  /** Steps done since there were none to do. */
  stepsInARow: number;
  /** Values fetched for the step at hand. */
  memo: ReadonlyMap<string, EffectResult>;
  /** What `task()` and `tasks()` gave in the step at hand. */
  readonly lookups: Map<string, unknown>;
}

export interface Counters {
  /** Tasks that have not completed. */
  incomplete: number;
  /** Tasks in ERROR that nobody handled. */
  unhandled: number;
  cancelled: number;
  paused: number;
}

export interface MachineParts {
  readonly ir: WorkflowIr;
  readonly identity: ExecutionIdentity;
  readonly ports: ConductorPorts;
  readonly workflow: WorkflowRecord;
}

export function createMachine({ ir, identity, ports, workflow }: MachineParts): Machine {
  return {
    ir,
    identity,
    ports,
    workflow,
    graph: createGraph(ir),
    journal: createJournal(),
    tasks: [],
    taskById: new Map(),
    tasksByName: new Map(),
    runById: new Map(),
    timers: new Map(),
    openSubWorkflows: new Set(),
    waitingJoins: new Set(),
    liveHints: new Map(),
    counters: { incomplete: 0, unhandled: 0, cancelled: 0, paused: 0 },
    sequences: new Map(),
    changes: [],
    changesBase: 0,
    commands: [],
    steps: [],
    effort: 0,
    stepsInARow: 0,
    memo: new Map(),
    lookups: new Map(),
  };
}

export function emit(machine: Machine, command: Command): void {
  machine.commands.push(command);
}

export function pushStep(machine: Machine, step: Step): void {
  machine.steps.push(step);
}

/** Marks a task (or, without one, the execution) as changed: views say what is new since a version. */
export function touch(machine: Machine, task?: TaskRecord): void {
  const now = machine.ports.now();
  machine.changes.push(task);
  if (task === undefined) return machine.journal.set(machine.workflow, 'updated_at', now);
  machine.journal.set(task, 'updated_at', now);
  machine.journal.set(task, 'touched', versionOf(machine));
}

/** Marks a run as changed; that it has gone is such a change, too. */
export function touchRun(machine: Machine, run: RunRecord): void {
  machine.changes.push(run);
  machine.journal.set(run, 'touched', versionOf(machine));
}

/** Number of changes so far, those before a restore included. */
export function versionOf({ changes, changesBase }: Machine): number {
  return changesBase + changes.length;
}

/** Sets whether a run counts for the result of its task. */
export function setAccepted(machine: Machine, run: RunRecord, accepted: boolean): void {
  if (run.accepted === accepted) return;
  machine.journal.set(run, 'accepted', accepted);
  touchRun(machine, run);
}

export function nextNumber(machine: Machine, what: string): number {
  const old = machine.sequences.get(what);
  const next = (old ?? 0) + 1;
  machine.sequences.set(what, next);
  machine.journal.onUndo(() => {
    if (old === undefined) machine.sequences.delete(what);
    else machine.sequences.set(what, old);
  });
  return next;
}

export function specOf(machine: Machine, task: TaskRecord): TaskIr {
  const spec = machine.graph.tasks.get(task.name);
  if (spec === undefined) throw new Error(`Task '${task.name}' not found.`);
  return spec;
}

export function findTask(machine: Machine, id: string): TaskRecord | undefined {
  return machine.taskById.get(id);
}

/** The last execution of a task, by name. */
export function lastTask(machine: Machine, name: string): TaskRecord | undefined {
  return machine.tasksByName.get(name)?.at(-1);
}

export function addTask(machine: Machine, task: TaskRecord): void {
  indexTask(machine, task);
  count(machine, task, 1);
  touch(machine, task);
  machine.journal.onUndo(() => {
    machine.tasks.pop();
    machine.taskById.delete(task.id);
    machine.tasksByName.get(task.name)?.pop();
  });
}

/** Puts a task into the indexes; counters are left alone. */
export function indexTask(machine: Machine, task: TaskRecord): void {
  machine.tasks.push(task);
  machine.taskById.set(task.id, task);
  const sameName = machine.tasksByName.get(task.name);
  if (sameName === undefined) machine.tasksByName.set(task.name, [task]);
  else sameName.push(task);
}

/** Adds (1) or takes away (-1) what a task contributes to the counters. */
export function count(machine: Machine, task: TaskRecord, sign: 1 | -1): void {
  const { counters, journal } = machine;
  const add = (key: keyof Counters): void => journal.set(counters, key, counters[key] + sign);
  if (!isCompleted(task.state)) add('incomplete');
  if (task.state === 'WAITING') noteWaiting(machine, task, sign);
  if (task.state === 'PAUSED') add('paused');
  if (task.state === 'CANCELLED') add('cancelled');
  if (task.state === 'ERROR' && !task.error_handled) add('unhandled');
}

function noteWaiting({ waitingJoins, journal }: Machine, task: TaskRecord, sign: 1 | -1): void {
  if (sign === 1) {
    waitingJoins.add(task);
    journal.onUndo(() => waitingJoins.delete(task));
  } else {
    waitingJoins.delete(task);
    journal.onUndo(() => waitingJoins.add(task));
  }
}

export function setTaskState(machine: Machine, task: TaskRecord, state: MistralState, info: string | null): void {
  if (task.state === state && task.state_info === info) return;
  count(machine, task, -1);
  machine.journal.set(task, 'state', state);
  machine.journal.set(task, 'state_info', info);
  count(machine, task, 1);
  touch(machine, task);
}

export function setErrorHandled(machine: Machine, task: TaskRecord, handled: boolean): void {
  count(machine, task, -1);
  machine.journal.set(task, 'error_handled', handled);
  count(machine, task, 1);
}

export function addRun(machine: Machine, task: TaskRecord, run: RunRecord): void {
  const { journal, runById, openSubWorkflows } = machine;
  task.runs.push(run);
  runById.set(run.id, run);
  if (run.kind === 'workflow') openSubWorkflows.add(run);
  touchRun(machine, run);
  touch(machine, task);
  journal.onUndo(() => {
    task.runs.pop();
    runById.delete(run.id);
    openSubWorkflows.delete(run);
  });
}

/** Forgets a run that could not be started at all. */
export function removeRun(machine: Machine, task: TaskRecord, run: RunRecord): void {
  const place = task.runs.lastIndexOf(run);
  if (place < 0) return;
  task.runs.splice(place, 1);
  machine.runById.delete(run.id);
  machine.openSubWorkflows.delete(run);
  touchRun(machine, run);
  machine.journal.onUndo(() => {
    task.runs.splice(place, 0, run);
    machine.runById.set(run.id, run);
    if (run.kind === 'workflow') machine.openSubWorkflows.add(run);
  });
}

export function setRunState(machine: Machine, run: RunRecord, state: MistralState): void {
  const { journal, openSubWorkflows } = machine;
  journal.set(run, 'state', state);
  journal.set(run, 'updated_at', machine.ports.now());
  touchRun(machine, run);
  if (run.kind !== 'workflow') return;
  const wasOpen = openSubWorkflows.has(run);
  if (isCompleted(state)) openSubWorkflows.delete(run);
  else openSubWorkflows.add(run);
  journal.onUndo(() => {
    if (wasOpen) openSubWorkflows.add(run);
    else openSubWorkflows.delete(run);
  });
}
