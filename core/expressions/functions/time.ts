/** Functions on durations. */
import { roundHalfEven } from '../../python/datetime.ts';
import { PythonError } from '../../python/errors.ts';
import { pyStr } from '../../python/repr.ts';
import { isPyInt, isPyNumber, numberOf, PyDateTime } from '../../python/values.ts';
import type { ExpressionFunctions } from './function-table.ts';

const UNITS = ['y', 'd', 'h', 'm', 's'] as const;

/**
 * `3h25m45s`: the largest part that is not zero and all smaller ones. As in StackStorm the parts are read from the
 * calendar of year 1, so months are dropped and days are those of the month.
 */
function humanTime(seconds: unknown): string {
  const isNumber = isPyNumber(seconds) || typeof seconds === 'boolean';
  if (!isNumber) throw new PythonError('AssertionError', '');
  const size = numberOf(seconds);
  if (size === 0) return '0s';
  if (size < 1) return `${pyStr(seconds)}μs`;
  const whole = isPyInt(seconds) || typeof seconds === 'boolean' ? size : roundHalfEven(size);
  const start = new PyDateTime({ year: 1, month: 1, day: 1 });
  const date = PyDateTime.fromClock(start.clockMicroseconds() + BigInt(whole) * 1_000_000n, null);
  const parts = [date.year - 1, date.day - 1, date.hour, date.minute, date.second];
  const first = parts.findIndex((part) => part !== 0);
  if (first === -1) return '0s';
  return parts
    .slice(first)
    .map((part, index) => `${part}${UNITS[first + index]}`)
    .join('');
}

export const timeFunctions: ExpressionFunctions = {
  to_human_time_from_seconds: {
    name: 'to_human_time_from_seconds',
    params: [{ name: 'seconds' }],
    pure: true,
    call: ([seconds]) => humanTime(seconds),
  },
};
