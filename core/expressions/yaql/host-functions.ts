/** Makes functions of the host look like functions of the library. */
import { createDict, dictEntries, isDict } from '../../python/dict.ts';
import { PyDictView, PyIterator } from '../../python/iterator.ts';
import { PySet, toPyTuple } from '../../python/values.ts';
import { isDataView } from '../data-view.ts';
import type { Evaluation } from './evaluation.ts';
import type { FunctionTable, HostFunction } from './function-table.ts';
import { type AnyOverload, fn, optional, type Param, required } from './overload.ts';
import type { Levels } from './resolve.ts';
import { any, toDict, typeOfDefault } from './types.ts';

const levelsByTable = new WeakMap<FunctionTable, Map<string, Levels>>();

/** Levels of a name: the host's function of that name before the standard ones. */
export function hostLevels(
  name: string,
  table: FunctionTable | undefined,
  standard: Levels | undefined,
): Levels | undefined {
  if (table === undefined) return standard;
  const host = table.get(name);
  if (host === undefined) return standard;
  let known = levelsByTable.get(table);
  if (known === undefined) {
    known = new Map();
    levelsByTable.set(table, known);
  }
  const remembered = known.get(name);
  if (remembered !== undefined) return remembered;
  const levels = [[toOverload(host)], ...(standard ?? [])];
  known.set(name, levels);
  return levels;
}

function toOverload(host: HostFunction): AnyOverload {
  if (host.variadic === true) {
    return fn(
      host.name,
      [],
      (_args, { evaluation, rest, named }) => callHost(host, rest, Object.fromEntries(named), evaluation),
      { rest: required(any, 'args'), takesNamed: true },
    );
  }
  const params: Param[] = host.params.map((param) =>
    Object.hasOwn(param, 'default')
      ? optional(typeOfDefault(param.default), param.name, param.default)
      : required(any, param.name),
  );
  return fn(host.name, params, (args, { evaluation }) => callHost(host, args, {}, evaluation));
}

function callHost(
  host: HostFunction,
  args: readonly unknown[],
  named: Readonly<Record<string, unknown>>,
  evaluation: Evaluation,
): unknown {
  const plain = args.map((arg) => toHost(arg, evaluation));
  const options = Object.fromEntries(Object.entries(named).map(([key, value]) => [key, toHost(value, evaluation)]));
  const result = host.call(plain, evaluation, options) ?? null;
  evaluation.markMutable(result);
  return result;
}

/** A value as Python code outside of YAQL would get it: frozen lists as tuples, lazy ones as iterators. */
function toHost(value: unknown, evaluation: Evaluation): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => toHost(item, evaluation));
    return evaluation.freezesInput && !evaluation.isList(value) ? toPyTuple(items) : items;
  }
  if (value instanceof PyIterator || value instanceof PySet) return value;
  if (value instanceof PyDictView)
    return value.kind === 'values' ? evaluation.iterator(value[Symbol.iterator]()) : new PySet(value);
  if (isDataView(value)) return toHost(toDict(value), evaluation);
  if (isDict(value)) {
    return createDict(
      dictEntries(value).map(([key, item]) => [toHost(key, evaluation), toHost(item, evaluation)] as const),
    );
  }
  if (Symbol.iterator in value) return evaluation.iterator((value as Iterable<unknown>)[Symbol.iterator]());
  return value;
}
