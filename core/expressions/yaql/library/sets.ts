import { dictSize } from '../../../python/dict.ts';
import { PythonError } from '../../../python/errors.ts';
import { type PyDictView, PyIterator } from '../../../python/iterator.ts';
import { PySet } from '../../../python/values.ts';
import type { Evaluation } from '../evaluation.ts';
import { type AnyOverload, alias, extension, fn, method, required } from '../overload.ts';
import { any, isSetLike, iterable, set } from '../types.ts';

type SetLike = PySet | PyDictView;
const pair = [required(set, 'left'), required(set, 'right')] as const;

/** Views of dicts are sets in comparisons, but Python gives them none of the named operations. */
function realSet(value: SetLike, operation: string): PySet {
  if (value instanceof PySet) return value;
  throw new PythonError('AttributeError', `'KeysView' object has no attribute '${operation}'`);
}

function members(value: SetLike, evaluation: Evaluation): PySet {
  return value instanceof PySet ? value : evaluation.set(value);
}

function isSubset(left: SetLike, right: SetLike, proper: boolean, evaluation: Evaluation): boolean {
  const [small, large] = [members(left, evaluation), members(right, evaluation)];
  if (proper ? small.size >= large.size : small.size > large.size) return false;
  return [...small].every((item) => large.has(item));
}

function combine(evaluation: Evaluation, left: PySet, extra: Iterable<unknown>): PySet {
  const result = evaluation.set(left);
  for (const item of extra) result.add(item);
  evaluation.charge(result.size);
  return result;
}

function without(evaluation: Evaluation, left: PySet, right: PySet): PySet {
  evaluation.charge(left.size);
  return evaluation.set([...left].filter((item) => !right.has(item)));
}

/** Arguments of `list(...)` and `set(...)`: iterators among them are unpacked, lists are not. */
export function* unpackIterators(args: Iterable<unknown>): Generator<unknown> {
  for (const arg of args) {
    if (arg instanceof PyIterator) yield* unpackIterators(arg);
    else yield arg;
  }
}

const difference = method('difference', pair, ([left, right], { evaluation }) =>
  without(evaluation, realSet(left, 'difference'), members(right, evaluation)),
);

export const sets: readonly AnyOverload[] = [
  fn('isSet', [required(any, 'arg')], ([value]) => isSetLike(value)),
  fn('set', [], (_args, { rest, evaluation }) => evaluation.set(evaluation.limited(unpackIterators(rest))), {
    rest: required(any, 'args'),
  }),
  method('toSet', [required(iterable, 'collection')], ([items], { evaluation }) => evaluation.set(items)),
  extension('len', [required(set, 'set')], ([value]) => (value instanceof PySet ? value.size : dictSize(value.dict))),
  fn('#operator_<', pair, ([left, right], { evaluation }) => isSubset(left, right, true, evaluation)),
  fn('#operator_<=', pair, ([left, right], { evaluation }) => isSubset(left, right, false, evaluation)),
  fn('#operator_>', pair, ([left, right], { evaluation }) => isSubset(right, left, true, evaluation)),
  fn('#operator_>=', pair, ([left, right], { evaluation }) => isSubset(right, left, false, evaluation)),
  method('union', pair, ([left, right], { evaluation }) => combine(evaluation, realSet(left, 'union'), right)),
  method('intersect', pair, ([left, right], { evaluation }) => {
    const other = members(right, evaluation);
    return evaluation.set([...realSet(left, 'intersection')].filter((item) => other.has(item)));
  }),
  difference,
  alias(difference, '#operator_-', 'function'),
  method('symmetricDifference', pair, ([left, right], { evaluation }) => {
    const [mine, other] = [realSet(left, 'symmetric_difference'), members(right, evaluation)];
    return combine(evaluation, without(evaluation, mine, other), without(evaluation, other, mine));
  }),
  method(
    'add',
    [required(set, 'set')],
    ([value], { rest, evaluation }) => combine(evaluation, realSet(value, 'union'), rest),
    { rest: required(any, 'values') },
  ),
  method(
    'remove',
    [required(set, 'set')],
    ([value], { rest, evaluation }) => without(evaluation, realSet(value, 'difference'), evaluation.set(rest)),
    { rest: required(any, 'values') },
  ),
];
