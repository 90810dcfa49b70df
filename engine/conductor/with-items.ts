/** with-items: one run for each item, so many at once as `concurrency` allows (Mistral: `WithItemsTask`). */
import { errorCode, ValidationError } from '../../core/errors.ts';
import { dictKeys, isDict, setKey } from '../../core/python/dict.ts';
import { pyRepr } from '../../core/python/repr.ts';
import { PySet } from '../../core/python/values.ts';
import { type Machine, pushStep, specOf } from './machine.ts';
import { mapGet, mapHas } from './persistent-map.ts';
import type { ItemsRecord, TaskRecord } from './records.ts';
import { findForRun, startRun } from './runs.ts';
import { evaluateTemplate, taskScope } from './scope.ts';
import { targetName, taskInput } from './task-input.ts';
import { isMapping, mergeObjects, storable } from './values.ts';

/** Items started by one step: thousands would keep everything else waiting. */
const ITEMS_PER_STEP = 100;

/** Starts the next runs of the present round; the first call of a round works out the items. */
export function scheduleItems(machine: Machine, task: TaskRecord): void {
  const items = task.items ?? beginRound(machine, task);
  if (items.indexes.length === 0) {
    pushStep(machine, { kind: 'complete_task', task_id: task.id, state: 'SUCCESS', state_info: null });
    return;
  }
  const limit = task.concurrency > 0 ? task.concurrency - items.running : Number.POSITIVE_INFINITY;
  const batch = items.indexes.slice(items.next, items.next + Math.max(0, Math.min(limit, ITEMS_PER_STEP)));
  for (const { index, input, name } of prepare(machine, task, items, batch)) {
    startRun(machine, task, { name, input, item_index: index });
  }
  machine.journal.set(items, 'next', items.next + batch.length);
  machine.journal.set(items, 'running', items.running + batch.length);
  const hasMore = limit > batch.length && items.next < items.indexes.length;
  if (hasMore) pushStep(machine, { kind: 'schedule_items', task_id: task.id });
}

interface PreparedItem {
  readonly index: number;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Evaluates the inputs, then the name, which does not see the items. Values that come from outside are asked for together, once for the whole batch. */
function prepare(machine: Machine, task: TaskRecord, items: ItemsRecord, batch: readonly number[]): PreparedItem[] {
  const inputs: Omit<PreparedItem, 'name'>[] = [];
  const missing: unknown[] = [];
  for (const index of batch) {
    const variables: Record<string, unknown> = {};
    for (const [place, name] of items.names.entries()) {
      setKey(variables, name, itemVariable(task, name, items.lists[place]?.[index]));
    }
    try {
      inputs.push({ index, input: taskInput(machine, task, variables) });
    } catch (error) {
      if (errorCode(error) !== 'EFFECT_REQUIRED') throw error;
      missing.push(error);
    }
  }
  if (missing.length > 0) throw new EffectsRequired(missing);
  if (inputs.length === 0) return [];
  const name = findForRun(machine, task, () => targetName(machine, task));
  return inputs.map((one) => ({ ...one, name }));
}

/** What was published under the name of an item's variable on the way to the task goes before the item; of two mappings one is made. */
function itemVariable(task: TaskRecord, name: string, item: unknown): unknown {
  const { values } = task.in_context;
  if (!mapHas(values, name)) return item;
  const published = mapGet(values, name);
  return isMapping(item) && isMapping(published) ? mergeObjects(item, published) : published;
}

/** Several values that have to be fetched before a step can be done. */
export class EffectsRequired extends Error {
  readonly code = 'EFFECT_REQUIRED';
  readonly errors: readonly unknown[];

  constructor(errors: readonly unknown[]) {
    super('Values have to be fetched first.');
    this.errors = errors;
  }
}

function beginRound(machine: Machine, task: TaskRecord): ItemsRecord {
  const { names, lists } = itemLists(machine, task);
  const count = lists[0]?.length ?? 0;
  const done = new Set(task.runs.filter((run) => run.accepted).map((run) => run.item_index));
  const indexes = Array.from({ length: count }, (_, index) => index).filter((index) => !done.has(index));
  const items: ItemsRecord = {
    names,
    lists,
    count,
    indexes,
    next: 0,
    running: 0,
    finished: 0,
    failed: 0,
    cancelled: 0,
  };
  machine.journal.set(task, 'items', items);
  return items;
}

function itemLists(machine: Machine, task: TaskRecord): Pick<ItemsRecord, 'names' | 'lists'> {
  const variables = specOf(machine, task).with_items?.variables ?? [];
  const scope = taskScope(machine, task, task.in_context);
  const byName = new Map<string, readonly unknown[]>();
  for (const { name, items } of variables) {
    const value = evaluateTemplate(items, scope);
    if (typeof value === 'string' && isStackStormRun(machine)) throw notIterable(value, task, name);
    byName.set(name, toList(value, task, name));
  }
  const lists = [...byName.values()];
  if (lists.some((list) => list.length !== lists[0]?.length)) {
    const given = Object.fromEntries(byName);
    throw new ValidationError(
      `Wrong input format for: ${pyRepr(given).slice(0, 1000)}. All arrays must have the same length. [task=${task.name}]`,
    );
  }
  return { names: [...byName.keys()], lists };
}

/** StackStorm's Mistral took no text for a list: there it is a forgotten list. Mistral itself goes on by character. */
function isStackStormRun(machine: Machine): boolean {
  return machine.workflow.env.st2_execution_id !== undefined;
}

function notIterable(value: unknown, task: TaskRecord, name: string): ValidationError {
  return new ValidationError(
    `Wrong input format for: ${pyRepr(value).slice(0, 1000)}. Iterable type is expected for each value. ` +
      `[task=${task.name}, variable=${name}]`,
  );
}

/** Text goes by character, a mapping by key. */
function toList(value: unknown, task: TaskRecord, name: string): readonly unknown[] {
  const what = `An item of '${name}' in task '${task.name}'`;
  if (Array.isArray(value)) return value.map((item) => storable(item, what));
  if (typeof value === 'string') return [...value];
  if (value instanceof PySet) return [...value].map((item) => storable(item, what));
  if (typeof value === 'object' && value !== null && isDict(value)) return dictKeys(value);
  throw notIterable(value, task, name);
}

/** What the end of one run means for the task. */
export type ItemsVerdict = 'wait' | 'more' | 'SUCCESS' | 'ERROR' | 'CANCELLED';

/** Counts a run of the present round that has ended. One cancelled item ends the task. */
export function noteItemEnd(
  machine: Machine,
  task: TaskRecord,
  state: 'SUCCESS' | 'ERROR' | 'CANCELLED',
): ItemsVerdict {
  const { items } = task;
  if (items === undefined) return 'wait';
  const { journal } = machine;
  journal.set(items, 'running', items.running - 1);
  journal.set(items, 'finished', items.finished + 1);
  if (state === 'ERROR') journal.set(items, 'failed', items.failed + 1);
  if (state === 'CANCELLED') journal.set(items, 'cancelled', items.cancelled + 1);
  if (items.cancelled > 0) return 'CANCELLED';
  if (items.finished === items.indexes.length) return items.failed > 0 ? 'ERROR' : 'SUCCESS';
  return items.next < items.indexes.length ? 'more' : 'wait';
}
