/** Methods of Python's lists, tuples, dicts and sets. */
import {
  type Dict,
  dictEntries,
  dictGet,
  dictHas,
  dictKeys,
  dictSize,
  dictValues,
  isDict,
  setKey,
} from '../../python/dict.ts';
import { PythonError } from '../../python/errors.ts';
import { PyDict, PySet, toPyTuple } from '../../python/values.ts';
import type { Evaluation } from './evaluation.ts';
import type { MethodTable } from './methods.ts';
import { Callable, DictView, NO_KWARGS } from './objects.ts';
import { equals, iterate, listOf, reprOf, truth } from './operations.ts';
import { sortValues } from './sorting.ts';

function integer(value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new PythonError('TypeError', 'an integer is required');
}

function indexOf(self: readonly unknown[], args: readonly unknown[], evaluation: Evaluation): number {
  const resolve = (bound: number): number => (bound < 0 ? Math.max(0, bound + self.length) : bound);
  const stop = Math.min(self.length, resolve(integer(args[2], self.length)));
  for (let index = resolve(integer(args[1], 0)); index < stop; index += 1) {
    if (equals(self[index], args[0], evaluation)) return index;
  }
  return -1;
}

const sequenceMethods: MethodTable = {
  count: {
    parameters: ['value'],
    call: (self: readonly unknown[], [value], evaluation) =>
      self.filter((item) => equals(item, value, evaluation)).length,
  },
  index: {
    parameters: ['value', 'start?', 'stop?'],
    call: (self: readonly unknown[], args, evaluation) => {
      const index = indexOf(self, args, evaluation);
      if (index === -1) throw new PythonError('ValueError', `${reprOf(args[0], evaluation)} is not in list`);
      return index;
    },
  },
};

export const tupleMethods: MethodTable = sequenceMethods;

export const listMethods: MethodTable = {
  ...sequenceMethods,
  append: {
    parameters: ['object'],
    call: (self: unknown[], [item], evaluation) => {
      evaluation.requireOwn(self);
      self.push(item);
      return null;
    },
  },
  extend: {
    parameters: ['iterable'],
    call: (self: unknown[], [items], evaluation) => {
      evaluation.requireOwn(self);
      self.push(...listOf(items, evaluation));
      return null;
    },
  },
  insert: {
    parameters: ['index', 'object'],
    call: (self: unknown[], [index, item], evaluation) => {
      evaluation.requireOwn(self);
      self.splice(integer(index, 0), 0, item);
      return null;
    },
  },
  pop: {
    parameters: ['index?'],
    call: (self: unknown[], [index], evaluation) => {
      evaluation.requireOwn(self);
      if (self.length === 0) throw new PythonError('IndexError', 'pop from empty list');
      const position = integer(index, -1);
      const at = position < 0 ? position + self.length : position;
      if (at < 0 || at >= self.length) throw new PythonError('IndexError', 'pop index out of range');
      return self.splice(at, 1)[0];
    },
  },
  remove: {
    parameters: ['value'],
    call: (self: unknown[], [value], evaluation) => {
      evaluation.requireOwn(self);
      const index = indexOf(self, [value], evaluation);
      if (index === -1) throw new PythonError('ValueError', 'list.remove(x): x not in list');
      self.splice(index, 1);
      return null;
    },
  },
  clear: {
    parameters: [],
    call: (self: unknown[], _args, evaluation) => {
      evaluation.requireOwn(self);
      self.length = 0;
      return null;
    },
  },
  copy: { parameters: [], call: (self: unknown[], _args, evaluation) => evaluation.own(listOf(self, evaluation)) },
  reverse: {
    parameters: [],
    call: (self: unknown[], _args, evaluation) => {
      evaluation.requireOwn(self);
      self.reverse();
      return null;
    },
  },
  sort: {
    parameters: ['key?', 'reverse?'],
    call: (self: unknown[], [key, reverse], evaluation) => {
      evaluation.requireOwn(self);
      const keyOf =
        key instanceof Callable ? (item: unknown) => key.call([item], NO_KWARGS, evaluation) : (item: unknown) => item;
      const sorted = sortValues(self, keyOf, truth(reverse), evaluation);
      self.splice(0, self.length, ...sorted);
      return null;
    },
  },
};

function setEntry(dict: Dict, key: unknown, value: unknown): void {
  if (dict instanceof PyDict) dict.set(key, value);
  else if (typeof key === 'string') setKey(dict, key, value);
  else throw new PythonError('TypeError', 'only text can become a key of this dict');
}

function removeEntry(dict: Dict, key: unknown): void {
  if (dict instanceof PyDict) dict.delete(key);
  else delete dict[String(key)];
}

function update(
  self: Dict,
  args: readonly unknown[],
  evaluation: Evaluation,
  kwargs: ReadonlyMap<string, unknown>,
): null {
  evaluation.requireOwn(self);
  const [other] = args;
  if (other !== undefined) for (const [key, value] of pairsOf(other, evaluation)) setEntry(self, key, value);
  for (const [key, value] of kwargs) setEntry(self, key, value);
  return null;
}

/** Key and value pairs of a dict or of an iterable of pairs. */
export function pairsOf(value: unknown, evaluation: Evaluation): Iterable<readonly [unknown, unknown]> {
  if (isDict(value)) return dictEntries(value);
  return listOf(value, evaluation).map((pair): [unknown, unknown] => {
    const items = listOf(pair, evaluation);
    if (items.length !== 2)
      throw new PythonError('ValueError', 'dictionary update sequence element must have length 2');
    return [items[0], items[1]];
  });
}

export const dictMethods: MethodTable = {
  get: {
    parameters: ['key', 'default?'],
    call: (self: Dict, [key, fallback = null]) => (dictHas(self, key) ? dictGet(self, key) : fallback),
  },
  keys: { parameters: [], call: (self: Dict) => new DictView('dict_keys', dictKeys(self)) },
  values: { parameters: [], call: (self: Dict) => new DictView('dict_values', dictValues(self)) },
  items: {
    parameters: [],
    call: (self: Dict, _args, evaluation) => {
      evaluation.charge(dictSize(self));
      return new DictView('dict_items', dictEntries(self).map(toPyTuple));
    },
  },
  copy: {
    parameters: [],
    call: (self: Dict, _args, evaluation) => {
      evaluation.charge(dictSize(self));
      return evaluation.own(self instanceof PyDict ? new PyDict(self.entries()) : { ...self });
    },
  },
  pop: {
    parameters: ['key', 'default?'],
    call: (self: Dict, [key, fallback], evaluation) => {
      evaluation.requireOwn(self);
      const value = dictGet(self, key);
      if (value === undefined && fallback === undefined) throw new PythonError('KeyError', reprOf(key, evaluation));
      removeEntry(self, key);
      return value === undefined ? fallback : value;
    },
  },
  popitem: {
    parameters: [],
    call: (self: Dict, _args, evaluation) => {
      evaluation.requireOwn(self);
      const last = dictEntries(self).at(-1);
      if (last === undefined) throw new PythonError('KeyError', "'popitem(): dictionary is empty'");
      removeEntry(self, last[0]);
      return toPyTuple(last);
    },
  },
  setdefault: {
    parameters: ['key', 'default?'],
    call: (self: Dict, [key, fallback], evaluation) => {
      if (dictHas(self, key)) return dictGet(self, key);
      evaluation.requireOwn(self);
      setEntry(self, key, fallback ?? null);
      return fallback ?? null;
    },
  },
  clear: {
    parameters: [],
    call: (self: Dict, _args, evaluation) => {
      evaluation.requireOwn(self);
      for (const key of dictKeys(self)) removeEntry(self, key);
      return null;
    },
  },
  update: { parameters: 'any', call: update },
};

type SetOperation = (left: PySet, right: PySet) => Iterable<unknown>;

function setMethod(operation: SetOperation): MethodTable[string] {
  return {
    parameters: 'any',
    call: (self: PySet, args, evaluation) =>
      args.reduce((left: PySet, right) => new PySet(operation(left, new PySet(iterate(right, evaluation)))), self),
  };
}

function setTest(test: (left: PySet, right: PySet) => boolean): MethodTable[string] {
  return {
    parameters: ['other'],
    call: (self: PySet, [other], evaluation) => test(self, new PySet(iterate(other, evaluation))),
  };
}

export const setMethods: MethodTable = {
  union: setMethod((left, right) => [...left, ...right]),
  intersection: setMethod((left, right) => [...left].filter((item) => right.has(item))),
  difference: setMethod((left, right) => [...left].filter((item) => !right.has(item))),
  symmetric_difference: setMethod((left, right) => [
    ...[...left].filter((item) => !right.has(item)),
    ...[...right].filter((item) => !left.has(item)),
  ]),
  issubset: setTest((left, right) => [...left].every((item) => right.has(item))),
  issuperset: setTest((left, right) => [...right].every((item) => left.has(item))),
  isdisjoint: setTest((left, right) => ![...left].some((item) => right.has(item))),
  copy: { parameters: [], call: (self: PySet) => new PySet(self) },
};
