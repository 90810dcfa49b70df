import {
  createOrderedDict,
  type Dict,
  dictEntries,
  dictGet,
  dictHas,
  dictKeys,
  dictSize,
  dictValues,
} from '../../../python/dict.ts';
import { PythonError } from '../../../python/errors.ts';
import { PyDictView } from '../../../python/iterator.ts';
import { pyRepr } from '../../../python/repr.ts';
import { isDataView } from '../../data-view.ts';
import type { Evaluation } from '../evaluation.ts';
import { stopIteration } from '../evaluation.ts';
import { type AnyOverload, alias, extension, fn, method, optional, required } from '../overload.ts';
import {
  any,
  dict,
  type EvaluatedRule,
  isIterable,
  isMapping,
  iterable,
  lazy,
  lazyOrNull,
  type Mapping,
  mapping,
  rule,
} from '../types.ts';

type Entry = readonly [unknown, unknown];

function build(entries: Iterable<Entry>, evaluation: Evaluation): Dict {
  const result = createOrderedDict(entries, evaluation.hash);
  evaluation.charge(dictSize(result));
  return result;
}

/** Every key must be hashable, whatever the form of the dict will be. */
function* checkedKeys(entries: Iterable<Entry>, evaluation: Evaluation): Generator<Entry> {
  for (const entry of entries) {
    if (typeof entry[0] !== 'string') evaluation.hash(entry[0]);
    yield entry;
  }
}

function ruleEntries(rules: readonly EvaluatedRule[]): Entry[] {
  return rules.map((item) => [item.source, item.destination]);
}

function has(source: Mapping, key: unknown, evaluation: Evaluation): boolean {
  if (typeof key !== 'string') evaluation.hash(key);
  if (isDataView(source)) return typeof key === 'string' && source.has(key);
  return dictHas(source, key);
}

function get(source: Mapping, key: unknown, evaluation: Evaluation): unknown {
  if (!has(source, key, evaluation)) return undefined;
  return (isDataView(source) ? source.get(key as string) : dictGet(source, key)) ?? null;
}

function* pairs(items: Iterable<unknown>): Generator<Entry> {
  for (const item of items) {
    if (typeof item !== 'string' && !isIterable(item) && !isMapping(item)) {
      throw new PythonError('TypeError', 'an item of dict() is not a pair');
    }
    const members = isMapping(item) && !isDataView(item) ? dictKeys(item) : (item as Iterable<unknown>);
    const [key, value] = firstTwo(members);
    yield [key, value];
  }
}

function firstTwo(members: Iterable<unknown>): Entry {
  const iterator = members[Symbol.iterator]();
  const first = iterator.next();
  const second = first.done === true ? first : iterator.next();
  if (second.done === true) throw stopIteration();
  return [first.value, second.value];
}

function remove(source: Dict, keys: Iterable<unknown>, evaluation: Evaluation): Dict {
  const gone = evaluation.set(keys);
  return evaluation.asMutable(
    build(
      dictEntries(source).filter(([key]) => !gone.has(key)),
      evaluation,
    ),
  );
}

const fromRules = fn(
  'dict',
  [],
  (_args, { rest, evaluation }) => build(checkedKeys(ruleEntries(rest), evaluation), evaluation),
  {
    rest: required(rule, 'args'),
    noKwargs: true,
  },
);
const source = required(dict, 'dict');

export const dicts: readonly AnyOverload[] = [
  fromRules,
  alias(fromRules, '#map'),
  fn(
    'dict',
    [required(iterable, 'items')],
    ([items], { evaluation }) => build(checkedKeys(pairs(items), evaluation), evaluation),
    {
      noKwargs: true,
    },
  ),
  method(
    'toDict',
    [required(iterable, 'collection'), required(lazy, 'keySelector'), optional(lazyOrNull, 'valueSelector', null)],
    ([items, keySelector, valueSelector], { evaluation }) => {
      const entries = Array.from(items, (item): Entry => {
        evaluation.step();
        return [keySelector.call1(item), valueSelector === null ? item : valueSelector.call1(item)];
      });
      return evaluation.asMutable(build(checkedKeys(entries, evaluation), evaluation));
    },
  ),
  fn('#indexer', [required(mapping, 'dict'), required(any, 'key')], ([value, key], { evaluation }) => {
    const item = get(value, key, evaluation);
    if (item === undefined) throw new PythonError('KeyError', pyRepr(key));
    return item;
  }),
  fn(
    '#indexer',
    [required(mapping, 'dict'), required(any, 'key'), required(any, 'default')],
    ([value, key, fallback], { evaluation }) => {
      const item = get(value, key, evaluation);
      return item === undefined ? fallback : item;
    },
  ),
  method(
    'get',
    [required(mapping, 'dict'), required(any, 'key'), optional(any, 'default', null)],
    ([value, key, fallback], { evaluation }) => {
      const item = get(value, key, evaluation);
      return item === undefined ? fallback : item;
    },
  ),
  method(
    'set',
    [source, required(any, 'key'), required(any, 'value')],
    ([value, key, item], { evaluation }) =>
      build(checkedKeys([...dictEntries(value), [key, item]], evaluation), evaluation),
    { noKwargs: true },
  ),
  method(
    'set',
    [source, required(dict, 'replacements')],
    ([value, replacements], { evaluation }) => build([...dictEntries(value), ...dictEntries(replacements)], evaluation),
    { noKwargs: true },
  ),
  method(
    'set',
    [source],
    ([value], { rest, evaluation }) =>
      build(checkedKeys([...dictEntries(value), ...ruleEntries(rest)], evaluation), evaluation),
    { rest: required(rule, 'args'), noKwargs: true },
  ),
  method('keys', [source], ([value]) => new PyDictView('keys', value)),
  method('values', [source], ([value]) => new PyDictView('values', value)),
  method('items', [source], ([value]) => new PyDictView('items', value)),
  method('containsKey', [required(mapping, 'dict'), required(any, 'key')], ([value, key], { evaluation }) =>
    has(value, key, evaluation),
  ),
  method('containsValue', [source, required(any, 'value')], ([value, wanted], { evaluation }) =>
    dictValues(value).some((item) => evaluation.equals(item, wanted)),
  ),
  fn('#operator_+', [required(dict, 'left'), required(dict, 'right')], ([left, right], { evaluation }) =>
    build([...dictEntries(left), ...dictEntries(right)], evaluation),
  ),
  fn('isDict', [required(any, 'arg')], ([value]) => isMapping(value)),
  extension('len', [source], ([value]) => dictSize(value)),
  method('delete', [source], ([value], { rest, evaluation }) => remove(value, rest, evaluation), {
    rest: required(any, 'keys'),
  }),
  method('deleteAll', [source, required(iterable, 'keys')], ([value, keys], { evaluation }) =>
    remove(value, keys, evaluation),
  ),
];
