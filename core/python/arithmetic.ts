/**
 * Python's arithmetic on ints (unbounded) and floats. Ints are numbers as long as that is exact, so the common case
 * costs one addition and one check. Booleans count as 0 and 1.
 */
import { roundHalfEven } from './datetime.ts';
import { PythonError } from './errors.ts';
import { floatPower } from './float-power.ts';
import { isPyFloat, numberOf, type PyFloat, toPyFloat, toPyInt } from './values.ts';

export type PyNumber = number | bigint | PyFloat;
type Operand = PyNumber | boolean;

/** Bits of the largest int that may come out of an operation; a bigger one would only serve to exhaust the machine. */
const MAX_INT_BITS = 200_000;

function big(value: Operand): bigint {
  return typeof value === 'bigint' ? value : BigInt(numberOf(value));
}

function isFloat(left: Operand, right: Operand): boolean {
  return isPyFloat(left) || isPyFloat(right);
}

function isBig(left: Operand, right: Operand): boolean {
  return typeof left === 'bigint' || typeof right === 'bigint';
}

function bitLength(value: bigint): number {
  const size = value < 0n ? -value : value;
  return size < 0x20000000000000n ? Math.ceil(Math.log2(Number(size) + 1)) : size.toString(16).length * 4;
}

function checkBits(bits: number): void {
  if (bits > MAX_INT_BITS)
    throw new PythonError('LimitExceeded', `The result would be an integer of more than ${MAX_INT_BITS} bits`);
}

export function add(left: Operand, right: Operand): PyNumber {
  if (isFloat(left, right)) return toPyFloat(numberOf(left) + numberOf(right));
  const sum = isBig(left, right) ? Number.NaN : numberOf(left) + numberOf(right);
  return Number.isSafeInteger(sum) ? sum : toPyInt(big(left) + big(right));
}

export function subtract(left: Operand, right: Operand): PyNumber {
  if (isFloat(left, right)) return toPyFloat(numberOf(left) - numberOf(right));
  const difference = isBig(left, right) ? Number.NaN : numberOf(left) - numberOf(right);
  return Number.isSafeInteger(difference) ? difference : toPyInt(big(left) - big(right));
}

export function multiply(left: Operand, right: Operand): PyNumber {
  if (isFloat(left, right)) return toPyFloat(numberOf(left) * numberOf(right));
  const product = isBig(left, right) ? Number.NaN : numberOf(left) * numberOf(right);
  if (Number.isSafeInteger(product)) return product + 0;
  const [a, b] = [big(left), big(right)];
  checkBits(bitLength(a) + bitLength(b));
  return toPyInt(a * b);
}

function checkDivisor(left: Operand, right: Operand, ofInts: string, ofFloats: string): void {
  if (numberOf(right) !== 0) return;
  throw new PythonError('ZeroDivisionError', `${isFloat(left, right) ? ofFloats : ofInts} by zero`);
}

/** Python's `/`. @throws PythonError ZeroDivisionError, for floats as well */
export function trueDivide(left: Operand, right: Operand): PyNumber {
  checkDivisor(left, right, 'division', 'float division');
  return toPyFloat(numberOf(left) / numberOf(right));
}

/** Python's `//`: rounds down. @throws PythonError ZeroDivisionError */
export function floorDivide(left: Operand, right: Operand): PyNumber {
  checkDivisor(left, right, 'integer division or modulo', 'float floor division');
  const divisor = numberOf(right);
  if (isFloat(left, right)) return toPyFloat(Math.floor(numberOf(left) / divisor));
  if (typeof left !== 'bigint' && typeof right !== 'bigint') return Math.floor(numberOf(left) / divisor) + 0;
  const [a, b] = [big(left), big(right)];
  const quotient = a / b;
  return toPyInt(a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient);
}

/** Python's `%`: the result has the sign of the divisor. @throws PythonError ZeroDivisionError */
export function modulo(left: Operand, right: Operand): PyNumber {
  checkDivisor(left, right, 'integer modulo', 'float modulo');
  const divisor = numberOf(right);
  if (isFloat(left, right)) return toPyFloat(floatModulo(numberOf(left), divisor));
  if (typeof left !== 'bigint' && typeof right !== 'bigint') return floatModulo(numberOf(left), divisor) + 0;
  const rest = big(left) % big(right);
  return toPyInt(rest !== 0n && rest < 0n !== big(right) < 0n ? rest + big(right) : rest);
}

function floatModulo(left: number, divisor: number): number {
  const rest = left % divisor;
  if (rest === 0) return divisor < 0 ? -0 : 0;
  return rest < 0 !== divisor < 0 ? rest + divisor : rest;
}

export function negate(value: Operand): PyNumber {
  if (isPyFloat(value)) return toPyFloat(-numberOf(value));
  return typeof value === 'bigint' ? toPyInt(-value) : 0 - numberOf(value);
}

export function absolute(value: Operand): PyNumber {
  if (isPyFloat(value)) return toPyFloat(Math.abs(numberOf(value)));
  return typeof value === 'bigint' ? (value < 0n ? -value : value) : Math.abs(numberOf(value));
}

/** Negative, 0 or positive, exact for big ints; NaN when one side is NaN. */
export function compareNumbers(left: Operand, right: Operand): number {
  const a = typeof left === 'bigint' ? left : numberOf(left);
  const b = typeof right === 'bigint' ? right : numberOf(right);
  if (a < b) return -1;
  if (a > b) return 1;
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 0;
}

/** Python's `pow(base, exponent)`: a negative exponent of ints gives a float. */
export function power(base: Operand, exponent: Operand): PyNumber {
  if (isFloat(base, exponent)) return checkedPower(numberOf(base), numberOf(exponent));
  if (numberOf(exponent) < 0) return checkedPower(numberOf(base), numberOf(exponent));
  const plain = numberOf(base) ** numberOf(exponent);
  if (Number.isSafeInteger(plain)) return plain + 0;
  checkBits(bitLength(big(base)) * numberOf(exponent));
  return toPyInt(big(base) ** big(exponent));
}

function checkedPower(base: number, exponent: number): PyNumber {
  if (base === 0 && exponent < 0) {
    throw new PythonError('ZeroDivisionError', '0.0 cannot be raised to a negative power');
  }
  if (base < 0 && Number.isFinite(base) && Number.isFinite(exponent) && !Number.isInteger(exponent)) {
    throw new PythonError('ValueError', 'the result would be a complex number');
  }
  const result = base === 1 ? 1 : floatPower(base, exponent);
  if (!Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent)) {
    throw new PythonError('OverflowError', 'Numerical result out of range');
  }
  return toPyFloat(result);
}

/** Python's `pow(base, exponent, modulus)` on ints. @throws PythonError ValueError, TypeError */
export function modularPower(base: Operand, exponent: Operand, modulus: Operand): PyNumber {
  if (isFloat(base, exponent) || isPyFloat(modulus)) {
    throw new PythonError('TypeError', 'pow() 3rd argument not allowed unless all arguments are integers');
  }
  const m = big(modulus);
  if (m === 0n) throw new PythonError('ValueError', 'pow() 3rd argument cannot be 0');
  let e = big(exponent);
  let b = ((big(base) % m) + m) % m;
  if (e < 0n) {
    b = inverse(b, m < 0n ? -m : m);
    e = -e;
  }
  checkBits(bitLength(e) * 8);
  let result = 1n;
  for (; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % m;
    b = (b * b) % m;
  }
  result %= m;
  return toPyInt(result !== 0n && result < 0n !== m < 0n ? result + m : result);
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [((value % modulus) + modulus) % modulus, modulus, 1n, 0n];
  while (b > 0n) {
    const quotient = a / b;
    [a, b, x, y] = [b, a % b, y, x - quotient * y];
  }
  if (a !== 1n) throw new PythonError('ValueError', 'base is not invertible for the given modulus');
  return ((x % modulus) + modulus) % modulus;
}

/** Python's `round(value, digits)`: half to even; an int stays an int, a float a float. */
export function round(value: Operand, digits: number): PyNumber {
  if (!isPyFloat(value))
    return digits >= 0 ? (typeof value === 'bigint' ? value : numberOf(value)) : roundInt(big(value), -digits);
  const number = numberOf(value);
  if (!Number.isFinite(number)) return number;
  if (digits === 0) return toPyFloat(roundHalfEven(number));
  return toPyFloat(roundFloat(number, digits));
}

function roundInt(value: bigint, zeros: number): PyNumber {
  if (zeros > 400) return 0;
  const unit = 10n ** BigInt(zeros);
  const rest = ((value % unit) + unit) % unit;
  const down = value - rest;
  const twice = rest * 2n;
  const up = twice > unit || (twice === unit && (down / unit) % 2n !== 0n);
  return toPyInt(up ? down + unit : down);
}

/** Rounds the exact binary value, not its short decimal text: `round(2.675, 2)` is 2.67. */
function roundFloat(value: number, digits: number): number {
  if (digits > 22 || value === 0) return value;
  if (digits > 0) {
    const scaled = exactTie(value, digits);
    return scaled ?? Number(value.toFixed(Math.min(digits, 100)));
  }
  return digits < -308 ? 0 * value : Number(roundInt(BigInt(Math.trunc(value)), -digits)) || 0 * value;
}

/** A decimal tie can only be exact when the value times a power of two is an integer of few digits (`0.5`, `2.25`). */
function exactTie(value: number, digits: number): number | undefined {
  const scale = 10 ** digits;
  const scaled = value * scale;
  if (
    Math.abs(scaled - Math.trunc(scaled)) !== 0.5 ||
    scaled / scale !== value ||
    !Number.isInteger(value * 2 ** (digits + 1))
  )
    return undefined;
  return roundHalfEven(scaled) / scale;
}

/** Python's bitwise operators on ints of any size; two booleans give a boolean. */
export function bitwise(operator: 'and' | 'or' | 'xor', left: Operand, right: Operand): PyNumber | boolean {
  if (typeof left === 'boolean' && typeof right === 'boolean') {
    if (operator === 'xor') return left !== right;
    return operator === 'and' ? left && right : left || right;
  }
  const [a, b] = [big(left), big(right)];
  if (operator === 'and') return toPyInt(a & b);
  return toPyInt(operator === 'or' ? a | b : a ^ b);
}

/** Python's `<<` and `>>`. @throws PythonError ValueError for a negative count */
export function shift(value: Operand, count: Operand, direction: 'left' | 'right'): PyNumber {
  const bits = big(count);
  if (bits < 0n) throw new PythonError('ValueError', 'negative shift count');
  if (direction === 'right') return toPyInt(big(value) >> (bits > 10_000_000n ? 10_000_000n : bits));
  if (big(value) === 0n) return 0;
  checkBits(Number(bits) + bitLength(big(value)));
  return toPyInt(big(value) << bits);
}

const INT_TEXT = /^[-+]?\p{Nd}+(?:_\p{Nd}+)*$/u;
const FLOAT_TEXT = /^[-+]?(?:(?:\d+(?:_\d+)*)?\.?(?:\d+(?:_\d+)*)?(?:e[-+]?\d+(?:_\d+)*)?|inf|infinity|nan)$/i;
const MAX_INT_DIGITS = 4300;

/** Python's `int(text)`. @throws PythonError ValueError */
export function parseInteger(text: string): PyNumber {
  const trimmed = text.trim();
  if (!INT_TEXT.test(trimmed) || trimmed.length > MAX_INT_DIGITS) {
    throw new PythonError('ValueError', `invalid literal for int() with base 10: '${text}'`);
  }
  const digits = trimmed.replace(/[_+]/g, '').replace(/\p{Nd}/gu, decimalDigit);
  const value = Number(digits);
  return Number.isSafeInteger(value)
    ? value + 0
    : toPyInt(digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits));
}

/** Digits of every script stand in blocks of ten that begin with the zero. */
function decimalDigit(character: string): string {
  if (character >= '0' && character <= '9') return character;
  let code = character.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - 1))) {
    code -= 1;
    value += 1;
  }
  return String(value);
}

/** Python's `float(text)`. @throws PythonError ValueError */
export function parseFloatText(text: string): PyNumber {
  const trimmed = text.trim().replace(/\p{Nd}/gu, decimalDigit);
  if (!FLOAT_TEXT.test(trimmed) || !/\d|inf|nan/i.test(trimmed) || /^[-+]?\.?e/i.test(trimmed)) {
    throw new PythonError('ValueError', `could not convert string to float: '${text}'`);
  }
  const lower = trimmed.toLowerCase().replaceAll('_', '');
  if (lower.endsWith('nan')) return Number.NaN;
  if (lower.includes('inf')) return lower.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return toPyFloat(Number(lower));
}

/** Python's `int(value)` for numbers: floats are cut toward zero. @throws PythonError ValueError, OverflowError */
export function truncate(value: Operand): PyNumber {
  if (!isPyFloat(value)) return typeof value === 'bigint' ? value : numberOf(value);
  const number = numberOf(value);
  if (Number.isNaN(number)) throw new PythonError('ValueError', 'cannot convert float NaN to integer');
  if (!Number.isFinite(number)) throw new PythonError('OverflowError', 'cannot convert float infinity to integer');
  const whole = Math.trunc(number) + 0;
  return Number.isSafeInteger(whole) ? whole : toPyInt(BigInt(whole));
}
