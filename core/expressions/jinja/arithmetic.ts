/** Python's arithmetic on ints, floats, text and lists. */

import {
  add as addNumbers,
  floorDivide,
  modulo,
  multiply,
  negate,
  type PyNumber,
  power,
  subtract as subtractNumbers,
  trueDivide,
} from '../../python/arithmetic.ts';
import { pyTypeName } from '../../python/equality.ts';
import { PythonError } from '../../python/errors.ts';
import { isPyNumber, PyDate, PyDateTime, PySet, PyTimeDelta, PyTuple, toPyTuple } from '../../python/values.ts';
import type { BinaryOperator } from './ast.ts';
import { JinjaLimitError } from './errors.ts';
import type { Evaluation } from './evaluation.ts';
import { formatPercent } from './formatting.ts';
import { HostObject, Undefined } from './objects.ts';

const MAX_ITEMS = 1_000_000;

const NUMERIC: Readonly<Record<BinaryOperator, (left: PyNumber, right: PyNumber) => PyNumber>> = {
  '+': addNumbers,
  '-': subtractNumbers,
  '*': multiply,
  '/': trueDivide,
  '//': floorDivide,
  '%': modulo,
  '**': power,
};

function toNumeric(value: unknown): PyNumber | undefined {
  if (isPyNumber(value)) return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return undefined;
}

function typeNameOf(value: unknown): string {
  return value instanceof HostObject ? value.typeName : pyTypeName(value);
}

export function unsupported(operator: string, left: unknown, right: unknown): PythonError {
  const types = `'${typeNameOf(left)}' and '${typeNameOf(right)}'`;
  return new PythonError('TypeError', `unsupported operand type(s) for ${operator}: ${types}`);
}

/** `left operator right` as Python computes it. */
export function arithmetic(operator: BinaryOperator, left: unknown, right: unknown, evaluation: Evaluation): unknown {
  evaluation.charge(1);
  if (operator === '+' && Number.isSafeInteger(left) && Number.isSafeInteger(right)) {
    const sum = (left as number) + (right as number);
    if (Number.isSafeInteger(sum)) return sum;
  }
  if (left instanceof Undefined) left.fail();
  if (right instanceof Undefined && !(operator === '%' && typeof left === 'string')) right.fail();
  const a = toNumeric(left);
  const b = toNumeric(right);
  if (a !== undefined && b !== undefined) {
    payForSize(a, evaluation);
    payForSize(b, evaluation);
    const value = NUMERIC[operator](a, b);
    payForSize(value, evaluation);
    return value;
  }
  const result = nonNumeric(operator, left, right, evaluation);
  if (result === undefined) throw unsupported(operator === '**' ? '** or pow()' : operator, left, right);
  return result;
}

/** Pays for integers that fill many words; the largest that may come out are limited by the operations themselves. */
function payForSize(value: PyNumber, evaluation: Evaluation): void {
  if (typeof value === 'bigint') evaluation.charge(value.toString(16).length >> 2);
}

function nonNumeric(operator: BinaryOperator, left: unknown, right: unknown, evaluation: Evaluation): unknown {
  if (operator === '%' && typeof left === 'string') return formatPercent(left, right, evaluation);
  if (operator === '*') return repeat(left, right, evaluation) ?? repeat(right, left, evaluation);
  if (operator === '+') return add(left, right, evaluation);
  if (operator === '-') return subtract(left, right);
  return undefined;
}

function add(left: unknown, right: unknown, evaluation: Evaluation): unknown {
  if (typeof left === 'string' && typeof right === 'string') {
    evaluation.chargeText(left.length + right.length);
    return left + right;
  }
  if (typeof left === 'string') {
    throw new PythonError('TypeError', `can only concatenate str (not "${typeNameOf(right)}") to str`);
  }
  if (Array.isArray(left)) {
    const sameType = Array.isArray(right) && right instanceof PyTuple === left instanceof PyTuple;
    const name = typeNameOf(left);
    if (!sameType) {
      throw new PythonError('TypeError', `can only concatenate ${name} (not "${typeNameOf(right)}") to ${name}`);
    }
    evaluation.charge(left.length + right.length);
    return left instanceof PyTuple ? toPyTuple([...left, ...right]) : [...left, ...right];
  }
  if (left instanceof PyTimeDelta && right instanceof PyTimeDelta) {
    return PyTimeDelta.fromMicroseconds(left.toMicroseconds() + right.toMicroseconds());
  }
  if (left instanceof PyDateTime && right instanceof PyTimeDelta) return left.plus(right);
  if (left instanceof PyTimeDelta && right instanceof PyDateTime) return right.plus(left);
  return undefined;
}

function subtract(left: unknown, right: unknown): unknown {
  if (left instanceof PySet && right instanceof PySet) return new PySet([...left].filter((item) => !right.has(item)));
  if (left instanceof PyDateTime && right instanceof PyDateTime) {
    return PyTimeDelta.fromMicroseconds(left.epochMicroseconds() - right.epochMicroseconds());
  }
  if (left instanceof PyTimeDelta && right instanceof PyTimeDelta) {
    return PyTimeDelta.fromMicroseconds(left.toMicroseconds() - right.toMicroseconds());
  }
  if (left instanceof PyDateTime && right instanceof PyTimeDelta) {
    return left.plus(PyTimeDelta.fromMicroseconds(-right.toMicroseconds()));
  }
  if (left instanceof PyDate || right instanceof PyDate) throw unsupported('-', left, right);
  return undefined;
}

function repeat(sequence: unknown, times: unknown, evaluation: Evaluation): unknown {
  const isSequence = typeof sequence === 'string' || Array.isArray(sequence);
  const count = typeof times === 'boolean' ? Number(times) : times;
  if (!isSequence || typeof count !== 'number' || !Number.isSafeInteger(count)) return undefined;
  const copies = Math.max(0, count);
  if (typeof sequence === 'string') {
    evaluation.chargeText(sequence.length * copies);
    return sequence.repeat(sequence === '' ? 0 : copies);
  }
  if (sequence.length * copies > MAX_ITEMS) throw new JinjaLimitError('items in a list', MAX_ITEMS);
  evaluation.charge(sequence.length * copies);
  const items: unknown[] = sequence instanceof PyTuple ? toPyTuple([]) : [];
  for (let copy = 0; sequence.length > 0 && copy < copies; copy += 1) items.push(...sequence);
  return items;
}

/** `-value` and `+value`. */
export function sign(operator: '-' | '+', value: unknown): unknown {
  if (value instanceof Undefined) value.fail();
  const numeric = toNumeric(value);
  if (numeric === undefined) {
    throw new PythonError('TypeError', `bad operand type for unary ${operator}: '${typeNameOf(value)}'`);
  }
  return operator === '+' ? numeric : negate(numeric);
}
