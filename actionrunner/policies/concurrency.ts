/**
 * Limits how many executions of an action are scheduled or run at once, over all schedulers of an installation.
 *
 * Each execution that may run holds a numbered slot, a record that is unique by policy, attribute values and number:
 * two schedulers cannot give out the same slot, and nothing is counted that may change while it is counted. A slot is
 * free again when its holder has ended; whoever needs one looks, so no message can be lost. Paused executions keep theirs.
 * An execution has one slot, even if two schedulers look at it at once: a record is unique by policy, values and holder, too.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../action-service/triggers/trigger-service.ts';
import { errorCode } from '../../core/errors.ts';
import { isCompleted } from '../../core/statuses.ts';
import type { Execution } from '../../stores/executions.ts';
import type { Policy, PolicyDeps, PolicyRecord, Reached, Verdict } from './contract.ts';

interface Slot {
  readonly id: string;
  readonly slot: number;
  readonly execution_id: string;
}

/** Names and values that executions share a limit by. */
type Attributes = readonly (readonly [name: string, value: unknown])[];

/** Key of the executions that share slots. */
function slotKey(record: PolicyRecord, attributes: Attributes): string {
  return `${record.ref}:${createHash('sha1').update(canonicalJson(attributes)).digest('hex')}`;
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
      if (errorCode(error) !== 'CONFLICT') throw error;
      // Another scheduler was first: with this number, or for this execution.
      if ((await deps.stores.concurrencySlots.findOne({ key, execution_id: executionId })) !== undefined) return true;
    }
  }
  return false;
}

/** A limit over the executions whose attributes are the same. */
function limitBy(
  type: string,
  attributesOf: (record: PolicyRecord, execution: Execution, deps: PolicyDeps) => Promise<Attributes>,
): Policy {
  const keyOf: (...args: Parameters<typeof attributesOf>) => Promise<string> = async (record, execution, deps) =>
    slotKey(record, await attributesOf(record, execution, deps));
  return {
    type,
    async before(record, execution, deps, reached: Reached): Promise<Verdict> {
      const { threshold, action } = record.parameters;
      const key = await keyOf(record, execution, deps);
      if (!reached.has(key)) {
        if (await takeSlot(deps, key, Number(threshold ?? 0), execution.id)) return 'run';
        reached.add(key);
      }
      return action === 'cancel' ? 'cancel' : 'delay';
    },
    async release(record, execution, deps) {
      const key = await keyOf(record, execution, deps);
      await deps.stores.concurrencySlots.removeOne({ key, execution_id: execution.id });
    },
    async heldBackBy(record, execution, deps) {
      const attributes = await attributesOf(record, execution, deps);
      // null: one that was not given may count as the same by its default. Lists and objects are left to the verdict.
      const comparable = attributes.filter(([, value]) => value !== null && typeof value !== 'object');
      return Object.fromEntries(
        comparable.map(([name, value]) => [`parameters.${name}`, { $in: [value, null] }] as const),
      );
    },
  };
}

/** The values that the execution runs with: one that was not given is the default of the action. */
async function attributeValues(record: PolicyRecord, execution: Execution, deps: PolicyDeps): Promise<Attributes> {
  const { attributes } = record.parameters;
  const names = Array.isArray(attributes) ? attributes.map(String).sort() : [];
  const isGiven = (name: string) => Object.hasOwn(execution.parameters, name);
  const action = names.every(isGiven)
    ? undefined
    : await deps.stores.actions.findOne({ ref: execution.action_ref }, { include: ['parameters'] });
  return names.map((name) => [
    name,
    (isGiven(name) ? execution.parameters[name] : action?.parameters[name]?.default) ?? null,
  ]);
}

export const concurrencyPolicy = limitBy('action.concurrency', async () => []);
export const concurrencyByAttributePolicy = limitBy('action.concurrency.attr', attributeValues);
