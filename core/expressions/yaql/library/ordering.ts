/** Sorting, grouping and merging. */
import { createDict, type Dict, dictEntries, dictGet, dictHas, isDict } from '../../../python/dict.ts';
import { pyTruth, pyTypeName } from '../../../python/equality.ts';
import { PythonError } from '../../../python/errors.ts';
import { PyDict } from '../../../python/values.ts';
import { YaqlError } from '../errors.ts';
import type { Evaluation } from '../evaluation.ts';
import type { Lambda } from '../lambda.ts';
import { OrderingIterable } from '../ordering-iterable.ts';
import { type AnyOverload, method, optional, required } from '../overload.ts';
import { dict, integer, iterable, lazy, lazyOrNull, ordering, type YaqlIterable } from '../types.ts';

const collection = required(iterable, 'collection');
const selector = required(lazy, 'selector');

function orderBy(name: string, ascending: boolean): AnyOverload {
  return method(name, [collection, selector], ([items, key], { evaluation }) => {
    const sorted = new OrderingIterable(items, {
      isLess: (left, right) => pyTruth(evaluation.callFunction('#operator_<', left, right)),
      isGreater: (left, right) => pyTruth(evaluation.callFunction('#operator_>', left, right)),
    });
    sorted.addField(key, ascending);
    return sorted;
  });
}

function thenBy(name: string, ascending: boolean): AnyOverload {
  return method(name, [required(ordering, 'collection'), selector], ([sorted, key]) => {
    sorted.addField(key, ascending);
    return sorted;
  });
}

/** Failures after which an aggregator is taken for one of the old form, which gets the whole pair. */
const FALLBACK_KINDS = new Set<string>(['NoMatchingMethodException', 'NoMatchingFunctionException', 'IndexError']);

/** Applies the third argument of `groupBy` to the groups; the form of YAQL 1.1.1 works on, as it does in YAQL. */
class GroupAggregator {
  readonly #aggregator: Lambda;
  readonly #evaluation: Evaluation;
  #allowFallback = true;
  #failure: unknown;

  constructor(aggregator: Lambda, evaluation: Evaluation) {
    this.#aggregator = aggregator;
    this.#evaluation = evaluation;
  }

  apply(key: unknown, values: readonly unknown[]): unknown {
    if (this.#failure === undefined) {
      try {
        const result = this.#aggregator.call1(values);
        if (!this.#looksOld(result, values)) this.#allowFallback = false;
        return [key, result];
      } catch (error) {
        const isKnown = error instanceof YaqlError || error instanceof PythonError;
        if (!isKnown || !FALLBACK_KINDS.has(error.kind)) throw error;
        this.#failure = error;
      }
    }
    const old = this.#allowFallback ? this.#applyOld(key, values) : undefined;
    if (old === undefined) throw this.#failure;
    return old;
  }

  #looksOld(result: unknown, values: readonly unknown[]): boolean {
    return (
      values.length === 2 &&
      Array.isArray(result) &&
      result.length === 2 &&
      this.#evaluation.equals(result[0], values[0])
    );
  }

  #applyOld(key: unknown, values: readonly unknown[]): unknown {
    try {
      const result = this.#aggregator.call1([key, values]);
      return Array.isArray(result) && result.length === 2 ? result : undefined;
    } catch (error) {
      if (error instanceof YaqlError && error.kind === 'LimitExceeded') throw error;
      // The first failure is the one that helps the author of the expression; it is thrown by the caller.
      return undefined;
    }
  }
}

function* groupBy(groups: PyDict, aggregator: GroupAggregator | null): Generator<unknown> {
  for (const [group, values] of groups.entries()) {
    const members = values as unknown[];
    yield aggregator === null ? [group, members] : aggregator.apply(group, members);
  }
}

function collectGroups(items: YaqlIterable, key: Lambda, value: Lambda | null, evaluation: Evaluation): PyDict {
  const groups = new PyDict([], evaluation.hash);
  for (const item of items) {
    evaluation.step();
    const member = value === null ? item : value.call1(item);
    const group = key.call1(item);
    const members = groups.get(group) as unknown[] | undefined;
    if (members === undefined) groups.set(group, evaluation.asMutable([member]));
    else members.push(member);
  }
  return groups;
}

interface Mergers {
  readonly lists: (left: readonly unknown[], right: readonly unknown[]) => unknown;
  readonly items: (left: unknown, right: unknown) => unknown;
  readonly evaluation: Evaluation;
}

function cannotMerge(left: unknown, right: unknown): PythonError {
  return new PythonError('TypeError', `Cannot merge ${pyTypeName(left)} with ${pyTypeName(right)}`);
}

function merge(left: Dict, right: Dict, mergers: Mergers, maxLevels: number): Dict {
  mergers.evaluation.step();
  const mergeItems = (mine: unknown, other: unknown): unknown => {
    if (maxLevels !== 1 && isDict(other)) {
      if (!isDict(mine)) throw cannotMerge(mine, other);
      return merge(mine, other, mergers, maxLevels === 0 ? 0 : maxLevels - 1);
    }
    if (maxLevels !== 1 && Array.isArray(other)) {
      if (!Array.isArray(mine)) throw cannotMerge(mine, other);
      return mergers.lists(mine, other);
    }
    return mergers.items(mine, other);
  };
  const entries: (readonly [unknown, unknown])[] = dictEntries(left).map(([key, mine]) => [
    key,
    dictHas(right, key) ? mergeItems(mine, dictGet(right, key)) : mine,
  ]);
  for (const entry of dictEntries(right)) if (!dictHas(left, entry[0])) entries.push(entry);
  const { evaluation } = mergers;
  return evaluation.asMutable(createDict(entries, evaluation.hash));
}

function joinDistinct(left: readonly unknown[], right: readonly unknown[], evaluation: Evaluation): unknown[] {
  evaluation.charge(left.length + right.length);
  return [...evaluation.set([...left, ...right])];
}

export const orderingFunctions: readonly AnyOverload[] = [
  orderBy('orderBy', true),
  orderBy('orderByDescending', false),
  thenBy('thenBy', true),
  thenBy('thenByDescending', false),
  method(
    'groupBy',
    [
      collection,
      required(lazy, 'keySelector'),
      optional(lazyOrNull, 'valueSelector', null),
      optional(lazyOrNull, 'aggregator', null),
    ],
    ([items, key, value, aggregator], { evaluation }) => {
      const groups = collectGroups(items, key, value, evaluation);
      const apply = aggregator === null ? null : new GroupAggregator(aggregator, evaluation);
      return evaluation.iterator(groupBy(groups, apply));
    },
  ),
  method(
    'mergeWith',
    [
      required(dict, 'dict'),
      required(dict, 'another'),
      optional(lazyOrNull, 'listMerger', null),
      optional(lazyOrNull, 'itemMerger', null),
      optional(integer, 'maxLevels', 0),
    ],
    ([left, right, listMerger, itemMerger, maxLevels], { evaluation }) =>
      merge(
        left,
        right,
        {
          lists: (mine, other) =>
            listMerger === null ? joinDistinct(mine, other, evaluation) : listMerger.call2(mine, other),
          items: (mine, other) => (itemMerger === null ? other : itemMerger.call2(mine, other)),
          evaluation,
        },
        maxLevels,
      ),
  ),
];
