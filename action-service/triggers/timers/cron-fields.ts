/**
 * The fields of `core.st2.CronTimer`, as APScheduler reads them: lists of `*`, `*`/n, a, a-b, a-b/n; in `day` also `last` and
 * `2nd fri`, `last sun`. Days of the week count from Monday = 0. All fields have to fit.
 */
import { ValidationError } from '../../../core/errors.ts';

export const CRON_FIELDS = ['year', 'month', 'day', 'week', 'day_of_week', 'hour', 'minute', 'second'] as const;
export type CronField = (typeof CRON_FIELDS)[number];

/** A day to be judged. */
export interface CronDay {
  readonly day: number;
  readonly daysInMonth: number;
  /** Monday = 0. */
  readonly weekday: number;
}

/** Allowed values, ascending; `days` judges what no list of numbers can say. */
export interface CronSchedule {
  readonly years: readonly number[];
  readonly months: readonly number[];
  readonly weeks: readonly number[];
  readonly weekdays: readonly number[];
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly seconds: readonly number[];
  fitsDay(day: CronDay): boolean;
}

const RANGES: Readonly<Record<CronField, readonly [min: number, max: number]>> = {
  year: [1970, 2199],
  month: [1, 12],
  day: [1, 31],
  week: [1, 53],
  day_of_week: [0, 6],
  hour: [0, 23],
  minute: [0, 59],
  second: [0, 59],
};
const DEFAULTS: Readonly<Record<CronField, string>> = {
  year: '*',
  month: '1',
  day: '1',
  week: '*',
  day_of_week: '*',
  hour: '0',
  minute: '0',
  second: '0',
};
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const ORDINALS = ['1st', '2nd', '3rd', '4th', '5th'];

/** Values of the fields; a field below the smallest one given takes its least value, any other one fits always. */
export function parseCron(parameters: Readonly<Record<string, unknown>>): CronSchedule {
  const given = CRON_FIELDS.filter((field) => parameters[field] !== undefined && parameters[field] !== null);
  const last = given.at(-1);
  const smallest = last === undefined ? -1 : CRON_FIELDS.indexOf(last);
  const source = (field: CronField) => {
    if (given.includes(field)) return String(parameters[field]).trim().toLowerCase();
    return CRON_FIELDS.indexOf(field) > smallest && smallest >= 0 ? DEFAULTS[field] : '*';
  };
  const values = (field: CronField) => parseList(field, source(field));
  const days = source('day')
    .split(',')
    .map((part) => parseDay(part.trim()));
  return {
    years: values('year'),
    months: values('month'),
    weeks: values('week'),
    weekdays: values('day_of_week'),
    hours: values('hour'),
    minutes: values('minute'),
    seconds: values('second'),
    fitsDay: (day) => days.some((fits) => fits(day)),
  };
}

function wrong(field: CronField, text: string): ValidationError {
  return new ValidationError(`Unrecognized expression "${text}" for field "${field}"`, { field });
}

/** What fields say is much the same for many timers (`*` most of all): kept once. */
const read = new Map<string, readonly number[]>();
const READ_LIMIT = 10_000;

function parseList(field: CronField, text: string): readonly number[] {
  const key = `${field} ${text}`;
  const known = read.get(key);
  if (known !== undefined) return known;
  const all = text.split(',').flatMap((part) => parsePart(field, part.trim()));
  const values = [...new Set(all)].sort((a, b) => a - b);
  if (read.size < READ_LIMIT) read.set(key, values);
  return values;
}

function toNumber(field: CronField, text: string): number {
  const names = field === 'day_of_week' ? WEEKDAYS : field === 'month' ? MONTHS : [];
  const index = names.indexOf(text);
  if (index >= 0) return field === 'month' ? index + 1 : index;
  const [min, max] = RANGES[field];
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) throw wrong(field, text);
  return value;
}

function parsePart(field: CronField, text: string): number[] {
  const [, range = '', stepText] = /^([^/]+)(?:\/(\d+))?$/.exec(text) ?? [];
  const step = stepText === undefined ? 1 : Number(stepText);
  if (range === '' || step < 1) throw wrong(field, text);
  const [min, max] = RANGES[field];
  const [first, last] = range === '*' ? [min, max] : bounds(field, range, stepText === undefined ? undefined : max);
  if (first > last) throw wrong(field, text);
  const values: number[] = [];
  for (let value = first; value <= last; value += step) values.push(value);
  return values;
}

function bounds(field: CronField, range: string, openEnd: number | undefined): readonly [number, number] {
  const [from = '', to] = range.split('-');
  const first = toNumber(field, from);
  return [first, to === undefined ? (openEnd ?? first) : toNumber(field, to)];
}

function parseDay(text: string): (day: CronDay) => boolean {
  if (text === 'last') return ({ day, daysInMonth }) => day === daysInMonth;
  const [, ordinal, name] = /^(\d\w\w|last)\s+(\w+)$/.exec(text) ?? [];
  if (ordinal === undefined || name === undefined) {
    const days = new Set(parsePart('day', text));
    return ({ day }) => days.has(day);
  }
  const weekday = WEEKDAYS.indexOf(name);
  const place = ORDINALS.indexOf(ordinal);
  if (weekday < 0 || (place < 0 && ordinal !== 'last')) throw wrong('day', text);
  if (ordinal === 'last') return (one) => one.weekday === weekday && one.day + 7 > one.daysInMonth;
  return (one) => one.weekday === weekday && Math.floor((one.day - 1) / 7) === place;
}
