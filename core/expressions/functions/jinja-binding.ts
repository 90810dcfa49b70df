/** Expression functions as Jinja sees them: callables of the template, or filters. */
import { PythonError } from '../../python/errors.ts';
import { PyIterator } from '../../python/iterator.ts';
import { type FilterFunction, HostFunction, HostObject, type Kwargs, NO_KWARGS, Undefined } from '../jinja/index.ts';
import { dataEntry } from '../scope.ts';
import type { ExpressionFunction, RuntimeFunction } from './function-table.ts';

/** One value per parameter, defaults filled in. @throws PythonError TypeError as Python does */
function bind(definition: ExpressionFunction, args: readonly unknown[], kwargs: Kwargs): unknown[] {
  const { name, params } = definition;
  if (args.length > params.length) {
    throw new PythonError(
      'TypeError',
      `${name}() takes ${params.length} positional arguments but ${args.length} were given`,
    );
  }
  for (const key of kwargs.keys()) {
    const index = params.findIndex((param) => param.name === key);
    if (index === -1) throw new PythonError('TypeError', `${name}() got an unexpected keyword argument '${key}'`);
    if (index < args.length) throw new PythonError('TypeError', `${name}() got multiple values for argument '${key}'`);
  }
  return params.map((param, index) => {
    const given = index < args.length ? args[index] : kwargs.get(param.name);
    if (given !== undefined) return plainArgument(given);
    if (Object.hasOwn(param, 'default')) return param.default;
    throw new PythonError('TypeError', `${name}() missing 1 required positional argument: '${param.name}'`);
  });
}

/** Engine objects as functions understand them: iterators stay one-pass, other objects become their text. */
function plainArgument(value: unknown): unknown {
  if (!(value instanceof HostObject)) return value;
  if (value instanceof Undefined) value.fail();
  const items = value.items();
  return items === undefined ? value.text() : new PyIterator(items[Symbol.iterator]());
}

/** A function of the table, called by name. */
export function callExpressionFunction(definition: ExpressionFunction, data: unknown): HostFunction {
  return new HostFunction(definition.name, (args, kwargs, evaluation) => {
    const bound = bind(definition, args, kwargs);
    for (const value of bound) evaluation.chargeTree(value);
    return definition.call(bound, { runtime: evaluation.runtime, data, language: 'jinja' });
  });
}

/** A function of the host, called by name. */
export function jinjaFunction(name: string, body: RuntimeFunction): HostFunction {
  return new HostFunction(name, (args, kwargs) => callHost(body, args, kwargs));
}

function callHost(body: RuntimeFunction, args: readonly unknown[], kwargs: Kwargs): unknown {
  const named = [...kwargs].map(([key, value]) => [key, plainArgument(value)] as const);
  return body(args.map(plainArgument), Object.fromEntries(named)) ?? null;
}

/** The filter form of a function of the host: `_ | task('name')`. In Mistral it looks into the context that is piped to it. */
export function hostFilter(name: string): FilterFunction {
  return {
    parameters: 'any',
    call: (value, args, evaluation, kwargs) => {
      const body = evaluation.functions?.[name];
      if (body === undefined || dataEntry(value, '__execution') === undefined) {
        throw new PythonError('KeyError', "'__execution'");
      }
      return callHost(body, args, kwargs ?? NO_KWARGS);
    },
  };
}

/**
 * The filter form of a function. In Mistral the piped value lands in the hidden context argument, so the filter sees
 * only the other arguments; in StackStorm it is the first argument.
 */
export function filterOf(definition: ExpressionFunction, pipedIsContext: boolean): FilterFunction {
  return {
    parameters: 'any',
    call: (value, args, evaluation, kwargs) => {
      const bound = bind(definition, pipedIsContext ? args : [value, ...args], kwargs ?? NO_KWARGS);
      for (const item of bound) evaluation.chargeTree(item);
      const data = pipedIsContext ? value : null;
      return definition.call(bound, { runtime: evaluation.runtime, data, language: 'jinja' });
    },
  };
}
