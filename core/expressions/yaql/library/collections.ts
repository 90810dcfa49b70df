/** Lists: building, indexing, joining, and edits at a position. */
import { PythonError } from '../../../python/errors.ts';
import { PyIterator } from '../../../python/iterator.ts';
import { PySet } from '../../../python/values.ts';
import type { Evaluation } from '../evaluation.ts';
import { type AnyOverload, extension, fn, method, optional, required } from '../overload.ts';
import { any, integer, isIterable, iterable, list, unsetIterable, type YaqlIterable } from '../types.ts';
import { unpackIterators } from './sets.ts';

const collection = required(iterable, 'collection');

function toArray(items: Iterable<unknown>, evaluation: Evaluation): readonly unknown[] {
  if (Array.isArray(items)) return items;
  const result = [...items];
  evaluation.charge(result.length);
  return result;
}

/** Keeps its own stack: generators inside of generators would pass every item through all of them. */
function* flatten(items: Iterable<unknown>, evaluation: Evaluation): Generator<unknown> {
  const stack = [items[Symbol.iterator]()];
  for (let source = stack.at(-1); source !== undefined; source = stack.at(-1)) {
    const step = source.next();
    if (step.done === true) {
      stack.pop();
    } else if (isIterable(step.value)) {
      evaluation.spend(2);
      stack.push((step.value as Iterable<unknown>)[Symbol.iterator]());
    } else {
      yield step.value;
    }
  }
}

function repeat(items: readonly unknown[], times: number, evaluation: Evaluation): unknown[] {
  const count = Math.max(0, times);
  evaluation.charge(items.length * count);
  const result: unknown[] = [];
  for (let round = 0; round < count && items.length > 0; round += 1) for (const item of items) result.push(item);
  return result;
}

function contains(items: YaqlIterable, value: unknown, evaluation: Evaluation): boolean {
  if (items instanceof PySet) return items.has(value);
  if (items instanceof PyIterator) {
    for (let step = items.next(); step.done !== true; step = items.next())
      if (evaluation.equals(step.value, value)) return true;
    return false;
  }
  const members = Array.isArray(items) ? items : [...items];
  evaluation.spend(members.length / 16);
  return members.some((item) => evaluation.equals(item, value));
}

/** True for positions of the range that `delete` and `replace` work on; a negative count reaches to the end. */
function inRange(index: number, position: number, count: number): boolean {
  return count >= 0 ? index >= position && index < position + count : index >= position;
}

function* deleteRange(items: YaqlIterable, position: number, count: number): Generator<unknown> {
  let index = 0;
  for (const item of items) {
    if (!inRange(index, position, count)) yield item;
    index += 1;
  }
}

function* replaceRange(
  items: YaqlIterable,
  position: number,
  count: number,
  replacement: () => Iterable<unknown>,
): Generator<unknown> {
  let index = 0;
  let done = false;
  for (const item of items) {
    if (!inRange(index, position, count)) yield item;
    else if (!done) {
      done = true;
      yield* replacement();
    }
    index += 1;
  }
}

function* insertItems(
  items: YaqlIterable,
  position: number,
  values: Iterable<unknown>,
  atStart: boolean,
): Generator<unknown> {
  let last = -1;
  if (atStart && position < 0) yield* values;
  for (const item of items) {
    last += 1;
    if (last === position) yield* values;
    yield item;
  }
  if (position > last) yield* values;
}

/** Two iterables one after the other. */
export function* chain(collections: Iterable<Iterable<unknown>>): Generator<unknown> {
  for (const items of collections) yield* items;
}

export const collections: readonly AnyOverload[] = [
  fn('list', [], (_args, { rest, evaluation }) => toArray(evaluation.limited(unpackIterators(rest)), evaluation), {
    rest: required(any, 'args'),
  }),
  fn(
    '#list',
    [],
    (_args, { rest, evaluation }) => {
      evaluation.charge(rest.length);
      return rest;
    },
    { rest: required(any, 'args') },
  ),
  method('flatten', [collection], ([items], { evaluation }) => evaluation.iterator(flatten(items, evaluation))),
  method('toList', [collection], ([items], { evaluation }) =>
    Array.isArray(items) && evaluation.isList(items) ? [...items] : toArray(items, evaluation),
  ),
  fn('#indexer', [required(list, 'list'), required(integer, 'index')], ([items, index]) => {
    const position = index < 0 ? index + items.length : index;
    if (position < 0 || position >= items.length) throw new PythonError('IndexError', 'list index out of range');
    return items[position] ?? null;
  }),
  fn('#operator_in', [required(any, 'value'), collection], ([value, items], { evaluation }) =>
    contains(items, value, evaluation),
  ),
  method('contains', [collection, required(any, 'value')], ([items, value], { evaluation }) =>
    contains(items, value, evaluation),
  ),
  fn('#operator_+', [required(iterable, 'left'), required(iterable, 'right')], ([left, right], { evaluation }) => {
    if (Array.isArray(left) && Array.isArray(right) && !evaluation.isList(left) && !evaluation.isList(right)) {
      evaluation.charge(left.length + right.length);
      return [...left, ...right];
    }
    if (left instanceof PySet && right instanceof PySet) {
      evaluation.charge(left.size + right.size);
      return evaluation.set([...left, ...right]);
    }
    return evaluation.iterator(chain([left, right]));
  }),
  fn('#operator_*', [required(list, 'left'), required(integer, 'right')], ([left, right], { evaluation }) =>
    repeat(left, right, evaluation),
  ),
  fn('#operator_*', [required(integer, 'left'), required(list, 'right')], ([left, right], { evaluation }) =>
    repeat(right, left, evaluation),
  ),
  fn('isList', [required(any, 'arg')], ([value]) => Array.isArray(value)),
  extension('len', [required(list, 'sequence')], ([items]) => items.length),
  method(
    'delete',
    [collection, required(integer, 'position'), optional(integer, 'count', 1)],
    ([items, position, count], { evaluation }) => evaluation.iterator(deleteRange(items, position, count)),
  ),
  method(
    'replace',
    [collection, required(integer, 'position'), required(any, 'value'), optional(integer, 'count', 1)],
    ([items, position, value, count], { evaluation }) =>
      evaluation.iterator(replaceRange(items, position, count, () => [value])),
  ),
  method(
    'replaceMany',
    [collection, required(integer, 'position'), required(iterable, 'values'), optional(integer, 'count', 1)],
    ([items, position, values, count], { evaluation }) =>
      evaluation.iterator(replaceRange(items, position, count, () => values)),
  ),
  method(
    'insert',
    [required(unsetIterable, 'collection'), required(integer, 'position'), required(any, 'value')],
    ([items, position, value], { evaluation }) => evaluation.iterator(insertItems(items, position, [value], false)),
  ),
  method(
    'insert',
    [required(list, 'collection'), required(integer, 'position'), required(any, 'value')],
    ([items, position, value], { evaluation }) => {
      evaluation.charge(items.length);
      const copy = [...items];
      copy.splice(Math.max(0, position < 0 ? position + copy.length : position), 0, value);
      return evaluation.asMutable(copy);
    },
  ),
  method(
    'insertMany',
    [collection, required(integer, 'position'), required(iterable, 'values')],
    ([items, position, values], { evaluation }) => evaluation.iterator(insertItems(items, position, values, true)),
  ),
];
