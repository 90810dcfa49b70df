/** Filters that work on numbers. */
import { parseFloatText, parseInteger, round, truncate } from '../../../python/arithmetic.ts';
import { PythonError } from '../../../python/errors.ts';
import { isPyNumber, numberOf, PyFloat, toPyFloat, toPyInt } from '../../../python/values.ts';
import { sign } from '../arithmetic.ts';
import type { FilterTable } from '../evaluation.ts';
import { HostObject, Undefined } from '../objects.ts';
import { typeNameOf } from '../operations.ts';

type PyNumber = number | bigint | PyFloat;

/** Python's `int(value)`. */
function toInteger(value: unknown): PyNumber {
  if (typeof value === 'boolean') return Number(value);
  if (isPyNumber(value)) return truncate(value);
  if (typeof value === 'string') return parseInteger(value);
  const number = value instanceof HostObject ? value.number() : undefined;
  if (number !== undefined) return truncate(number);
  throw new PythonError('TypeError', `int() argument must be a string or a real number, not '${typeNameOf(value)}'`);
}

/** Python's `float(value)`. */
function toFloat(value: unknown): PyNumber {
  if (typeof value === 'boolean') return toPyFloat(Number(value));
  if (isPyNumber(value)) return toPyFloat(numberOf(value));
  if (typeof value === 'string') return parseFloatText(value);
  const number = value instanceof HostObject ? value.number() : undefined;
  if (number !== undefined) return toPyFloat(numberOf(number));
  throw new PythonError('TypeError', `float() argument must be a string or a real number, not '${typeNameOf(value)}'`);
}

const PREFIXES: Readonly<Record<number, RegExp>> = { 2: /^0b/i, 8: /^0o/i, 16: /^0x/i };

function parseInBase(text: string, base: number): PyNumber {
  const [, minus, digits = ''] = /^\s*([-+]?)(.*?)\s*$/s.exec(text) ?? [];
  const body = digits
    .replace(PREFIXES[base] ?? /^$/, '')
    .replaceAll('_', '')
    .toLowerCase();
  let value = 0n;
  for (const digit of body) {
    const amount = Number.parseInt(digit, 36);
    if (Number.isNaN(amount) || amount >= base) throw invalid(text, base);
    value = value * BigInt(base) + BigInt(amount);
  }
  if (body === '') throw invalid(text, base);
  return toPyInt(minus === '-' ? -value : value);
}

function invalid(text: string, base: number): PythonError {
  return new PythonError('ValueError', `invalid literal for int() with base ${base}: '${text}'`);
}

/** The first attempt that Python does not refuse. Undefined values and limits still fail. */
function firstOf(attempts: readonly (() => unknown)[], fallback: unknown): unknown {
  for (const attempt of attempts) {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof PythonError)) throw error;
    }
  }
  return fallback;
}

export const numberFilters: FilterTable = {
  int: {
    parameters: ['default?', 'base?'],
    call: (value, [fallback = 0, base = 10]) => {
      if (value instanceof Undefined) value.requireLenient();
      const radix = Number(base);
      const whole = (): unknown =>
        typeof value === 'string' && radix !== 10 ? parseInBase(value, radix) : toInteger(value);
      return firstOf([whole, () => truncate(toFloat(value))], fallback);
    },
  },
  float: {
    parameters: ['default?'],
    call: (value, [fallback = new PyFloat(0)]) => {
      if (value instanceof Undefined) value.requireLenient();
      return firstOf([() => toFloat(value)], fallback);
    },
  },
  abs: {
    parameters: [],
    call: (value) => {
      const positive = sign('+', value);
      return isPyNumber(positive) && numberOf(positive) < 0 ? sign('-', positive) : positive;
    },
  },
  round: {
    parameters: ['precision?', 'method?'],
    call: (value, [precision = 0, method = 'common']) => {
      const digits = Number(precision);
      if (value instanceof Undefined) value.fail();
      const number = typeof value === 'boolean' ? Number(value) : value;
      if (!isPyNumber(number)) {
        throw new PythonError('TypeError', `type ${typeNameOf(value)} doesn't define __round__ method`);
      }
      if (method === 'common') return round(number, digits);
      if (method !== 'ceil' && method !== 'floor') {
        throw new PythonError('ValueError', 'method must be common, ceil or floor');
      }
      const scale = 10 ** digits;
      return toPyFloat(Math[method](numberOf(number) * scale) / scale);
    },
  },
};
