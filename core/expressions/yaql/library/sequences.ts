/** Queries that make sequences, cut them up, or bring several together. */
import { pyTruth } from '../../../python/equality.ts';
import { PythonError } from '../../../python/errors.ts';
import { PyIterator } from '../../../python/iterator.ts';
import type { Evaluation } from '../evaluation.ts';
import type { Lambda } from '../lambda.ts';
import { MemorizedIterator } from '../memorized-iterator.ts';
import { type AnyOverload, fn, method, optional, required } from '../overload.ts';
import { any, boolean, integer, isIterable, iterable, lazy, lazyOrNull, type YaqlIterable } from '../types.ts';

const collection = required(iterable, 'collection');
const predicate = required(lazy, 'predicate');
const decycle = optional(boolean, 'decycle', false);

function* range(start: number, stop: number, step: number): Generator<unknown> {
  for (let value = start; step > 0 ? value < stop : value > stop; value += step) yield value;
}

function* countFrom(start: number, step: number): Generator<unknown> {
  for (let value = start; ; value += step) yield value;
}

function* repeat(value: unknown, times: number): Generator<unknown> {
  for (let index = 0; times < 0 || index < times; index += 1) yield value;
}

function* cycle(items: YaqlIterable): Generator<unknown> {
  const seen: unknown[] = [];
  for (const item of items) {
    seen.push(item);
    yield item;
  }
  while (seen.length > 0) yield* seen;
}

function* zip(collections: readonly YaqlIterable[], longest: boolean, filler: unknown): Generator<unknown> {
  const sources = collections.map((items) => items[Symbol.iterator]());
  const open = new Set(sources.keys());
  while (open.size > 0) {
    const row: unknown[] = [];
    for (const [index, source] of sources.entries()) {
      const step = open.has(index) ? source.next() : undefined;
      if (step !== undefined && step.done !== true) {
        row.push(step.value);
        continue;
      }
      if (!longest) return;
      open.delete(index);
      row.push(filler);
    }
    if (open.size > 0) yield row;
  }
}

function* join(left: YaqlIterable, right: Iterable<unknown>, condition: Lambda, map: Lambda): Generator<unknown> {
  for (const mine of left)
    for (const other of right) if (pyTruth(condition.call2(mine, other))) yield map.call2(mine, other);
}

function toArray(items: YaqlIterable, evaluation: Evaluation): readonly unknown[] {
  if (Array.isArray(items)) return items;
  const result = [...items];
  evaluation.charge(result.length);
  return result;
}

function* slices(items: YaqlIterable, length: number): Generator<unknown> {
  if (length < 0)
    throw new PythonError(
      'ValueError',
      'Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.',
    );
  const source = items[Symbol.iterator]();
  for (;;) {
    const slice: unknown[] = [];
    while (slice.length < length) {
      const step = source.next();
      if (step.done === true) break;
      slice.push(step.value);
    }
    if (slice.length === 0) return;
    yield slice;
  }
}

function* splitWhere(items: readonly unknown[], condition: Lambda): Generator<unknown> {
  let start = 0;
  for (const [index, item] of items.entries()) {
    if (!pyTruth(condition.call1(item))) continue;
    yield items.slice(start, index);
    start = index + 1;
  }
  if (start !== items.length) yield items.slice(start);
}

function* sliceWhere(items: readonly unknown[], condition: Lambda, evaluation: Evaluation): Generator<unknown> {
  let start = 0;
  let previous: unknown;
  for (const [index, item] of items.entries()) {
    const mark = condition.call1(item);
    if (index > 0 && !evaluation.equals(mark, previous)) {
      yield items.slice(start, index);
      start = index;
    }
    previous = mark;
  }
  if (start !== items.length) yield items.slice(start);
}

interface Generation {
  readonly initial: unknown;
  readonly producer: Lambda;
  readonly selector: Lambda | null;
  readonly decycle: boolean;
}

function* generate(plan: Generation, condition: Lambda, evaluation: Evaluation): Generator<unknown> {
  const past = evaluation.set([]);
  for (let item = plan.initial; pyTruth(condition.call1(item)); item = plan.producer.call1(item)) {
    if (plan.decycle) {
      if (past.has(item)) return;
      past.add(item);
    }
    yield plan.selector === null ? item : plan.selector.call1(item);
  }
}

function* generateMany(plan: Generation, depthFirst: boolean, evaluation: Evaluation): Generator<unknown> {
  const past = evaluation.set([]);
  let queue: unknown[] = [plan.initial];
  while (queue.length > 0) {
    evaluation.step();
    const item = queue.shift();
    if (plan.decycle) {
      if (past.has(item)) continue;
      past.add(item);
    }
    yield plan.selector === null ? item : plan.selector.call1(item);
    const produced = iterated(plan.producer.call1(item), evaluation);
    evaluation.charge(queue.length + produced.length);
    queue = depthFirst ? [...produced, ...queue] : [...queue, ...produced];
  }
}

function iterated(value: unknown, evaluation: Evaluation): readonly unknown[] {
  if (typeof value === 'string') return [...value];
  if (!isIterable(value)) throw new PythonError('TypeError', 'the producer of generateMany() gave no collection');
  return toArray(value as YaqlIterable, evaluation);
}

/** A collection that can be gone through again; only iterators have to be remembered. */
function memorized(items: YaqlIterable): Iterable<unknown> {
  return items instanceof PyIterator ? new MemorizedIterator(items) : items;
}

export const sequences: readonly AnyOverload[] = [
  fn('range', [required(integer, 'stop')], ([stop], { evaluation }) => evaluation.iterator(range(0, stop, 1))),
  fn(
    'range',
    [required(integer, 'start'), required(integer, 'stop'), optional(integer, 'step', 1)],
    ([start, stop, step], { evaluation }) => {
      if (step === 0) throw new PythonError('ValueError', 'range() arg 3 must not be zero');
      return evaluation.iterator(range(start, stop, step));
    },
  ),
  fn('sequence', [optional(integer, 'start', 0), optional(integer, 'step', 1)], ([start, step], { evaluation }) =>
    evaluation.iterator(countFrom(start, step)),
  ),
  method('repeat', [required(any, 'value'), optional(integer, 'times', -1)], ([value, times], { evaluation }) =>
    evaluation.iterator(repeat(value, times)),
  ),
  method('cycle', [collection], ([items], { evaluation }) => evaluation.iterator(cycle(items))),
  method('memorize', [collection], ([items]) => memorized(items)),
  method('zip', [], (_args, { rest, evaluation }) => evaluation.iterator(zip(rest, false, null)), {
    rest: required(iterable, 'collections'),
  }),
  method(
    'zipLongest',
    [],
    (_args, { rest, named, evaluation }) => evaluation.iterator(zip(rest, true, named.get('default') ?? null)),
    { rest: required(iterable, 'collections'), takesNamed: true },
  ),
  method(
    'join',
    [required(iterable, 'collection1'), required(iterable, 'collection2'), predicate, required(lazy, 'selector')],
    ([left, right, condition, map], { evaluation }) =>
      evaluation.iterator(join(left, memorized(right), condition, map)),
  ),
  method('slice', [collection, required(integer, 'length')], ([items, length], { evaluation }) =>
    evaluation.iterator(slices(items, length)),
  ),
  method('splitWhere', [collection, predicate], ([items, condition], { evaluation }) =>
    evaluation.iterator(splitWhere(toArray(items, evaluation), condition)),
  ),
  method('sliceWhere', [collection, predicate], ([items, condition], { evaluation }) =>
    evaluation.iterator(sliceWhere(toArray(items, evaluation), condition, evaluation)),
  ),
  method('splitAt', [collection, required(integer, 'index')], ([items, index], { evaluation }) => {
    const array = toArray(items, evaluation);
    return evaluation.asMutable([array.slice(0, index), array.slice(index)]);
  }),
  method('reverse', [collection], ([items], { evaluation }) =>
    evaluation.iterator([...toArray(items, evaluation)].reverse()[Symbol.iterator]()),
  ),
  fn(
    'generate',
    [required(any, 'initial'), predicate, required(lazy, 'producer'), optional(lazyOrNull, 'selector', null), decycle],
    ([initial, condition, producer, selector, cut], { evaluation }) =>
      evaluation.iterator(generate({ initial, producer, selector, decycle: cut }, condition, evaluation)),
  ),
  fn(
    'generateMany',
    [
      required(any, 'initial'),
      required(lazy, 'producer'),
      optional(lazyOrNull, 'selector', null),
      decycle,
      optional(boolean, 'depthFirst', false),
    ],
    ([initial, producer, selector, cut, depthFirst], { evaluation }) =>
      evaluation.iterator(generateMany({ initial, producer, selector, decycle: cut }, depthFirst, evaluation)),
  ),
];
