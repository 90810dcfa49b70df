/** Queries that go through a collection item by item, mostly lazily. */
import { pyTruth } from '../../../python/equality.ts';
import { PythonError } from '../../../python/errors.ts';
import { type Evaluation, stopIteration } from '../evaluation.ts';
import type { Lambda } from '../lambda.ts';
import { type AnyOverload, alias, extension, fn, method, optional, required } from '../overload.ts';
import { NO_VALUE } from '../scope.ts';
import {
  any,
  integer,
  isIterable,
  isSetLike,
  iterable,
  iterator,
  lazy,
  lazyOrNull,
  nullable,
  type YaqlIterable,
} from '../types.ts';
import { chain } from './collections.ts';

const collection = required(iterable, 'collection');
const predicate = required(lazy, 'predicate');
const selector = required(lazy, 'selector');
const optionalPredicate = optional(lazyOrNull, 'predicate', null);
const seed = optional(any, 'seed', NO_VALUE);

function* where(items: YaqlIterable, condition: Lambda): Generator<unknown> {
  for (const item of items) if (pyTruth(condition.call1(item))) yield item;
}

function* select(items: YaqlIterable, map: Lambda): Generator<unknown> {
  for (const item of items) yield map.call1(item);
}

function* selectMany(items: YaqlIterable, map: Lambda): Generator<unknown> {
  for (const item of items) {
    const inner = map.call1(item);
    if (isIterable(inner)) yield* inner as Iterable<unknown>;
    else yield inner;
  }
}

/** @throws PythonError ValueError for a negative count */
function checkCount(count: number): void {
  if (count < 0) throw new PythonError('ValueError', 'Indices must not be negative');
}

function* skip(items: YaqlIterable, count: number): Generator<unknown> {
  let index = 0;
  for (const item of items) {
    if (index >= count) yield item;
    index += 1;
  }
}

function* take(items: YaqlIterable, count: number): Generator<unknown> {
  if (count === 0) return;
  const source = items[Symbol.iterator]();
  for (let index = 0; index < count; index += 1) {
    const step = source.next();
    if (step.done === true) return;
    yield step.value;
  }
}

function* distinct(items: YaqlIterable, key: Lambda | null, evaluation: Evaluation): Generator<unknown> {
  const seen = evaluation.set([]);
  for (const item of items) {
    const value = key === null ? item : key.call1(item);
    if (seen.has(value)) continue;
    seen.add(value);
    yield item;
  }
}

function* enumerate(items: YaqlIterable, start: number, evaluation: Evaluation): Generator<unknown> {
  let index = start;
  for (const item of items) {
    yield evaluation.asMutable([index, item]);
    index += 1;
  }
}

function* takeWhile(items: YaqlIterable, condition: Lambda): Generator<unknown> {
  const source = items[Symbol.iterator]();
  for (let step = source.next(); step.done !== true; step = source.next()) {
    if (!pyTruth(condition.call1(step.value))) return;
    yield step.value;
  }
}

function* skipWhile(items: YaqlIterable, condition: Lambda): Generator<unknown> {
  let skipping = true;
  for (const item of items) {
    skipping &&= pyTruth(condition.call1(item));
    if (!skipping) yield item;
  }
}

function count(items: Iterable<unknown>): number {
  let total = 0;
  for (const _ of items) total += 1;
  return total;
}

function first(items: YaqlIterable, fallback: unknown): unknown {
  const step = items[Symbol.iterator]().next();
  if (step.done !== true) return step.value;
  if (fallback === NO_VALUE) throw stopIteration();
  return fallback;
}

function single(items: YaqlIterable): unknown {
  const source = items[Symbol.iterator]();
  const step = source.next();
  if (step.done === true) throw stopIteration();
  if (source.next().done !== true) throw stopIteration('Collection contains more than one item');
  return step.value;
}

function last(items: YaqlIterable, fallback: unknown): unknown {
  let value = fallback;
  if (Array.isArray(items)) value = items.length > 0 ? items.at(-1) : fallback;
  else for (const item of items) value = item;
  if (value === NO_VALUE) throw stopIteration();
  return value;
}

function reduce(items: YaqlIterable, start: unknown, step: (total: unknown, item: unknown) => unknown): unknown {
  let total = start;
  for (const item of items) total = total === NO_VALUE ? item : step(total, item);
  if (total === NO_VALUE) throw new PythonError('TypeError', 'reduce() of empty iterable with no initial value');
  return total;
}

function* accumulate(items: YaqlIterable, step: Lambda, start: unknown): Generator<unknown> {
  let total = start;
  if (total !== NO_VALUE) yield total;
  for (const item of items) {
    total = total === NO_VALUE ? item : step.call2(total, item);
    yield total;
  }
  if (total === NO_VALUE) throw new PythonError('TypeError', 'accumulate() of empty sequence with no initial value');
}

function findIndex(items: YaqlIterable, matches: (item: unknown) => boolean, wantLast: boolean): number {
  let index = 0;
  let found = -1;
  for (const item of items) {
    if (matches(item)) {
      if (!wantLast) return index;
      found = index;
    }
    index += 1;
  }
  return found;
}

function any_(items: YaqlIterable, condition: Lambda | null): boolean {
  for (const item of items) if (condition === null || pyTruth(condition.call1(item))) return true;
  return false;
}

function all(items: YaqlIterable, condition: Lambda | null): boolean {
  for (const item of items) if (!pyTruth(condition === null ? item : condition.call1(item))) return false;
  return true;
}

function defaultIfEmpty(items: YaqlIterable, fallback: YaqlIterable, evaluation: Evaluation): unknown {
  if (Array.isArray(items)) return items.length === 0 ? fallback : items;
  if (isSetLike(items)) return [...items].length === 0 ? fallback : items;
  const source = items[Symbol.iterator]();
  const step = source.next();
  if (step.done === true) return fallback;
  return evaluation.iterator(chain([[step.value], evaluation.iterator(source)]));
}

const filter = method('where', [collection, predicate], ([items, condition], { evaluation }) =>
  evaluation.iterator(where(items, condition)),
);
const map = method('select', [collection, selector], ([items, change], { evaluation }) =>
  evaluation.iterator(select(items, change)),
);
const limit = method('limit', [collection, required(integer, 'count')], ([items, size], { evaluation }) => {
  checkCount(size);
  return evaluation.iterator(take(items, size));
});
const aggregate = method('aggregate', [collection, selector, seed], ([items, step, start]) =>
  reduce(items, start, (total, item) => step.call2(total, item)),
);

/** `sum`, `max`, `min`: an aggregation with a function or an operator of the language. */
function aggregation(name: string, operation: string): AnyOverload {
  return method(name, [collection, optional(any, 'initial', NO_VALUE)], ([items, initial], { evaluation }) =>
    reduce(items, initial, (total, item) => evaluation.callFunction(operation, total, item)),
  );
}

export const queries: readonly AnyOverload[] = [
  filter,
  alias(filter, 'filter'),
  map,
  alias(map, 'map'),
  limit,
  alias(limit, 'take'),
  aggregate,
  alias(aggregate, 'reduce'),
  aggregation('sum', '#operator_+'),
  aggregation('max', 'max'),
  aggregation('min', 'min'),
  method('accumulate', [collection, selector, seed], ([items, step, start], { evaluation }) =>
    evaluation.iterator(accumulate(items, step, start)),
  ),
  method('skip', [collection, required(integer, 'count')], ([items, size], { evaluation }) => {
    checkCount(size);
    return evaluation.iterator(skip(items, size));
  }),
  method('skipWhile', [collection, predicate], ([items, condition], { evaluation }) =>
    evaluation.iterator(skipWhile(items, condition)),
  ),
  method('takeWhile', [collection, predicate], ([items, condition], { evaluation }) =>
    evaluation.iterator(takeWhile(items, condition)),
  ),
  method('selectMany', [collection, selector], ([items, change], { evaluation }) =>
    evaluation.iterator(selectMany(items, change)),
  ),
  extension('append', [collection], ([items], { rest, evaluation }) => evaluation.iterator(chain([items, rest])), {
    rest: required(any, 'args'),
  }),
  extension('concat', [], (_args, { rest, evaluation }) => evaluation.iterator(chain(rest)), {
    rest: required(iterable, 'collections'),
  }),
  extension('distinct', [collection, optional(lazyOrNull, 'keySelector', null)], ([items, key], { evaluation }) =>
    evaluation.iterator(distinct(items, key, evaluation)),
  ),
  extension('enumerate', [collection, optional(nullable(integer), 'start', 0)], ([items, start], { evaluation }) => {
    if (start === null) throw new PythonError('TypeError', "'NoneType' object cannot be interpreted as an integer");
    return evaluation.iterator(enumerate(items, start, evaluation));
  }),
  extension('any', [collection, optionalPredicate], ([items, condition]) => any_(items, condition)),
  extension('all', [collection, optionalPredicate], ([items, condition]) => all(items, condition)),
  extension('len', [required(iterator, 'collection')], ([items]) => count(items)),
  method('count', [collection], ([items]) => count(items)),
  method('first', [collection, optional(any, 'default', NO_VALUE)], ([items, fallback]) => first(items, fallback)),
  method('single', [collection], ([items]) => single(items)),
  method('last', [collection, optional(any, 'default', NO_VALUE)], ([items, fallback]) => last(items, fallback)),
  method('indexOf', [collection, required(any, 'item')], ([items, wanted], { evaluation }) =>
    findIndex(items, (item) => evaluation.equals(item, wanted), false),
  ),
  method('lastIndexOf', [collection, required(any, 'item')], ([items, wanted], { evaluation }) =>
    findIndex(items, (item) => evaluation.equals(item, wanted), true),
  ),
  method('indexWhere', [collection, predicate], ([items, condition]) =>
    findIndex(items, (item) => pyTruth(condition.call1(item)), false),
  ),
  method('lastIndexWhere', [collection, predicate], ([items, condition]) =>
    findIndex(items, (item) => pyTruth(condition.call1(item)), true),
  ),
  method('defaultIfEmpty', [collection, required(iterable, 'default')], ([items, fallback], { evaluation }) =>
    defaultIfEmpty(items, fallback, evaluation),
  ),
  fn('isIterable', [required(any, 'value')], ([value]) => isIterable(value)),
];
