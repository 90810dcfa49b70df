/**
 * Operators on two small ints or two strings, answered without looking at the overloads. A function gives `undefined`
 * when it has nothing to say, and then the overloads decide; it must never answer otherwise than they would.
 */
import { compareStrings } from '../../python/equality.ts';

export type FastOperator = (left: unknown, right: unknown) => unknown;

const MAX_TEXT = 1000;

function bothInts(left: unknown, right: unknown): boolean {
  return Number.isSafeInteger(left) && Number.isSafeInteger(right);
}

function safe(result: number): number | undefined {
  return Number.isSafeInteger(result) ? result : undefined;
}

function comparison(decide: (sign: number) => boolean): FastOperator {
  return (left, right) => {
    if (bothInts(left, right)) return decide((left as number) - (right as number));
    if (typeof left === 'string' && typeof right === 'string') return decide(compareStrings(left, right));
    return undefined;
  };
}

function equality(whenSame: boolean): FastOperator {
  return (left, right) => {
    const comparable = (typeof left === 'string' && typeof right === 'string') || bothInts(left, right);
    return comparable ? (left === right) === whenSame : undefined;
  };
}

export const fastOperators: ReadonlyMap<string, FastOperator> = new Map<string, FastOperator>([
  [
    '#operator_+',
    (left, right) => {
      if (bothInts(left, right)) return safe((left as number) + (right as number));
      if (typeof left !== 'string' || typeof right !== 'string') return undefined;
      return left.length + right.length < MAX_TEXT ? left + right : undefined;
    },
  ],
  ['#operator_-', (left, right) => (bothInts(left, right) ? safe((left as number) - (right as number)) : undefined)],
  [
    '#operator_*',
    (left, right) => (bothInts(left, right) ? safe((left as number) * (right as number) + 0) : undefined),
  ],
  ['#operator_>', comparison((sign) => sign > 0)],
  ['#operator_<', comparison((sign) => sign < 0)],
  ['#operator_>=', comparison((sign) => sign >= 0)],
  ['#operator_<=', comparison((sign) => sign <= 0)],
  ['*equal', equality(true)],
  ['*not_equal', equality(false)],
]);
