import { multiply, type PyNumber, trueDivide } from '../../../python/arithmetic.ts';
import { parseDateTime } from '../../../python/date-parser.ts';
import { PyDateTime, PyTimeDelta, roundHalfEven, weekdayOf } from '../../../python/datetime.ts';
import { PythonError } from '../../../python/errors.ts';
import { formatDateTime, parseWithFormat } from '../../../python/strftime.ts';
import { isPyFloat, numberOf, type PyFloat, toPyFloat, toPyInt } from '../../../python/values.ts';
import { type AnyOverload, fn, method, optional, required } from '../overload.ts';
import {
  any,
  datetime,
  integer,
  nullable,
  number,
  type ParamType,
  strictInteger,
  string,
  timespan,
  withZone,
} from '../types.ts';

const ZERO = new PyTimeDelta(0);
const offset = optional(timespan, 'offset', ZERO);
const MICROSECONDS = 1_000_000;

/** Datetimes as their properties see them: without a zone they stay so. */
const plainDatetime: ParamType<PyDateTime> = {
  kind: 'value',
  nullable: false,
  pyClass: 'datetime',
  accepts: (value) => value instanceof PyDateTime,
};

function fromTimestamp(timestamp: PyNumber, zone: PyTimeDelta): PyDateTime {
  const seconds = numberOf(timestamp);
  if (Number.isNaN(seconds)) throw new PythonError('ValueError', 'cannot convert float NaN to integer');
  if (!Number.isFinite(seconds)) throw new PythonError('OverflowError', 'cannot convert float infinity to integer');
  if (Math.abs(seconds) >= 2 ** 63) {
    throw new PythonError('OverflowError', 'timestamp out of range for platform time_t');
  }
  const whole = Math.floor(seconds);
  const micros = BigInt(whole) * BigInt(MICROSECONDS) + BigInt(roundHalfEven((seconds - whole) * MICROSECONDS));
  try {
    return PyDateTime.fromClock(micros + zone.toMicroseconds(), zone);
  } catch (error) {
    if (error instanceof PythonError) throw new PythonError('ValueError', 'the timestamp is out of range');
    throw error;
  }
}

function fromText(text: string, format: string | null, now: () => PyDateTime): PyDateTime {
  return withZone(format === null || format === '' ? parseDateTime(text, now) : parseWithFormat(text, format));
}

function property(
  name: string,
  read: (value: PyDateTime) => unknown,
  type: ParamType<PyDateTime> = plainDatetime,
): AnyOverload {
  return fn(`#property#${name}`, [required(type, 'obj')], ([value]) => read(value));
}

function microseconds(span: PyTimeDelta): number | bigint {
  return toPyInt(span.toMicroseconds());
}

function spanProperty(name: string, unit: number): AnyOverload {
  return fn(`#property#${name}`, [required(timespan, 'obj')], ([span]) =>
    trueDivide(microseconds(span), toPyFloat(unit)),
  );
}

function dateOf(value: PyDateTime): PyDateTime {
  return new PyDateTime({ year: value.year, month: value.month, day: value.day, offset: value.offset });
}

function minus(left: PyDateTime, right: PyDateTime): PyTimeDelta {
  return PyTimeDelta.fromMicroseconds(left.epochMicroseconds() - right.epochMicroseconds());
}

/** Shifts the clock by the offset and keeps the zone, as YAQL does. */
function toUtc(value: PyDateTime): PyDateTime {
  return value.plus(negated(value.offset ?? ZERO));
}

function negated(span: PyTimeDelta): PyTimeDelta {
  return PyTimeDelta.fromMicroseconds(-span.toMicroseconds());
}

/** A duration of that many microseconds; fractions round half to even. */
function spanOf(count: PyNumber): PyTimeDelta {
  if (!isPyFloat(count)) return PyTimeDelta.fromMicroseconds(BigInt(numberOf(count)));
  const size = numberOf(count);
  if (!Number.isFinite(size))
    throw new PythonError(Number.isNaN(size) ? 'ValueError' : 'OverflowError', 'the duration is not finite');
  return PyTimeDelta.fromMicroseconds(BigInt(roundHalfEven(size)));
}

function timestampOf(value: PyDateTime): number | PyFloat {
  const micros = withZone(toUtc(withZone(value))).epochMicroseconds();
  return toPyFloat(Number(micros) / MICROSECONDS);
}

type Comparison = readonly [name: string, decide: (left: bigint, right: bigint) => boolean];
const COMPARISONS: readonly Comparison[] = [
  ['#operator_>', (left, right) => left > right],
  ['#operator_>=', (left, right) => left >= right],
  ['#operator_<', (left, right) => left < right],
  ['#operator_<=', (left, right) => left <= right],
];

const moment = (name: string) => required(datetime, name);
const span = (name: string) => required(timespan, name);
const field = (name: string) => optional(nullable(integer), name, null);

const operators: readonly AnyOverload[] = [
  ...COMPARISONS.flatMap(([name, decide]) => [
    fn(name, [moment('dt1'), moment('dt2')], ([left, right]) =>
      decide(left.epochMicroseconds(), right.epochMicroseconds()),
    ),
    fn(name, [span('ts1'), span('ts2')], ([left, right]) => decide(left.toMicroseconds(), right.toMicroseconds())),
  ]),
  fn('#operator_+', [moment('dt'), span('ts')], ([value, duration]) => value.plus(duration)),
  fn('#operator_+', [span('ts'), moment('dt')], ([duration, value]) => value.plus(duration)),
  fn('#operator_-', [moment('dt'), span('ts')], ([value, duration]) => value.plus(negated(duration))),
  fn('#operator_-', [moment('dt1'), moment('dt2')], ([left, right]) => minus(left, right)),
  fn('#operator_+', [span('ts1'), span('ts2')], ([left, right]) =>
    PyTimeDelta.fromMicroseconds(left.toMicroseconds() + right.toMicroseconds()),
  ),
  fn('#operator_-', [span('ts1'), span('ts2')], ([left, right]) =>
    PyTimeDelta.fromMicroseconds(left.toMicroseconds() - right.toMicroseconds()),
  ),
  fn('#operator_*', [span('ts'), required(number, 'n')], ([duration, factor]) =>
    spanOf(multiply(microseconds(duration), factor)),
  ),
  fn('#operator_*', [required(number, 'n'), span('ts')], ([factor, duration]) =>
    spanOf(multiply(microseconds(duration), factor)),
  ),
  fn('#operator_/', [span('ts1'), span('ts2')], ([left, right]) => trueDivide(microseconds(left), microseconds(right))),
  fn('#operator_/', [span('ts'), required(number, 'n')], ([duration, divisor]) =>
    spanOf(trueDivide(microseconds(duration), divisor)),
  ),
  fn('#unary_operator_-', [span('ts')], ([duration]) => negated(duration)),
  fn('#unary_operator_+', [span('ts')], ([duration]) => duration),
];

const properties: readonly AnyOverload[] = [
  property('year', (value) => value.year),
  property('month', (value) => value.month),
  property('day', (value) => value.day),
  property('hour', (value) => value.hour),
  property('minute', (value) => value.minute),
  property('second', (value) => value.second),
  property('microsecond', (value) => value.microsecond),
  property('weekday', (value) => weekdayOf(value.year, value.month, value.day)),
  property('offset', (value) => value.offset ?? ZERO),
  property('timestamp', timestampOf),
  property('date', dateOf, datetime),
  property('time', (value) => minus(value, dateOf(value)), datetime),
  property('utc', toUtc, datetime),
  fn('#property#microseconds', [required(timespan, 'obj')], ([duration]) => microseconds(duration)),
  spanProperty('milliseconds', 1e3),
  spanProperty('seconds', 1e6),
  spanProperty('minutes', 6e7),
  spanProperty('hours', 3.6e9),
  spanProperty('days', 8.64e10),
];

export const dateTime: readonly AnyOverload[] = [
  ...operators,
  ...properties,
  fn(
    'datetime',
    [
      required(integer, 'year'),
      required(integer, 'month'),
      required(integer, 'day'),
      optional(integer, 'hour', 0),
      optional(integer, 'minute', 0),
      optional(integer, 'second', 0),
      optional(integer, 'microsecond', 0),
      offset,
    ],
    ([year, month, day, hour, minute, second, microsecond, zone]) =>
      new PyDateTime({ year, month, day, hour, minute, second, microsecond, offset: zone }),
  ),
  fn('datetime', [required(number, 'timestamp'), offset], ([timestamp, zone]) => fromTimestamp(timestamp, zone)),
  fn(
    'datetime',
    [required(string, 'string'), optional(nullable(string), 'format', null)],
    ([text, format], { evaluation }) =>
      fromText(text, format, () => fromTimestamp(toPyFloat(evaluation.runtime.now() / 1000), ZERO)),
  ),
  fn(
    'timespan',
    [
      optional(integer, 'days', 0),
      optional(integer, 'hours', 0),
      optional(integer, 'minutes', 0),
      optional(strictInteger, 'seconds', 0),
      optional(strictInteger, 'milliseconds', 0),
      optional(strictInteger, 'microseconds', 0),
    ],
    ([days, hours, minutes, seconds, milliseconds, micros]) =>
      PyTimeDelta.fromMicroseconds(
        BigInt(days) * 86_400_000_000n +
          BigInt(hours) * 3_600_000_000n +
          BigInt(minutes) * 60_000_000n +
          BigInt(seconds) * 1_000_000n +
          BigInt(milliseconds) * 1000n +
          BigInt(micros),
      ),
  ),
  fn('now', [optional(nullable(timespan), 'offset', ZERO)], ([zone], { evaluation }) =>
    fromTimestamp(toPyFloat(evaluation.runtime.now() / 1000), zone ?? ZERO),
  ),
  fn('localtz', [], () => ZERO),
  fn('utctz', [], () => ZERO),
  method(
    'replace',
    [
      moment('dt'),
      field('year'),
      field('month'),
      field('day'),
      field('hour'),
      field('minute'),
      field('second'),
      field('microsecond'),
      optional(nullable(timespan), 'offset', null),
    ],
    ([value, year, month, day, hour, minute, second, microsecond, zone]) =>
      new PyDateTime({
        year: year ?? value.year,
        month: month ?? value.month,
        day: day ?? value.day,
        hour: hour ?? value.hour,
        minute: minute ?? value.minute,
        second: second ?? value.second,
        microsecond: microsecond ?? value.microsecond,
        offset: zone ?? value.offset,
      }),
  ),
  method('format', [moment('dt'), required(string, 'format')], ([value, format]) => formatDateTime(value, format)),
  fn('isDatetime', [required(any, 'value')], ([value]) => value instanceof PyDateTime),
  fn('isTimespan', [required(any, 'value')], ([value]) => value instanceof PyTimeDelta),
];
