/** The tests of Jinja2 (`x is defined`). */

import { isDict } from '../../python/dict.ts';
import { PythonError } from '../../python/errors.ts';
import { isPyFloat, isPyInt, isPyNumber, PySet } from '../../python/values.ts';
import { arithmetic } from './arithmetic.ts';
import type { CompareOperator } from './ast.ts';
import type { Evaluation, FilterFunction, FilterTable } from './evaluation.ts';
import { Callable, DictView, HostObject, PyRange, Undefined } from './objects.ts';
import { compare, equals, textOf } from './operations.ts';

function test(body: (value: unknown, evaluation: Evaluation) => boolean): FilterFunction {
  return { parameters: [], call: (value, _args, evaluation) => body(value, evaluation) };
}

function comparison(operator: CompareOperator): FilterFunction {
  return {
    parameters: ['other'],
    call: (value, [other], evaluation) => compare(operator, value, other, evaluation),
  };
}

function isSequence(value: unknown): boolean {
  if (value instanceof Undefined) value.requireLenient();
  if (typeof value === 'string' || Array.isArray(value) || isDict(value)) return true;
  return value instanceof PyRange;
}

function isIterable(value: unknown): boolean {
  if (isSequence(value) || value instanceof PySet || value instanceof DictView) return true;
  return value instanceof HostObject && value.items() !== undefined;
}

function remainder(value: unknown, divisor: unknown, evaluation: Evaluation): unknown {
  return arithmetic('%', value, divisor, evaluation);
}

function cased(method: (text: string) => string): FilterFunction {
  return test((value, evaluation) => {
    const text = textOf(value, evaluation);
    return text === method(text) && text.toLowerCase() !== text.toUpperCase();
  });
}

function named(what: 'filters' | 'tests'): FilterFunction {
  return test((value, evaluation) => typeof value === 'string' && Object.hasOwn(evaluation.library[what], value));
}

const membership: FilterFunction = {
  parameters: ['seq'],
  call: (value, [container], evaluation) => compare('in', value, container, evaluation),
};

const equal = comparison('==');
const notEqual = comparison('!=');
const less = comparison('<');
const lessOrEqual = comparison('<=');
const greater = comparison('>');
const greaterOrEqual = comparison('>=');

export const builtinTests: FilterTable = {
  defined: test((value) => !(value instanceof Undefined)),
  undefined: test((value) => value instanceof Undefined),
  none: test((value) => value === null),
  boolean: test((value) => typeof value === 'boolean'),
  true: test((value) => value === true),
  false: test((value) => value === false),
  integer: test((value) => isPyInt(value)),
  float: test((value) => isPyFloat(value)),
  number: test((value) => isPyNumber(value) || typeof value === 'boolean'),
  string: test((value) => typeof value === 'string'),
  mapping: test((value) => isDict(value)),
  sequence: test(isSequence),
  iterable: test(isIterable),
  callable: test((value) => value instanceof Callable),
  escaped: test(() => false),
  lower: cased((text) => text.toLowerCase()),
  upper: cased((text) => text.toUpperCase()),
  even: test((value, evaluation) => equals(remainder(value, 2, evaluation), 0, evaluation)),
  odd: test((value, evaluation) => equals(remainder(value, 2, evaluation), 1, evaluation)),
  divisibleby: {
    parameters: ['num'],
    call: (value, [divisor], evaluation) => equals(remainder(value, divisor, evaluation), 0, evaluation),
  },
  sameas: {
    parameters: ['other'],
    call: (value, [other]) => {
      if (value instanceof Undefined) throw new PythonError('TypeError', 'cannot compare an undefined value');
      return value === other;
    },
  },
  filter: named('filters'),
  test: named('tests'),
  in: membership,
  '==': equal,
  eq: equal,
  equalto: equal,
  '!=': notEqual,
  ne: notEqual,
  '<': less,
  lt: less,
  lessthan: less,
  '<=': lessOrEqual,
  le: lessOrEqual,
  '>': greater,
  gt: greater,
  greaterthan: greater,
  '>=': greaterOrEqual,
  ge: greaterOrEqual,
};
