/**
 * When a cron timer is due, on the clock of its time zone. Steps through instants and looks at the clock, so an hour that
 * a zone shows twice fires a timer of every hour twice and one of a given hour once; a given hour that a zone leaves out
 * fires at the first moment after.
 */
import { DateTime } from 'luxon';
import type { CronSchedule } from './cron-fields.ts';

/** No schedule needs more: a day has at most 25 hours, and few days that fit have none of the hours asked for. */
const MAX_STEPS = 20_000;
const LAST_YEAR = 2199;

const nextOf = (values: readonly number[], from: number) => values.find((value) => value >= from);

/** A date of the calendar, as midnight of UTC: no zone has a say in what fits it. */
function fitsDate(schedule: CronSchedule, date: Date): boolean {
  const weekday = (date.getUTCDay() + 6) % 7;
  const daysInMonth = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  return (
    schedule.years.includes(date.getUTCFullYear()) &&
    schedule.months.includes(date.getUTCMonth() + 1) &&
    schedule.weekdays.includes(weekday) &&
    (schedule.weeks.length === 53 || schedule.weeks.includes(DateTime.fromJSDate(date, { zone: 'utc' }).weekNumber)) &&
    schedule.fitsDay({ day: date.getUTCDate(), daysInMonth, weekday })
  );
}

/** The date to look at after one that does not fit. */
function dateAfter(schedule: CronSchedule, date: Date): Date {
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  if (!schedule.years.includes(year)) return new Date(Date.UTC(year + 1, 0, 1));
  if (!schedule.months.includes(month + 1)) return new Date(Date.UTC(year, month + 1, 1));
  return new Date(Date.UTC(year, month, date.getUTCDate() + 1));
}

/** The start of the first day that fits, when the one of this moment does not. */
function skipDate(schedule: CronSchedule, at: DateTime): DateTime | undefined {
  const today = new Date(Date.UTC(at.year, at.month - 1, at.day));
  let date = today;
  while (!fitsDate(schedule, date) && date.getUTCFullYear() <= LAST_YEAR) date = dateAfter(schedule, date);
  if (date === today) return undefined;
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  return DateTime.fromObject({ year, month, day }, { zone: at.zone });
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
  if (before.day !== after.day || after.hour - before.hour < 2) return false;
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
