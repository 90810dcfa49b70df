import { dictEntries } from '../../../python/dict.ts';
import { pyTruth } from '../../../python/equality.ts';
import { PythonError } from '../../../python/errors.ts';
import { PyIterator } from '../../../python/iterator.ts';
import { Lambda } from '../lambda.ts';
import { MemorizedIterator } from '../memorized-iterator.ts';
import { type AnyOverload, fn, method, optional, required } from '../overload.ts';
import { NO_VALUE, type Scope } from '../scope.ts';
import { any, anyButNull, context, dict, iterable, lazy, list, string, type YaqlIterable } from '../types.ts';

/** YAQL registers names of `def` in camelCase, so that `my_func` can only be called as `myFunc`. */
function conventionalName(name: string): string {
  return name.replace(/_+$/, '').replace(/(?!^)_([\p{L}\p{N}_])/gu, (_, letter: string) => letter.toUpperCase());
}

function unpack(source: Iterator<unknown>, names: readonly string[], scope: Scope): Scope {
  const values: unknown[] = [];
  for (let step = source.next(); step.done !== true; step = source.next()) {
    values.push(step.value);
    if (names.length > 0 && values.length > names.length) break;
  }
  if (names.length > 0 && values.length !== names.length) {
    throw new PythonError('ValueError', `Cannot unpack ${values.length} elements into ${names.length}`);
  }
  for (const [index, value] of values.entries()) scope.set(names[index] ?? String(index + 1), value);
  return scope;
}

/** Without names YAQL looks at the first item twice: that of an iterator is lost. */
function unpackAll(items: YaqlIterable, scope: Scope): Scope {
  const source = items[Symbol.iterator]();
  if (items instanceof PyIterator) source.next();
  return unpack(source, [], scope);
}

function publish(args: readonly unknown[], named: ReadonlyMap<string, unknown>, scope: Scope): Scope {
  for (const [index, value] of args.entries()) scope.set(String(index + 1), value);
  for (const [name, value] of named) scope.set(name, value);
  return scope;
}

export const system: readonly AnyOverload[] = [
  method(
    'unpack',
    [required(iterable, 'sequence')],
    ([items], { rest, scope }) =>
      rest.length === 0 ? unpackAll(items, scope) : unpack(items[Symbol.iterator](), rest, scope),
    { rest: required(string, 'args') },
  ),
  fn('with', [], (_args, { rest, named, scope }) => publish(rest, named, scope), { rest: required(any, 'args') }),
  fn('let', [], (_args, { rest, named, scope }) => publish(rest, named, scope), {
    rest: required(any, 'args'),
    takesNamed: true,
  }),
  fn('def', [required(string, 'name'), required(lazy, 'func')], ([name, body], { scope, evaluation }) => {
    const defined = conventionalName(name);
    scope.define(
      fn(defined, [], (_args, { rest, named }) => body.callMany(rest, named), {
        rest: required(any, 'args'),
        takesNamed: true,
      }),
    );
    evaluation.definedNames.add(defined);
    return scope;
  }),
  fn('#operator_->', [required(context, 'left'), required(lazy, 'right')], ([left, right]) => right.callIn(left)),
  method(
    'assert',
    [required(any, 'obj'), required(lazy, 'condition'), optional(string, 'message', 'Assertion failed')],
    ([value, condition, message]) => {
      const kept = value instanceof PyIterator ? new MemorizedIterator(value) : value;
      if (!pyTruth(condition.call1(kept))) throw new PythonError('AssertionError', message);
      return kept;
    },
  ),
  fn(
    'call',
    [required(string, 'name'), required(list, 'args'), required(dict, 'kwargs'), optional(any, 'receiver', NO_VALUE)],
    ([name, args, kwargs, receiver], { evaluation, scope }) => {
      const named = new Map(dictEntries(kwargs).map(([key, value]) => [String(key), value]));
      const isMethod = receiver !== NO_VALUE;
      return evaluation.callNamed(name.replace(/_+$/, ''), receiver, isMethod, args, named, scope);
    },
  ),
];

/** Only with the engine's option `delegates`. */
export const delegates: readonly AnyOverload[] = [
  fn('lambda', [required(lazy, 'func')], ([body]) => body),
  fn(
    '#call',
    [required({ ...anyButNull, accepts: (value) => value instanceof Lambda }, 'callable')],
    ([callable], { rest, named }) => (callable as Lambda).callMany(rest, named),
    { rest: required(any, 'args'), takesNamed: true },
  ),
];
