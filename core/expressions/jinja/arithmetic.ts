/** Python's arithmetic on ints, floats, text and lists. */

import { pyTypeName } from '../../python/equality.ts';
import { PythonError } from '../../python/errors.ts';
import {
  PyDate,
  PyDateTime,
  PyFloat,
  PySet,
  PyTimeDelta,
  PyTuple,
  toPyFloat,
  toPyInt,
  toPyTuple,
} from '../../python/values.ts';
import type { BinaryOperator } from './ast.ts';
import { JinjaLimitError } from './errors.ts';
import type { Evaluation } from './evaluation.ts';
import { formatPercent } from './formatting.ts';
import { HostObject, Undefined } from './objects.ts';

type Numeric = number | bigint | PyFloat;

/** Digits (in bits) that an integer may have. */
const MAX_INTEGER_BITS = 65_536;
const MAX_ITEMS = 1_000_000;

function toNumeric(value: unknown): Numeric | undefined {
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof PyFloat) return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return undefined;
}

function isInt(value: Numeric): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
}

function toFloat(value: Numeric): number {
  return value instanceof PyFloat ? value.value : Number(value);
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
  if (left instanceof Undefined) left.fail();
  if (right instanceof Undefined && !(operator === '%' && typeof left === 'string')) right.fail();
  const a = toNumeric(left);
  const b = toNumeric(right);
  if (a !== undefined && b !== undefined) {
    return isInt(a) && isInt(b) ? intArithmetic(operator, a, b) : floatArithmetic(operator, toFloat(a), toFloat(b));
  }
  const result = nonNumeric(operator, left, right, evaluation);
  if (result === undefined) throw unsupported(operator === '**' ? '** or pow()' : operator, left, right);
  return result;
}

function intArithmetic(operator: BinaryOperator, a: number | bigint, b: number | bigint): unknown {
  if (typeof a === 'number' && typeof b === 'number') {
    const quick = smallIntArithmetic(operator, a, b);
    if (quick !== undefined) return quick;
  }
  return bigArithmetic(operator, BigInt(a), BigInt(b));
}

/** The common case; `undefined` when the result may not be exact. */
function smallIntArithmetic(operator: BinaryOperator, a: number, b: number): unknown {
  let result: number;
  switch (operator) {
    case '+':
      result = a + b;
      break;
    case '-':
      result = a - b;
      break;
    case '*':
      result = a * b;
      break;
    case '/':
      if (b === 0) throw new PythonError('ZeroDivisionError', 'division by zero');
      return toPyFloat(a / b);
    case '//':
      if (b === 0) throw new PythonError('ZeroDivisionError', 'integer division or modulo by zero');
      return (a - modulo(a, b)) / b + 0;
    case '%':
      if (b === 0) throw new PythonError('ZeroDivisionError', 'integer modulo by zero');
      return modulo(a, b);
    case '**':
      if (b < 0) return floatArithmetic('**', a, b);
      result = a ** b;
      break;
  }
  return Number.isSafeInteger(result) ? result + 0 : undefined;
}

/** The remainder with the sign of the divisor. */
function modulo(a: number, b: number): number {
  const remainder = a % b;
  return (remainder !== 0 && remainder < 0 !== b < 0 ? remainder + b : remainder) + 0;
}

function bitLength(value: bigint): number {
  return value.toString(16).length * 4;
}

function bigArithmetic(operator: BinaryOperator, a: bigint, b: bigint): unknown {
  if (b === 0n && (operator === '/' || operator === '//' || operator === '%')) {
    throw new PythonError('ZeroDivisionError', 'division by zero');
  }
  switch (operator) {
    case '+':
      return toPyInt(a + b);
    case '-':
      return toPyInt(a - b);
    case '*':
      limitBits(bitLength(a) + bitLength(b));
      return toPyInt(a * b);
    case '/':
      return toPyFloat(Number(a) / Number(b));
    case '//': {
      const quotient = a / b;
      return toPyInt(a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient);
    }
    case '%': {
      const remainder = a % b;
      return toPyInt(remainder !== 0n && remainder < 0n !== b < 0n ? remainder + b : remainder);
    }
    case '**':
      if (b < 0n) return floatArithmetic('**', Number(a), Number(b));
      if (a > 1n || a < -1n) limitBits(bitLength(a) * Number(b));
      return toPyInt(a ** b);
  }
}

function limitBits(bits: number): void {
  if (bits > MAX_INTEGER_BITS) throw new JinjaLimitError('bits in an integer', MAX_INTEGER_BITS);
}

function floatArithmetic(operator: BinaryOperator, a: number, b: number): number | PyFloat {
  if (b === 0 && (operator === '/' || operator === '//' || operator === '%')) {
    const what = operator === '/' ? 'float division' : operator === '//' ? 'float floor division' : 'float modulo';
    throw new PythonError('ZeroDivisionError', `${what} by zero`);
  }
  switch (operator) {
    case '+':
      return toPyFloat(a + b);
    case '-':
      return toPyFloat(a - b);
    case '*':
      return toPyFloat(a * b);
    case '/':
      return toPyFloat(a / b);
    case '//':
      return toPyFloat(Math.floor(a / b));
    case '%':
      return toPyFloat(modulo(a, b));
    case '**':
      return power(a, b);
  }
}

function power(a: number, b: number): number | PyFloat {
  if (a === 0 && b < 0) throw new PythonError('ZeroDivisionError', '0.0 cannot be raised to a negative power');
  const result = a ** b;
  if (Number.isFinite(a) && Number.isFinite(b) && !Number.isFinite(result)) {
    if (Number.isNaN(result)) throw new PythonError('ValueError', 'complex numbers are not supported');
    throw new PythonError('OverflowError', "(34, 'Numerical result out of range')");
  }
  return toPyFloat(result);
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
  if (operator === '+') return numeric;
  if (numeric instanceof PyFloat) return new PyFloat(-numeric.value);
  if (typeof numeric === 'bigint') return toPyInt(-numeric);
  return isInt(numeric) ? 0 - numeric : -numeric;
}
