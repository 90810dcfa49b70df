/**
 * Limits how many executions of an action are scheduled or run at once, over all schedulers of an installation.
 *
 * Each execution that may run holds a numbered slot, a record that is unique by policy, attribute values and number:
 * two schedulers cannot give out the same slot, and nothing is counted that may change while it is counted. A slot is
 * free again when its holder has ended; whoever needs one looks, so no message can be lost. Paused executions keep theirs.
 */
import { createHash } from 'node:crypto';
import { errorCode } from '../../core/errors.ts';
import { isCompleted } from '../../core/statuses.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Policy, PolicyDeps, PolicyRecord, Verdict } from './contract.ts';

interface Slot {
  readonly id: string;
  readonly slot: number;
  readonly execution_id: string;
}

/** Key of the executions that share slots. */
function slotKey(record: PolicyRecord, values: readonly unknown[]): string {
  return `${record.ref}:${createHash('sha1').update(JSON.stringify(values)).digest('hex')}`;
}

/** Slots that are held, without those whose holders have ended. */
async function heldSlots(deps: PolicyDeps, key: string): Promise<Slot[]> {
  const slots = (await deps.stores.concurrencySlots.find({ key })) as unknown as Slot[];
  if (slots.length === 0) return [];
  const holders = await deps.stores.executions.find(
    { id: { $in: slots.map((slot) => slot.execution_id) } },
    { include: ['status'] },
  );
  const alive = new Set(holders.filter((holder) => !isCompleted(holder.status)).map((holder) => holder.id));
  const held: Slot[] = [];
  for (const slot of slots) {
    if (alive.has(slot.execution_id)) held.push(slot);
    else await deps.stores.concurrencySlots.removeOne({ id: slot.id, execution_id: slot.execution_id });
  }
  return held;
}

/** Takes one of the slots; false when all are held by others. */
async function takeSlot(deps: PolicyDeps, key: string, threshold: number, executionId: string): Promise<boolean> {
  const held = await heldSlots(deps, key);
  if (held.some((slot) => slot.execution_id === executionId)) return true;
  const numbers = new Set(held.map((slot) => slot.slot));
  for (let slot = 0; slot < threshold; slot += 1) {
    if (numbers.has(slot)) continue;
    try {
      await deps.stores.concurrencySlots.insert({ key, slot, execution_id: executionId, taken_at: new Date() });
      return true;
    } catch (error) {
      // Another scheduler was first: try the next one.
      if (errorCode(error) !== 'CONFLICT') throw error;
    }
  }
  return false;
}

async function limit(
  record: PolicyRecord,
  execution: Execution,
  values: readonly unknown[],
  deps: PolicyDeps,
): Promise<Verdict> {
  const { threshold, action } = record.parameters;
  const free = await takeSlot(deps, slotKey(record, values), Number(threshold ?? 0), execution.id);
  if (free) return 'run';
  return action === 'cancel' ? 'cancel' : 'delay';
}

export const concurrencyPolicy: Policy = {
  type: 'action.concurrency',
  before: (record, execution, deps) => limit(record, execution, [], deps),
};

export const concurrencyByAttributePolicy: Policy = {
  type: 'action.concurrency.attr',
  before(record, execution, deps) {
    const attributes = Array.isArray(record.parameters.attributes) ? record.parameters.attributes.map(String) : [];
    const values = [...attributes].sort().map((name) => [name, execution.parameters[name] ?? null]);
    return limit(record, execution, values, deps);
  },
};
