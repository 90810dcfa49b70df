/**
 * Python's `datetime`, `date` and `timedelta` as immutable values. Fields are numbers; nothing here asks for the
 * present time or for the zone of the machine, so the same input gives the same output everywhere.
 */
import { PythonError } from './errors.ts';

const MICROSECONDS_PER_SECOND = 1_000_000;
const SECONDS_PER_DAY = 86_400;
const MAX_TIMEDELTA_DAYS = 999_999_999;

/** Days from 1970-01-01 to the given day of the proleptic Gregorian calendar. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The inverse of {@link daysFromCivil}. */
export function civilFromDays(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** True when February of that year has 29 days. */
export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Number of days of a month (1 to 12). */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Day of the week of a date: Monday is 0. */
export function weekdayOf(year: number, month: number, day: number): number {
  return (((daysFromCivil(year, month, day) + 3) % 7) + 7) % 7;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** A duration, normalized as Python does: `0 <= seconds < 86400`, `0 <= microseconds < 1000000`. */
export class PyTimeDelta {
  readonly days: number;
  readonly seconds: number;
  readonly microseconds: number;

  /** @throws PythonError OverflowError beyond a thousand million days */
  constructor(days: number, seconds = 0, microseconds = 0) {
    const carriedSeconds = seconds + Math.floor(microseconds / MICROSECONDS_PER_SECOND);
    this.microseconds = microseconds - Math.floor(microseconds / MICROSECONDS_PER_SECOND) * MICROSECONDS_PER_SECOND;
    this.days = days + Math.floor(carriedSeconds / SECONDS_PER_DAY);
    this.seconds = carriedSeconds - Math.floor(carriedSeconds / SECONDS_PER_DAY) * SECONDS_PER_DAY;
    if (!(Math.abs(this.days) <= MAX_TIMEDELTA_DAYS)) {
      throw new PythonError('OverflowError', `days=${this.days}; must have magnitude <= ${MAX_TIMEDELTA_DAYS}`);
    }
  }

  /** From a count of microseconds of any size. */
  static fromMicroseconds(total: bigint): PyTimeDelta {
    const day = BigInt(SECONDS_PER_DAY) * BigInt(MICROSECONDS_PER_SECOND);
    const days = total >= 0n ? total / day : -((-total + day - 1n) / day);
    const rest = Number(total - days * day);
    return new PyTimeDelta(Number(days), 0, rest);
  }

  /** From seconds with a fraction, rounded half to even to whole microseconds. */
  static fromSeconds(total: number): PyTimeDelta {
    if (!Number.isFinite(total)) {
      throw new PythonError(
        Number.isNaN(total) ? 'ValueError' : 'OverflowError',
        `cannot convert ${total} to a duration`,
      );
    }
    const whole = Math.trunc(total);
    return new PyTimeDelta(0, whole, roundHalfEven((total - whole) * MICROSECONDS_PER_SECOND));
  }

  toMicroseconds(): bigint {
    return (
      (BigInt(this.days) * BigInt(SECONDS_PER_DAY) + BigInt(this.seconds)) * BigInt(MICROSECONDS_PER_SECOND) +
      BigInt(this.microseconds)
    );
  }

  totalSeconds(): number {
    return Number(this.toMicroseconds()) / MICROSECONDS_PER_SECOND;
  }

  /** Python's `str`: `1 day, 2:03:04.000005`. */
  toString(): string {
    const clock = `${Math.floor(this.seconds / 3600)}:${pad(Math.floor(this.seconds / 60) % 60, 2)}:${pad(this.seconds % 60, 2)}`;
    const fraction = this.microseconds === 0 ? '' : `.${pad(this.microseconds, 6)}`;
    const days = this.days === 0 ? '' : `${this.days} day${Math.abs(this.days) === 1 ? '' : 's'}, `;
    return days + clock + fraction;
  }

  toJSON(): number {
    return this.totalSeconds();
  }
}

/** Rounds to the nearest integer, ties to the even one (Python's `round`). */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** A day without a time. */
export class PyDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;

  constructor(year: number, month: number, day: number) {
    checkDate(year, month, day);
    this.year = year;
    this.month = month;
    this.day = day;
  }

  toString(): string {
    return `${pad(this.year, 4)}-${pad(this.month, 2)}-${pad(this.day, 2)}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

function checkDate(year: number, month: number, day: number): void {
  if (!(year >= 1 && year <= 9999)) throw new PythonError('ValueError', `year ${year} is out of range`);
  if (!(month >= 1 && month <= 12)) throw new PythonError('ValueError', 'month must be in 1..12');
  if (!(day >= 1 && day <= daysInMonth(year, month)))
    throw new PythonError('ValueError', 'day is out of range for month');
}

function checkClock(name: string, value: number, limit: number): void {
  if (!(value >= 0 && value < limit)) throw new PythonError('ValueError', `${name} must be in 0..${limit - 1}`);
}

/** The fields of {@link PyDateTime}; `offset` is the distance to UTC, `null` when no zone is known. */
export interface DateTimeFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  readonly microsecond?: number;
  readonly offset?: PyTimeDelta | null;
}

/** A point in time with the fields of a calendar and, mostly, a distance to UTC. */
export class PyDateTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  /** Distance to UTC; `null` for a naive datetime. */
  readonly offset: PyTimeDelta | null;

  /** @throws PythonError ValueError for a field out of range */
  constructor(fields: DateTimeFields) {
    checkDate(fields.year, fields.month, fields.day);
    this.year = fields.year;
    this.month = fields.month;
    this.day = fields.day;
    this.hour = fields.hour ?? 0;
    this.minute = fields.minute ?? 0;
    this.second = fields.second ?? 0;
    this.microsecond = fields.microsecond ?? 0;
    this.offset = fields.offset ?? null;
    checkClock('hour', this.hour, 24);
    checkClock('minute', this.minute, 60);
    checkClock('second', this.second, 60);
    checkClock('microsecond', this.microsecond, MICROSECONDS_PER_SECOND);
    if (this.offset !== null && Math.abs(this.offset.totalSeconds()) >= SECONDS_PER_DAY) {
      throw new PythonError('ValueError', 'offset must be strictly between -24 and 24 hours');
    }
  }

  /** From microseconds since 1970-01-01T00:00 on the clock of the zone. */
  static fromClock(microseconds: bigint, offset: PyTimeDelta | null): PyDateTime {
    const span = PyTimeDelta.fromMicroseconds(microseconds);
    const date = civilFromDays(span.days);
    if (date.year < 1 || date.year > 9999) throw new PythonError('OverflowError', 'date value out of range');
    return new PyDateTime({
      ...date,
      hour: Math.floor(span.seconds / 3600),
      minute: Math.floor(span.seconds / 60) % 60,
      second: span.seconds % 60,
      microsecond: span.microseconds,
      offset,
    });
  }

  /** Microseconds since 1970-01-01T00:00 as its own clock shows it (the offset is not applied). */
  clockMicroseconds(): bigint {
    const seconds = this.hour * 3600 + this.minute * 60 + this.second;
    return new PyTimeDelta(daysFromCivil(this.year, this.month, this.day), seconds, this.microsecond).toMicroseconds();
  }

  /** Microseconds since the epoch; a naive datetime is taken for UTC. */
  epochMicroseconds(): bigint {
    return this.clockMicroseconds() - (this.offset?.toMicroseconds() ?? 0n);
  }

  plus(span: PyTimeDelta): PyDateTime {
    return PyDateTime.fromClock(this.clockMicroseconds() + span.toMicroseconds(), this.offset);
  }

  /** ISO 8601 text as Python's `isoformat(separator)`; no fraction when the microseconds are 0. */
  isoFormat(separator = 'T'): string {
    const date = `${pad(this.year, 4)}-${pad(this.month, 2)}-${pad(this.day, 2)}`;
    const time = `${pad(this.hour, 2)}:${pad(this.minute, 2)}:${pad(this.second, 2)}`;
    const fraction = this.microsecond === 0 ? '' : `.${pad(this.microsecond, 6)}`;
    return date + separator + time + fraction + (this.offset === null ? '' : formatOffset(this.offset, ':'));
  }

  toString(): string {
    return this.isoFormat(' ');
  }

  toJSON(): string {
    return this.isoFormat();
  }
}

/** `+02:00` with the given separator; seconds and their fraction are shown only when there are any. */
export function formatOffset(offset: PyTimeDelta, separator: string): string {
  const isNegative = offset.days < 0;
  const size = isNegative ? PyTimeDelta.fromMicroseconds(-offset.toMicroseconds()) : offset;
  const fraction = size.microseconds === 0 ? '' : `.${pad(size.microseconds, 6)}`;
  const seconds = size.seconds % 60 === 0 && fraction === '' ? '' : separator + pad(size.seconds % 60, 2) + fraction;
  const minutes = pad(Math.floor(size.seconds / 60) % 60, 2);
  return `${isNegative ? '-' : '+'}${pad(Math.floor(size.seconds / 3600), 2)}${separator}${minutes}${seconds}`;
}
