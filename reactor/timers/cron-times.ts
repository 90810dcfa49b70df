/**
 * When a cron timer is due, on the clock of its time zone. Steps through instants and looks at the clock, so an hour that
 * a zone shows twice fires a timer of every hour twice and one of a given hour once; a given hour that a zone leaves out
 * fires at the first moment after.
 */
import { DateTime } from 'luxon';
import type { CronSchedule } from './cron-fields.ts';

/** No schedule needs more: 12 months of 31 days, a few hours, for the years of a leap day. */
const MAX_STEPS = 20_000;
const LAST_YEAR = 2199;

const nextOf = (values: readonly number[], from: number) => values.find((value) => value >= from);

function fitsDay(schedule: CronSchedule, at: DateTime): boolean {
  const weekday = at.weekday - 1;
  return (
    schedule.weekdays.includes(weekday) &&
    (schedule.weeks.length === 53 || schedule.weeks.includes(at.weekNumber)) &&
    schedule.fitsDay({ day: at.day, daysInMonth: at.daysInMonth ?? 31, weekday })
  );
}

/** The moment from which the next day, month or year is looked at, when this one does not fit. */
function skipDate(schedule: CronSchedule, at: DateTime): DateTime | undefined {
  if (!schedule.years.includes(at.year)) return at.startOf('year').plus({ years: 1 });
  if (!schedule.months.includes(at.month)) return at.startOf('month').plus({ months: 1 });
  if (!fitsDay(schedule, at)) return at.startOf('day').plus({ days: 1 });
  return undefined;
}

/** The same within a day: to the next hour, minute or second that may fit. */
function skipClock(schedule: CronSchedule, at: DateTime): DateTime | undefined {
  const nextHour = () => at.plus({ seconds: 3600 - at.minute * 60 - at.second });
  if (!schedule.hours.includes(at.hour)) return nextHour();
  if (!schedule.minutes.includes(at.minute)) {
    const minute = nextOf(schedule.minutes, at.minute);
    return minute === undefined ? nextHour() : at.plus({ seconds: (minute - at.minute) * 60 - at.second });
  }
  if (!schedule.seconds.includes(at.second)) {
    const second = nextOf(schedule.seconds, at.second);
    return at.plus({ seconds: (second ?? 60) - at.second });
  }
  return undefined;
}

/** Whether the clock left out an hour of the schedule between two moments of a day. */
function leftOut(schedule: CronSchedule, before: DateTime, after: DateTime): boolean {
  if (!before.hasSame(after, 'day') || after.hour - before.hour < 2) return false;
  return schedule.hours.some((hour) => hour > before.hour && hour < after.hour);
}

/** The first moment after `after` (milliseconds) that fits; `undefined` when there is none until the year 2199. */
export function nextCronTime(schedule: CronSchedule, zone: string, after: number): number | undefined {
  const isHourly = schedule.hours.length === 24;
  let at: DateTime = DateTime.fromMillis(Math.floor(after / 1000) * 1000 + 1000, { zone });
  for (let step = 0; step < MAX_STEPS && at.year <= LAST_YEAR; step += 1) {
    const later = skipDate(schedule, at);
    if (later !== undefined) {
      at = later;
      continue;
    }
    const clock = skipClock(schedule, at);
    if (clock !== undefined) {
      if (!isHourly && leftOut(schedule, at, clock)) return clock.toMillis();
      at = clock;
      continue;
    }
    if (isHourly || isFirst(at)) return at.toMillis();
    at = at.plus({ seconds: 1 });
  }
  return undefined;
}

/** False for the second of two moments that show the same time. */
function isFirst(at: DateTime): boolean {
  const [first] = at.getPossibleOffsets();
  return first === undefined || first.toMillis() === at.toMillis();
}
