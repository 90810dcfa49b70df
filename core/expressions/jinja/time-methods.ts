/** Attributes of Python's dates, datetimes and durations that templates use. */
import { weekdayOf } from '../../python/datetime.ts';
import { PyDate, type PyDateTime, type PyTimeDelta, toPyFloat } from '../../python/values.ts';
import { HostFunction } from './objects.ts';

/** An attribute of a date or a datetime, or `undefined`. */
export function dateTimeAttribute(value: PyDateTime | PyDate, name: string): unknown {
  const weekday = (): number => weekdayOf(value.year, value.month, value.day);
  switch (name) {
    case 'year':
      return value.year;
    case 'month':
      return value.month;
    case 'day':
      return value.day;
    case 'weekday':
      return new HostFunction(name, weekday);
    case 'isoweekday':
      return new HostFunction(name, () => weekday() + 1);
  }
  return value instanceof PyDate ? dateAttribute(value, name) : clockAttribute(value, name);
}

function dateAttribute(value: PyDate, name: string): unknown {
  return name === 'isoformat' ? new HostFunction(name, () => value.toString()) : undefined;
}

function clockAttribute(value: PyDateTime, name: string): unknown {
  switch (name) {
    case 'hour':
      return value.hour;
    case 'minute':
      return value.minute;
    case 'second':
      return value.second;
    case 'microsecond':
      return value.microsecond;
    case 'date':
      return new HostFunction(name, () => new PyDate(value.year, value.month, value.day));
    case 'isoformat':
      return new HostFunction(name, ([separator]) => value.isoFormat(typeof separator === 'string' ? separator : 'T'));
    case 'timestamp':
      return new HostFunction(name, () => toPyFloat(Number(value.epochMicroseconds()) / 1_000_000));
  }
  return undefined;
}

/** An attribute of a duration, or `undefined`. */
export function timeDeltaAttribute(value: PyTimeDelta, name: string): unknown {
  switch (name) {
    case 'days':
      return value.days;
    case 'seconds':
      return value.seconds;
    case 'microseconds':
      return value.microseconds;
    case 'total_seconds':
      return new HostFunction(name, () => toPyFloat(value.totalSeconds()));
  }
  return undefined;
}
