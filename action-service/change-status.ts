import { type ExecutionStatus, isCompleted, statusesBefore } from '../core/statuses.ts';
import type { Change, Filter } from '../stores/collection.ts';
import type { Execution } from '../stores/executions.ts';
import type { Stores } from '../stores/stores.ts';
import type { StatusChange } from './contract.ts';

/** A change of status that is asked for. */
export interface Move {
  readonly id: string;
  readonly to: ExecutionStatus;
  readonly change: StatusChange;
}

/**
 * The one compare-and-set by which an execution changes its status.
 *
 * @returns the execution as it is then; `undefined` when it was not in a status from which `to` may be reached
 */
export async function setStatus(
  stores: Stores,
  id: string,
  to: ExecutionStatus,
  change: StatusChange,
): Promise<Execution | undefined> {
  const move = { id, to, change };
  const { result } = change;
  if (result === undefined) return stores.executions.updateOne(toFilter(move), toChange(move, new Date()));
  // A result may be large: it goes to the database, and need not come back.
  const changed = await stores.executions.updateOne(toFilter(move), toChange(move, new Date()), {
    exclude: ['result'],
  });
  return changed === undefined ? undefined : { ...changed, result };
}

/** The condition under which a move is made. */
export function toFilter({ id, to, change }: Move): Filter {
  const allowed = statusesBefore(to);
  const from = change.from === undefined ? allowed : change.from.filter((status) => allowed.includes(status));
  const logLength = change.known?.log.length ?? change.ifLogLength;
  return {
    id,
    status: { $in: from },
    ...(change.ifLeasedBy === undefined ? {} : { 'lease.owner': change.ifLeasedBy }),
    ...(change.ifUnleased === true ? { lease: { $exists: false } } : {}),
    ...(logLength === undefined ? {} : { log: { $size: logLength } }),
  };
}

/** What an execution is after a change made by {@link toChange}, where nothing else has changed it. */
export function afterChange(execution: Execution, { $set = {}, $push = {}, $unset = {} }: Change): Execution {
  const changed: Record<string, unknown> = { ...execution };
  for (const [path, value] of Object.entries($set)) {
    const [field = path, key] = path.split('.');
    changed[field] = key === undefined ? value : { ...(changed[field] as object), [key]: value };
  }
  const { log } = $push as { readonly log?: { readonly $each: Execution['log'] } };
  if (log !== undefined) changed.log = [...execution.log, ...log.$each];
  for (const field of Object.keys($unset)) delete changed[field];
  return changed as unknown as Execution;
}

/** What a move writes. @param now the time that it is given */
export function toChange({ to, change }: Move, now: Date): Change {
  const set: Record<string, unknown> = { status: to, updated_at: now };
  const unset: Record<string, unknown> = {};
  if (change.result !== undefined) set.result = change.result;
  if (change.due_at !== undefined) set.due_at = change.due_at;
  if (change.runner_info !== undefined) set.runner_info = change.runner_info;
  if (change.pause_state !== undefined) set.pause_state = change.pause_state;
  else if (to !== 'paused') unset.pause_state = 1;
  for (const [key, value] of Object.entries(change.context ?? {})) set[`context.${key}`] = value;
  if (change.lease !== undefined && change.lease !== null) {
    set.lease = { owner: change.lease.owner, expires_at: new Date(now.getTime() + change.lease.seconds * 1000) };
  }
  if (change.lease === null) unset.lease = 1;
  if (change.callback === null) Object.assign(unset, { callback: 1, callback_state: 1 });
  if (isCompleted(to)) {
    set.end_timestamp = now;
    unset.lease = 1;
  }
  return {
    $set: set,
    $push: { log: { $each: [...(change.passed ?? []), { timestamp: now, status: to }] } },
    ...(Object.keys(unset).length === 0 ? {} : { $unset: unset }),
  };
}
