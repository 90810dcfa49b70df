/**
 * Joins: tasks that wait for others (Mistral: `DirectWorkflowController._get_join_logical_state`).
 *
 * 1. An inbound task counts as arrived when it completed and led here, as failed when it completed without leading
 *    here or when no live path to it is left. `all` needs every one, `one` and N as many. Counting is by task.
 * 2. A join runs once a round. Who arrives after the start only adds its variables. (Mistral runs such a join again.)
 * 3. A task that arrives for the second time begins a new round; who cannot come once more counts as he came in the round before.
 *    But where no loop led back, only two ways to one task, and the others cannot come once more, the second is late as in 2.
 *    (Mistral mixes the rounds.)
 * 4. A join that has failed or run is evaluated anew when one of its inbound tasks is run again from outside and arrives once more:
 *    who could not arrive before may be able to now.
 * 5. Nothing waits for ever: when only joins are left they are settled with what is there, see {@link settleJoins}.
 */
import { pyRepr } from '../../core/python/repr.ts';
import { type Context, overlayContext } from './context.ts';
import { lastTask, type Machine, pushStep, setTaskState, specOf, touch } from './machine.ts';
import type { JoinRecord, TaskCommand, TaskRecord } from './records.ts';
import { isCompleted } from './states.ts';
import { createTask } from './tasks.ts';
import { mergeOutbound } from './transitions.ts';

type RunCommand = Extract<TaskCommand, { kind: 'run' }>;

/** The verdict on a join: run it, fail it for the sake of the named tasks, or wait on. */
export type JoinVerdict =
  | { readonly kind: 'run' }
  | { readonly kind: 'fail'; readonly message: string }
  | { readonly kind: 'wait' };

const WAITING_INFO = 'Task is waiting.';

export function isJoin(machine: Machine, name: string): boolean {
  return machine.graph.tasks.get(name)?.join !== undefined;
}

/** Takes note that a task has led to a join; the join is looked at in a step of its own. */
export function arriveAtJoin(machine: Machine, command: RunCommand): void {
  const existing = lastTask(machine, command.task);
  const arrivals = command.triggered_by.map((trigger) => machine.taskById.get(trigger.task_id));
  const newcomers = arrivals.filter((task) => task !== undefined);
  const repeated = newcomers.some((task) => isSecondArrival(existing?.join, task));
  if (existing === undefined || existing.join === undefined || (existing.join.ran && repeated)) {
    const join = createRound(existing?.join);
    if (existing?.join !== undefined && isDuplicate(machine, existing, join, newcomers)) {
      noteArrivals(machine, existing, newcomers);
      return;
    }
    const { context, triggered_by } = command;
    const task = createTask(machine, {
      name: command.task,
      state: 'WAITING',
      state_info: WAITING_INFO,
      context,
      triggered_by,
      join,
    });
    noteArrivals(machine, task, newcomers);
    requestRefresh(machine, task);
    return;
  }
  const returned = newcomers.some((task) => existing.join?.arrived.get(task.name) === task.id);
  noteArrivals(machine, existing, newcomers);
  if (existing.join.ran) {
    if (!returned || !isCompleted(existing.state)) return;
    machine.journal.set(existing.join, 'ran', false);
    machine.journal.set(existing, 'attempt', existing.attempt + 1);
  }
  if (existing.state !== 'WAITING') {
    forgetLosses(machine, existing.join);
    setTaskState(machine, existing, 'WAITING', WAITING_INFO);
  }
  requestRefresh(machine, existing);
}

/** Who could not arrive is looked at again: something before the join runs once more. */
export function forgetLosses(machine: Machine, join: JoinRecord): void {
  const lost = [...join.failed];
  join.failed.clear();
  machine.journal.onUndo(() => {
    for (const name of lost) join.failed.add(name);
  });
  machine.journal.set(join, 'doubtful', undefined);
}

/** Has the join looked at once, however many ask. */
export function requestRefresh(machine: Machine, task: TaskRecord): void {
  if (task.join === undefined || task.join.refreshing) return;
  machine.journal.set(task.join, 'refreshing', true);
  pushStep(machine, { kind: 'refresh_join', task_id: task.id });
}

/** After a task completed: waiting joins that it could have led to, now or later, are looked at again. */
export function refreshAffectedJoins(machine: Machine, task: TaskRecord): void {
  if (machine.waitingJoins.size === 0 || !isCompleted(task.state)) return;
  const next = new Set((task.next_tasks ?? []).map(([name]) => name));
  const missed = [...(machine.graph.outbound.get(task.name) ?? [])].filter((name) => !next.has(name));
  if (missed.length === 0) return;
  const lost = reachableFrom(machine, missed);
  for (const join of machine.waitingJoins) {
    const inbound = machine.graph.inbound.get(join.name) ?? [];
    const doubtful =
      lost.size < inbound.length
        ? [...lost].filter((name) => machine.graph.outbound.get(name)?.has(join.name))
        : inbound.filter((name) => lost.has(name));
    if (missed.includes(join.name)) doubtful.push(task.name);
    if (doubtful.length === 0 || join.join === undefined) continue;
    const known = join.join.doubtful;
    machine.journal.set(join.join, 'doubtful', known === undefined ? undefined : [...known, ...doubtful]);
    requestRefresh(machine, join);
  }
}

export function judgeJoin(machine: Machine, task: TaskRecord, join: JoinRecord): JoinVerdict {
  const inbound = machine.graph.inbound.get(task.name) ?? [];
  const needed = neededArrivals(machine, task, inbound.length);
  if (join.arrived.size >= needed) return { kind: 'run' };
  for (const name of join.doubtful ?? inbound) {
    if (join.failed.has(name) || !isLost(machine, task.name, join, name)) continue;
    const before = machine.taskById.get(join.previous.get(name) ?? '');
    if (before !== undefined && before === lastTask(machine, name)) noteArrivals(machine, task, [before]);
    else setFailed(machine, join, name);
  }
  machine.journal.set(join, 'doubtful', []);
  if (join.arrived.size >= needed) return { kind: 'run' };
  if (inbound.length - join.failed.size >= needed) return { kind: 'wait' };
  return { kind: 'fail', message: failedMessage(inbound.filter((name) => join.failed.has(name))) };
}

/** Verdict when nothing else is left that could happen: who ever led here counts, the others have failed. */
export function judgeAtTheEnd(machine: Machine, task: TaskRecord): JoinVerdict {
  const inbound = machine.graph.inbound.get(task.name) ?? [];
  const led = (name: string): boolean => leadsTo(lastTask(machine, name), task.name);
  if (inbound.filter(led).length >= neededArrivals(machine, task, inbound.length)) return { kind: 'run' };
  return { kind: 'fail', message: failedMessage(inbound.filter((name) => !led(name))) };
}

/** Context of a join: what it has, below the merge of all that arrived. Other tasks keep theirs. */
export function joinInboundContext(machine: Machine, task: TaskRecord): Context {
  if (task.join === undefined) return task.in_context;
  const upstream = [...task.join.arrived.values()]
    .map((id) => machine.taskById.get(id))
    .filter((one) => one !== undefined);
  return overlayContext(task.in_context, mergeOutbound(upstream));
}

function neededArrivals(machine: Machine, task: TaskRecord, inbound: number): number {
  const { join } = specOf(machine, task);
  if (join === 'all') return inbound;
  return join === 'one' || join === undefined ? 1 : join;
}

function failedMessage(names: readonly string[]): string {
  return `Failed by tasks: ${pyRepr([...names])}`;
}

function createRound(before: JoinRecord | undefined): JoinRecord {
  return {
    arrived: new Map(),
    failed: new Set(),
    previous: new Map(before?.arrived ?? []),
    doubtful: undefined,
    ran: false,
    refreshing: false,
  };
}

/** Whether a second arrival comes from a second way to the same task, rather than from a loop or together with others. */
function isDuplicate(machine: Machine, task: TaskRecord, round: JoinRecord, newcomers: readonly TaskRecord[]): boolean {
  const inbound = machine.graph.inbound.get(task.name) ?? [];
  const come = new Set(newcomers.map((one) => one.name));
  const possible = inbound.filter((name) => come.has(name) || !isLost(machine, task.name, round, name));
  if (possible.length >= neededArrivals(machine, task, inbound.length)) return false;
  return !newcomers.some((one) => followsFrom(machine, one, task));
}

/** Whether a task was started, at whatever distance, by an execution of the same task as `origin`. */
function followsFrom(machine: Machine, task: TaskRecord, origin: TaskRecord): boolean {
  const seen = new Set<string>();
  const pending = [task];
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    if (one.name === origin.name) return true;
    for (const id of [...one.triggered_by.map((trigger) => trigger.task_id), ...(one.join?.arrived.values() ?? [])]) {
      const before = machine.taskById.get(id);
      // What was created before cannot follow from it.
      if (before === undefined || before.index < origin.index || seen.has(id)) continue;
      seen.add(id);
      pending.push(before);
    }
  }
  return false;
}

function isSecondArrival(join: JoinRecord | undefined, task: TaskRecord): boolean {
  const before = join?.arrived.get(task.name);
  return before !== undefined && before !== task.id;
}

function noteArrivals(machine: Machine, join: TaskRecord, tasks: readonly TaskRecord[]): void {
  if (join.join === undefined) return;
  const { arrived, failed } = join.join;
  for (const task of tasks) {
    const before = arrived.get(task.name);
    const hadFailed = failed.delete(task.name);
    arrived.set(task.name, task.id);
    machine.journal.onUndo(() => {
      if (before === undefined) arrived.delete(task.name);
      else arrived.set(task.name, before);
      if (hadFailed) failed.add(task.name);
    });
  }
  touch(machine, join);
}

function setFailed(machine: Machine, join: JoinRecord, name: string): void {
  join.failed.add(name);
  machine.journal.onUndo(() => join.failed.delete(name));
}

function leadsTo(task: TaskRecord | undefined, name: string): boolean {
  return task !== undefined && isCompleted(task.state) && (task.next_tasks ?? []).some(([next]) => next === name);
}

/** Whether an inbound task can no longer arrive. */
function isLost(machine: Machine, joinName: string, join: JoinRecord, name: string): boolean {
  if (join.arrived.has(name)) return false;
  const last = lastTask(machine, name);
  if (last === undefined || last.id === join.previous.get(name)) return !hasLivePath(machine, name);
  if (!isCompleted(last.state)) return false;
  return !leadsTo(last, joinName);
}

/** Whether a task that has not run may still be reached: somebody before it is under way, or has named it. */
function hasLivePath(machine: Machine, name: string): boolean {
  const seen = new Set([name]);
  const pending = [name];
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    const inbound = machine.graph.inbound.get(one) ?? [];
    if (inbound.length === 0 && lastTask(machine, one) === undefined) return true;
    const start = machine.liveHints.get(one) ?? 0;
    for (let offset = 0; offset < inbound.length; offset += 1) {
      const place = (start + offset) % inbound.length;
      const before = inbound[place] ?? '';
      const last = lastTask(machine, before);
      if (last !== undefined && (!isCompleted(last.state) || leadsTo(last, one))) {
        machine.liveHints.set(one, place);
        return true;
      }
      if (last !== undefined || seen.has(before)) continue;
      seen.add(before);
      pending.push(before);
    }
  }
  return false;
}

function reachableFrom(machine: Machine, names: readonly string[]): ReadonlySet<string> {
  const seen = new Set(names);
  const pending = [...names];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    for (const next of machine.graph.outbound.get(name) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      pending.push(next);
    }
  }
  return seen;
}
