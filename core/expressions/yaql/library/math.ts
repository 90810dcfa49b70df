import {
  absolute,
  add,
  bitwise,
  compareNumbers,
  floorDivide,
  modularPower,
  modulo,
  multiply,
  negate,
  parseFloatText,
  parseInteger,
  power,
  round,
  shift,
  subtract,
  trueDivide,
  truncate,
} from '../../../python/arithmetic.ts';
import { pyTruth, pyTypeName } from '../../../python/equality.ts';
import { PythonError } from '../../../python/errors.ts';
import { isPyInt, isPyNumber, numberOf, PyFloat, toPyFloat } from '../../../python/values.ts';
import { type AnyOverload, fn, optional, required } from '../overload.ts';
import { any, bigInteger, integer, nullable, number } from '../types.ts';

const pair = [required(number, 'left'), required(number, 'right')] as const;
const intPair = [required(bigInteger, 'left'), required(bigInteger, 'right')] as const;

function toInt(value: unknown): unknown {
  if (value === null) return 0;
  if (typeof value === 'boolean' || isPyNumber(value)) return truncate(value);
  if (typeof value === 'string') return parseInteger(value);
  throw new PythonError(
    'TypeError',
    `int() argument must be a string, a bytes-like object or a real number, not '${pyTypeName(value)}'`,
  );
}

function toFloat(value: unknown): unknown {
  if (value === null) return new PyFloat(0);
  if (typeof value === 'boolean' || isPyNumber(value)) {
    const size = numberOf(value);
    if (typeof value === 'bigint' && !Number.isFinite(size)) {
      throw new PythonError('OverflowError', 'int too large to convert to float');
    }
    return toPyFloat(size);
  }
  if (typeof value === 'string') return parseFloatText(value);
  throw new PythonError('TypeError', `float() argument must be a string or a real number, not '${pyTypeName(value)}'`);
}

export const math: readonly AnyOverload[] = [
  fn('#operator_+', pair, ([left, right]) => add(left, right)),
  fn('#operator_-', pair, ([left, right]) => subtract(left, right)),
  fn('#operator_*', pair, ([left, right]) => multiply(left, right)),
  fn('#operator_/', pair, ([left, right]) =>
    isPyInt(left) && isPyInt(right) ? floorDivide(left, right) : trueDivide(left, right),
  ),
  fn('#operator_mod', pair, ([left, right]) => modulo(left, right)),
  fn('#operator_>', pair, ([left, right]) => compareNumbers(left, right) > 0),
  fn('#operator_>=', pair, ([left, right]) => compareNumbers(left, right) >= 0),
  fn('#operator_<', pair, ([left, right]) => compareNumbers(left, right) < 0),
  fn('#operator_<=', pair, ([left, right]) => compareNumbers(left, right) <= 0),
  fn('#unary_operator_+', [required(number, 'op')], ([op]) => op),
  fn('#unary_operator_-', [required(number, 'op')], ([op]) => negate(op)),
  fn('abs', [required(number, 'op')], ([op]) => absolute(op)),
  fn('bitwiseAnd', intPair, ([left, right]) => bitwise('and', left, right)),
  fn('bitwiseOr', intPair, ([left, right]) => bitwise('or', left, right)),
  fn('bitwiseXor', intPair, ([left, right]) => bitwise('xor', left, right)),
  fn('bitwiseNot', [required(bigInteger, 'arg')], ([arg]) => subtract(-1, arg)),
  fn('shiftBitsLeft', [required(bigInteger, 'value'), required(bigInteger, 'bitsNumber')], ([value, bits]) =>
    shift(value, bits, 'left'),
  ),
  fn('shiftBitsRight', [required(bigInteger, 'value'), required(bigInteger, 'bitsNumber')], ([value, bits]) =>
    shift(value, bits, 'right'),
  ),
  fn('int', [required(any, 'value')], ([value]) => toInt(value)),
  fn('float', [required(any, 'value')], ([value]) => toFloat(value)),
  fn('isInteger', [required(any, 'value')], ([value]) => isPyInt(value)),
  fn('isNumber', [required(any, 'value')], ([value]) => isPyNumber(value)),
  fn('max', [required(any, 'a'), required(any, 'b')], ([a, b], { evaluation }) =>
    pyTruth(evaluation.callFunction('#operator_>', b, a)) ? b : a,
  ),
  fn('min', [required(any, 'a'), required(any, 'b')], ([a, b], { evaluation }) =>
    pyTruth(evaluation.callFunction('#operator_>', b, a)) ? a : b,
  ),
  fn('pow', [required(number, 'a'), required(number, 'b'), optional(nullable(number), 'c', null)], ([a, b, c]) =>
    c === null ? power(a, b) : modularPower(a, b, c),
  ),
  fn('sign', [required(number, 'num')], ([num]) => Math.sign(numberOf(num)) || 0),
  fn('round', [required(number, 'number'), optional(integer, 'ndigits', 0)], ([value, digits]) => round(value, digits)),
  fn('random', [], (_args, { evaluation }) => toPyFloat(evaluation.runtime.random())),
  fn('random', [required(any, 'from'), required(any, 'to')], ([from, to], { evaluation }) => {
    const [low, high] = [randomBound(from), randomBound(to)];
    if (high < low)
      throw new PythonError('ValueError', `empty range for randrange() (${low}, ${high + 1}, ${high + 1 - low})`);
    return low + Math.floor(evaluation.runtime.random() * (high - low + 1));
  }),
];

function randomBound(value: unknown): number {
  if (typeof value === 'boolean' || isPyInt(value)) return Number(value);
  if (value instanceof PyFloat) return value.value;
  throw new PythonError(isPyNumber(value) ? 'ValueError' : 'TypeError', 'the bounds of random() must be integers');
}
