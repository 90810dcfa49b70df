/** Filters that work on sequences and mappings. */
import { dictEntries, isDict } from '../../../python/dict.ts';
import { PythonError } from '../../../python/errors.ts';
import { PySet, toPyTuple } from '../../../python/values.ts';
import { arithmetic } from '../arithmetic.ts';
import { getItem } from '../attributes.ts';
import { JinjaError } from '../errors.ts';
import type { Evaluation, FilterFunction, FilterTable } from '../evaluation.ts';
import { bindArguments, GroupTuple, HostObject, type Kwargs, PyIterator, Undefined } from '../objects.ts';
import {
  characters,
  equals,
  forEachItem,
  iterate,
  lengthOf,
  listOf,
  order,
  reprOf,
  textOf,
  truth,
  typeNameOf,
} from '../operations.ts';
import { LEFT_OUT, PipedIterator, type Step } from '../piped-iterator.ts';
import { sortValues } from '../sorting.ts';
import { attributeGetter, caseFolded, type Getter } from './attribute-path.ts';
import { joined } from './text.ts';

const identity: Getter = (item) => item;

function getterFor(attribute: unknown, evaluation: Evaluation): Getter {
  return attribute === undefined || attribute === null ? identity : attributeGetter(attribute, evaluation);
}

function flag(value: unknown): boolean {
  return value !== undefined && truth(value);
}

/** An argument that Python hands to `sorted`, which takes integers only. */
function orderFlag(value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value !== 0;
  throw new PythonError('TypeError', `'${typeNameOf(value)}' object cannot be interpreted as an integer`);
}

function count(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new PythonError('TypeError', `${name} must be an integer, not ${typeNameOf(value)}`);
}

function sort(value: unknown, args: readonly unknown[], evaluation: Evaluation): unknown[] {
  const [reverse, caseSensitive, attribute] = args;
  const folded = (getter: Getter): Getter => caseFolded(getter, flag(caseSensitive));
  const hasPath = attribute !== undefined && attribute !== null;
  const paths = typeof attribute === 'string' ? attribute.split(',') : [attribute];
  const getters = hasPath ? paths.map((path) => folded(attributeGetter(path, evaluation))) : [folded(identity)];
  const [only = identity] = getters;
  const key: Getter = getters.length === 1 ? only : (item) => toPyTuple(getters.map((getter) => getter(item)));
  return evaluation.own(sortValues(listOf(value, evaluation), key, orderFlag(reverse), evaluation));
}

function dictSort(value: unknown, args: readonly unknown[], evaluation: Evaluation): unknown[] {
  const [caseSensitive, by = 'key', reverse] = args;
  if (by !== 'key' && by !== 'value') {
    throw new JinjaError('FilterArgumentError', 'You can only sort by either "key" or "value"');
  }
  if (!isDict(value)) throw notMapping(value);
  const position = by === 'key' ? 0 : 1;
  const key = caseFolded((pair) => (pair as readonly unknown[])[position], flag(caseSensitive));
  return evaluation.own(sortValues(dictEntries(value).map(toPyTuple), key, orderFlag(reverse), evaluation));
}

function notMapping(value: unknown): PythonError {
  return new PythonError('AttributeError', `'${typeNameOf(value)}' object has no attribute 'items'`);
}

function extreme(direction: 1 | -1): FilterFunction {
  return {
    parameters: ['case_sensitive?', 'attribute?'],
    call: (value, [caseSensitive, attribute], evaluation) => {
      const key = caseFolded(getterFor(attribute, evaluation), flag(caseSensitive));
      const items = listOf(value, evaluation);
      if (items.length === 0) return evaluation.undefined('No aggregated item, sequence was empty.');
      return items.reduce((best, item) => (direction * order(key(item), key(best), evaluation) > 0 ? item : best));
    },
  };
}

function unique(_value: unknown, args: readonly unknown[], evaluation: Evaluation): Step {
  const key = caseFolded(getterFor(args[1], evaluation), flag(args[0]));
  const seen = new PySet();
  return (item) => {
    const wanted = key(item);
    if (seen.has(wanted)) return LEFT_OUT;
    seen.add(wanted);
    return item;
  };
}

/** A pair of `groupby`, readable as `.grouper` and `.list`, too. */
function group(grouper: unknown, list: readonly unknown[]): GroupTuple {
  const pair = new GroupTuple();
  pair.push(grouper, list);
  return pair;
}

function groupBy(value: unknown, args: readonly unknown[], evaluation: Evaluation): unknown[] {
  const [attribute, fallback, caseSensitive] = args;
  const read = attributeGetter(attribute, evaluation, fallback);
  const key = caseFolded(read, flag(caseSensitive));
  const groups: { key: unknown; items: unknown[] }[] = [];
  for (const item of sortValues(listOf(value, evaluation), key, false, evaluation)) {
    const wanted = key(item);
    const last = groups.at(-1);
    if (last !== undefined && equals(last.key, wanted, evaluation)) last.items.push(item);
    else groups.push({ key: wanted, items: [item] });
  }
  return groups.map(({ items }) => group(read(items[0]), items));
}

function* batch(value: unknown, args: readonly unknown[], evaluation: Evaluation): Iterable<unknown> {
  const size = count(args[0], 'linecount');
  const fill = args[1] ?? null;
  let row: unknown[] = [];
  for (const item of iterate(value, evaluation)) {
    if (row.length === size) {
      yield row;
      row = [];
    }
    row.push(item);
  }
  if (row.length === 0) return;
  evaluation.charge(fill === null ? 0 : Math.max(0, size - row.length));
  while (fill !== null && row.length < size) row.push(fill);
  yield row;
}

function* sliceInto(value: unknown, args: readonly unknown[], evaluation: Evaluation): Iterable<unknown> {
  const slices = count(args[0], 'slices');
  const fill = args[1] ?? null;
  const items = listOf(value, evaluation);
  if (slices === 0) throw new PythonError('ZeroDivisionError', 'integer division or modulo by zero');
  const size = Math.floor(items.length / slices);
  const withExtra = items.length % slices;
  let start = 0;
  for (let index = 0; index < slices; index += 1) {
    evaluation.charge(1);
    const end = start + size + (index < withExtra ? 1 : 0);
    const part = items.slice(start, end);
    if (fill !== null && index >= withExtra) part.push(fill);
    start = end;
    yield part;
  }
}

function mapped(value: unknown, args: readonly unknown[], evaluation: Evaluation, kwargs: Kwargs): Step | undefined {
  return truth(value) ? mapper(args, evaluation, kwargs) : undefined;
}

function mapper(args: readonly unknown[], evaluation: Evaluation, kwargs: Kwargs): Getter {
  if (args.length === 0 && kwargs.has('attribute')) {
    if (kwargs.size > 1) checkMapArguments(kwargs);
    return attributeGetter(kwargs.get('attribute'), evaluation, kwargs.get('default') ?? undefined);
  }
  if (args.length === 0) throw new JinjaError('FilterArgumentError', 'map requires a filter argument');
  const [name, ...rest] = args;
  const filter = named('filter', name, evaluation);
  const bound = filter.parameters === 'any' ? rest : bindArguments(String(name), filter.parameters, rest, kwargs);
  return (item) => filter.call(item, bound, evaluation, kwargs);
}

function checkMapArguments(kwargs: Kwargs): void {
  const unknown = [...kwargs.keys()].find((key) => key !== 'attribute' && key !== 'default');
  if (unknown !== undefined) throw new JinjaError('FilterArgumentError', `Unexpected keyword argument '${unknown}'`);
}

function named(what: 'filter' | 'test', name: unknown, evaluation: Evaluation): FilterFunction {
  const table = evaluation.library[what === 'filter' ? 'filters' : 'tests'];
  const found = typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined)
    throw new JinjaError('TemplateRuntimeError', `No ${what} named ${reprOf(name, evaluation)}.`);
  return found;
}

function selection(wanted: boolean, byAttribute: boolean): FilterFunction {
  return piped('any', (value, args, evaluation, kwargs) => {
    if (!truth(value)) return undefined;
    if (byAttribute && args.length === 0) {
      throw new JinjaError('FilterArgumentError', 'Missing parameter for attribute name');
    }
    const read = byAttribute ? attributeGetter(args[0], evaluation) : identity;
    const passes = predicate(byAttribute ? args.slice(1) : args, evaluation, kwargs);
    return (item) => (passes(read(item)) === wanted ? item : LEFT_OUT);
  });
}

function predicate(args: readonly unknown[], evaluation: Evaluation, kwargs: Kwargs): (value: unknown) => boolean {
  if (args.length === 0) return truth;
  const [name, ...rest] = args;
  const test = named('test', name, evaluation);
  const bound = test.parameters === 'any' ? rest : bindArguments(String(name), test.parameters, rest, kwargs);
  return (value) => truth(test.call(value, bound, evaluation, kwargs));
}

type Generator = (
  value: unknown,
  args: readonly unknown[],
  evaluation: Evaluation,
  kwargs: Kwargs,
) => Iterable<unknown>;

/** A filter that gives a one-pass iterator. */
function lazy(parameters: FilterFunction['parameters'], generator: Generator): FilterFunction {
  return {
    parameters,
    call: (value, args, evaluation, kwargs) =>
      new PyIterator(() => generator(value, args, evaluation, kwargs)[Symbol.iterator]()),
  };
}

type StepMaker = (value: unknown, args: readonly unknown[], evaluation: Evaluation, kwargs: Kwargs) => Step | undefined;

/** A lazy filter that looks at one item after the other. */
function piped(parameters: FilterFunction['parameters'], begin: StepMaker): FilterFunction {
  return {
    parameters,
    call: (value, args, evaluation, kwargs) =>
      new PipedIterator(value, evaluation, () => begin(value, args, evaluation, kwargs)),
  };
}

function first(value: unknown, evaluation: Evaluation): unknown {
  for (const item of iterate(value, evaluation)) return item;
  return evaluation.undefined('No first item, sequence was empty.');
}

function last(value: unknown, evaluation: Evaluation): unknown {
  if (value instanceof HostObject && value.length() === undefined) {
    throw new PythonError('TypeError', `'${typeNameOf(value)}' object is not reversible`);
  }
  const item = listOf(value, evaluation).at(-1);
  return item === undefined ? evaluation.undefined('No last item, sequence was empty.') : item;
}

function random(value: unknown, evaluation: Evaluation): unknown {
  const size = lengthOf(value);
  if (size === 0) return evaluation.undefined('No random item, sequence was empty.');
  return getItem(value, Math.floor(evaluation.runtime.random() * size), evaluation);
}

function reverse(value: unknown, evaluation: Evaluation): unknown {
  if (typeof value === 'string') return characters(value).toReversed().join('');
  const items = listOf(value, evaluation).reverse();
  return new PyIterator(() => items[Symbol.iterator](), 'list_reverseiterator');
}

const fallback: FilterFunction = {
  parameters: ['default_value?', 'boolean?'],
  call: (value, [replacement = '', boolean]) => {
    if (value instanceof Undefined) return replacement;
    return flag(boolean) && !truth(value) ? replacement : value;
  },
};

const length: FilterFunction = { parameters: [], call: (value) => lengthOf(value) };

export const sequenceFilters: FilterTable = {
  default: fallback,
  d: fallback,
  length,
  count: length,
  first: { parameters: [], call: (value, _args, evaluation) => first(value, evaluation) },
  last: { parameters: [], call: (value, _args, evaluation) => last(value, evaluation) },
  random: { parameters: [], call: (value, _args, evaluation) => random(value, evaluation) },
  list: { parameters: [], call: (value, _args, evaluation) => evaluation.own(listOf(value, evaluation)) },
  reverse: { parameters: [], call: (value, _args, evaluation) => reverse(value, evaluation) },
  sort: { parameters: ['reverse?', 'case_sensitive?', 'attribute?'], call: sort },
  dictsort: { parameters: ['case_sensitive?', 'by?', 'reverse?'], call: dictSort },
  items: lazy([], (value) => {
    if (value instanceof Undefined) return [];
    if (!isDict(value)) throw new PythonError('TypeError', 'Can only get item pairs from a mapping.');
    return dictEntries(value).map(toPyTuple);
  }),
  unique: piped(['case_sensitive?', 'attribute?'], unique),
  min: extreme(-1),
  max: extreme(1),
  sum: {
    parameters: ['attribute?', 'start?'],
    call: (value, [attribute, start = 0], evaluation) => {
      const read = getterFor(attribute, evaluation);
      if (typeof start === 'string')
        throw new PythonError('TypeError', "sum() can't sum strings [use ''.join(seq) instead]");
      let sum = start;
      forEachItem(value, evaluation, (item) => {
        sum = arithmetic('+', sum, read(item), evaluation);
      });
      return sum;
    },
  },
  join: {
    parameters: ['d?', 'attribute?'],
    call: (value, [separator = '', attribute], evaluation) =>
      joined(value, evaluation, textOf(separator, evaluation), getterFor(attribute, evaluation)),
  },
  groupby: { parameters: ['attribute', 'default?', 'case_sensitive?'], call: groupBy },
  batch: lazy(['linecount', 'fill_with?'], batch),
  slice: lazy(['slices', 'fill_with?'], sliceInto),
  map: piped('any', mapped),
  select: selection(true, false),
  reject: selection(false, false),
  selectattr: selection(true, true),
  rejectattr: selection(false, true),
};
