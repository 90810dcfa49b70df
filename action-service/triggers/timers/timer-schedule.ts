/** The times at which a timer trigger is due. Source: `st2reactor/timer/base.py`. */
import { DateTime, IANAZone } from 'luxon';
import { errorMessage, ValidationError } from '../../../core/errors.ts';
import { parseDateTime } from '../../../core/python/date-parser.ts';
import { PyDateTime, PyTimeDelta } from '../../../core/python/datetime.ts';
import { parseCron } from './cron-fields.ts';
import { nextCronTime } from './cron-times.ts';

type Parameters = Readonly<Record<string, unknown>>;

export interface TimerSchedule {
  /** The first due time after `after`; `undefined` when there is none any more. Milliseconds since 1970. */
  next(after: number): number | undefined;
  /** Due once: worth firing even long after. */
  readonly isOnce: boolean;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  weeks: 604_800_000,
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
};

/**
 * @param created when the timer was made: intervals count from there, so that every engine, and an engine after a restart,
 *   comes to the same times
 * @throws ValidationError for parameters that make no timer
 */
export function parseTimer(type: string, parameters: Parameters, created: number, localZone: string): TimerSchedule {
  const zone = zoneOf(parameters.timezone, localZone);
  if (type === 'core.st2.IntervalTimer') return interval(parameters, created);
  if (type === 'core.st2.DateTimer') return once(parameters, zone);
  if (type === 'core.st2.CronTimer') {
    const schedule = parseCron(parameters);
    return { isOnce: false, next: (after) => nextCronTime(schedule, zone, after) };
  }
  throw new ValidationError(`"${type}" is no type of timer.`, { type });
}

function zoneOf(name: unknown, localZone: string): string {
  if (name === undefined || name === null || name === '') return localZone;
  if (typeof name === 'string' && IANAZone.isValidZone(name)) return name;
  throw new ValidationError(`Time zone "${String(name)}" is not known.`, { timezone: name });
}

function interval({ unit, delta }: Parameters, created: number): TimerSchedule {
  const length = typeof unit === 'string' && Object.hasOwn(UNIT_MS, unit) ? UNIT_MS[unit] : undefined;
  const count = Number(delta);
  if (length === undefined || !Number.isFinite(count) || count <= 0)
    throw new ValidationError(
      `An interval needs a unit and a positive delta, not "${String(unit)}", "${String(delta)}".`,
    );
  const period = length * count;
  return {
    isOnce: false,
    next: (after) => created + Math.max(1, Math.floor((after - created) / period) + 1) * period,
  };
}

function parseDate(text: string, today: () => PyDateTime): PyDateTime {
  try {
    return parseDateTime(text, today);
  } catch (error) {
    throw new ValidationError(`"${text}" is no date: ${errorMessage(error)}`, { date: text }, error);
  }
}

function once({ date }: Parameters, zone: string): TimerSchedule {
  const today = () => PyDateTime.fromClock(BigInt(Date.now()) * 1000n, new PyTimeDelta(0));
  const parsed = parseDate(String(date), today);
  const due =
    parsed.offset === null
      ? DateTime.fromISO(parsed.isoFormat(), { zone }).toMillis()
      : Number(parsed.epochMicroseconds() / 1000n);
  return { isOnce: true, next: (after) => (due > after ? due : undefined) };
}
