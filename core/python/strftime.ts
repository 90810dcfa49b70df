/** Python's `strftime` and `strptime` in the C locale. */
import { daysFromCivil, formatOffset, PyDateTime, PyTimeDelta, weekdayOf } from './datetime.ts';
import { PythonError } from './errors.ts';

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
export const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

const MAX_LENGTH = 10_000;

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}

function dayOfYear(value: PyDateTime): number {
  return daysFromCivil(value.year, value.month, value.day) - daysFromCivil(value.year, 1, 1) + 1;
}

/** Week of the year; days before the first week's first day are in week 0. `firstDay` counts from Monday = 0. */
function weekOfYear(value: PyDateTime, firstDay: number): number {
  const weekday = (weekdayOf(value.year, value.month, value.day) - firstDay + 7) % 7;
  return Math.floor((dayOfYear(value) + 6 - weekday) / 7);
}

function isoWeek(value: PyDateTime): { readonly year: number; readonly week: number } {
  const weekday = weekdayOf(value.year, value.month, value.day);
  const thursday = daysFromCivil(value.year, value.month, value.day) - weekday + 3;
  let { year } = value;
  if (thursday < daysFromCivil(year, 1, 1)) year -= 1;
  else if (thursday >= daysFromCivil(year + 1, 1, 1)) year += 1;
  return { year, week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1 };
}

function zoneName(value: PyDateTime): string {
  if (value.offset === null) return '';
  return value.offset.toMicroseconds() === 0n ? 'UTC' : '';
}

const hour12 = (value: PyDateTime): number => value.hour % 12 || 12;
const weekday = (value: PyDateTime): number => weekdayOf(value.year, value.month, value.day);

const DIRECTIVES: ReadonlyMap<string, (value: PyDateTime) => string> = new Map<string, (value: PyDateTime) => string>([
  ['a', (value) => (WEEKDAYS[weekday(value)] ?? '').slice(0, 3)],
  ['A', (value) => WEEKDAYS[weekday(value)] ?? ''],
  ['w', (value) => String((weekday(value) + 1) % 7)],
  ['u', (value) => String(weekday(value) + 1)],
  ['d', (value) => pad(value.day)],
  ['e', (value) => String(value.day).padStart(2, ' ')],
  ['b', (value) => (MONTHS[value.month - 1] ?? '').slice(0, 3)],
  ['h', (value) => (MONTHS[value.month - 1] ?? '').slice(0, 3)],
  ['B', (value) => MONTHS[value.month - 1] ?? ''],
  ['m', (value) => pad(value.month)],
  ['y', (value) => pad(value.year % 100)],
  ['Y', (value) => String(value.year)],
  ['C', (value) => pad(Math.floor(value.year / 100))],
  ['H', (value) => pad(value.hour)],
  ['k', (value) => String(value.hour).padStart(2, ' ')],
  ['I', (value) => pad(hour12(value))],
  ['l', (value) => String(hour12(value)).padStart(2, ' ')],
  ['p', (value) => (value.hour < 12 ? 'AM' : 'PM')],
  ['P', (value) => (value.hour < 12 ? 'am' : 'pm')],
  ['M', (value) => pad(value.minute)],
  ['S', (value) => pad(value.second)],
  ['f', (value) => pad(value.microsecond, 6)],
  ['z', (value) => (value.offset === null ? '' : formatOffset(value.offset, ''))],
  ['Z', zoneName],
  ['j', (value) => pad(dayOfYear(value), 3)],
  ['U', (value) => pad(weekOfYear(value, 6))],
  ['W', (value) => pad(weekOfYear(value, 0))],
  ['V', (value) => pad(isoWeek(value).week)],
  ['G', (value) => String(isoWeek(value).year)],
  ['g', (value) => pad(isoWeek(value).year % 100)],
  ['s', (value) => String(value.clockMicroseconds() / 1_000_000n)],
  ['n', () => '\n'],
  ['t', () => '\t'],
  ['%', () => '%'],
]);
const COMPOSED: ReadonlyMap<string, string> = new Map([
  ['c', '%a %b %e %H:%M:%S %Y'],
  ['x', '%m/%d/%y'],
  ['X', '%H:%M:%S'],
  ['D', '%m/%d/%y'],
  ['F', '%Y-%m-%d'],
  ['T', '%H:%M:%S'],
  ['R', '%H:%M'],
  ['r', '%I:%M:%S %p'],
]);

/** Formats a datetime; an unknown directive stays as it is, as in glibc. */
export function formatDateTime(value: PyDateTime, format: string): string {
  if (format.length > MAX_LENGTH) throw new PythonError('ValueError', 'the format is too long');
  return format.replace(/%([\s\S])/g, (whole, directive: string) => {
    const composed = COMPOSED.get(directive);
    if (composed !== undefined) return formatDateTime(value, composed);
    return DIRECTIVES.get(directive)?.(value) ?? whole;
  });
}

/** Patterns of `strptime`; a group's name is the directive. */
const PARSERS: ReadonlyMap<string, string> = new Map([
  ['d', '3[01]|[12]\\d|0?[1-9]| [1-9]'],
  ['H', '2[0-3]|[01]\\d|\\d'],
  ['I', '1[0-2]|0?[1-9]'],
  ['j', '36[0-6]|3[0-5]\\d|[12]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d|0?[1-9]'],
  ['m', '1[0-2]|0?[1-9]'],
  ['M', '[0-5]\\d|\\d'],
  ['S', '6[01]|[0-5]\\d|\\d'],
  ['f', '\\d{1,6}'],
  ['U', '5[0-3]|[0-4]\\d|\\d'],
  ['W', '5[0-3]|[0-4]\\d|\\d'],
  ['V', '5[0-3]|0[1-9]|[1-4]\\d|\\d'],
  ['G', '\\d{4}'],
  ['y', '\\d\\d'],
  ['Y', '\\d{4}'],
  ['z', '[+-]\\d\\d:?[0-5]\\d(?::?[0-5]\\d(?:\\.\\d{1,6})?)?|Z'],
  ['Z', 'utc|gmt'],
  ['p', 'am|pm'],
  ['w', '[0-6]'],
  ['u', '[1-7]'],
  ['a', WEEKDAYS.map((name) => name.slice(0, 3)).join('|')],
  ['A', WEEKDAYS.join('|')],
  ['b', MONTHS.map((name) => name.slice(0, 3)).join('|')],
  ['B', MONTHS.join('|')],
]);

function toPattern(format: string): RegExp {
  let pattern = '';
  const used = new Set<string>();
  for (const [part] of format.matchAll(/%[\s\S]?|\s+|[^%\s]+/g)) {
    if (/^\s/.test(part)) pattern += '\\s+';
    else if (!part.startsWith('%')) pattern += part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    else if (part === '%%') pattern += '%';
    else pattern += directivePattern(part, format, used);
  }
  return new RegExp(pattern, 'iy');
}

function directivePattern(part: string, format: string, used: Set<string>): string {
  const directive = part.slice(1);
  const composed = COMPOSED.get(directive);
  if (composed !== undefined && 'cxX'.includes(directive)) return toPattern(composed.replace('%e', '%d')).source;
  const pattern = PARSERS.get(directive);
  if (pattern === undefined)
    throw new PythonError('ValueError', `'${directive}' is a bad directive in format '${format}'`);
  if (used.has(directive))
    throw new PythonError('ValueError', `directive %${directive} stands twice in format '${format}'`);
  used.add(directive);
  return `(?<${directive}>${pattern})`;
}

/** Parses with a format of `strptime`. @throws PythonError ValueError when the text does not fit */
export function parseWithFormat(text: string, format: string): PyDateTime {
  if (format.length > MAX_LENGTH || text.length > MAX_LENGTH)
    throw new PythonError('ValueError', 'the text is too long');
  const pattern = toPattern(format);
  const match = pattern.exec(text);
  if (match === null) throw new PythonError('ValueError', `time data '${text}' does not match format '${format}'`);
  if (pattern.lastIndex !== text.length) {
    throw new PythonError('ValueError', `unconverted data remains: ${text.slice(pattern.lastIndex)}`);
  }
  return toDateTime(match.groups ?? {});
}

function indexOfName(names: readonly string[], text: string): number {
  return names.findIndex((name) => name.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase());
}

function toDateTime(groups: Readonly<Record<string, string | undefined>>): PyDateTime {
  const number = (name: string): number | undefined => {
    const group = groups[name];
    return group === undefined ? undefined : Number(group);
  };
  const shortYear = number('y');
  const year = number('Y') ?? (shortYear === undefined ? 1900 : shortYear + (shortYear < 69 ? 2000 : 1900));
  const monthName = groups.B ?? groups.b;
  const month = number('m') ?? (monthName === undefined ? 1 : indexOfName(MONTHS, monthName) + 1);
  const dayOfYearGiven = number('j');
  let hour = number('H') ?? 0;
  const twelve = number('I');
  if (twelve !== undefined) hour = (twelve % 12) + (groups.p?.toLowerCase() === 'pm' ? 12 : 0);
  const time = {
    hour,
    minute: number('M') ?? 0,
    second: number('S') ?? 0,
    microsecond: Number((groups.f ?? '').padEnd(6, '0')),
    offset: groups.z === undefined ? null : parseOffset(groups.z),
  };
  if (dayOfYearGiven !== undefined) {
    return new PyDateTime({ year, month: 1, day: 1, ...time }).plus(new PyTimeDelta(dayOfYearGiven - 1));
  }
  const byWeek =
    groups.Y === undefined || groups.m !== undefined || monthName !== undefined
      ? undefined
      : dayOfWeekDate(groups, year);
  if (groups.G !== undefined || byWeek !== undefined) {
    const days = byWeek ?? isoWeekDate(groups);
    return new PyDateTime({ year: 1970, month: 1, day: 1, ...time }).plus(new PyTimeDelta(days));
  }
  return new PyDateTime({ year, month, day: number('d') ?? 1, ...time });
}

/** The weekday that was parsed, Monday = 0. */
function weekdayGiven(groups: Readonly<Record<string, string | undefined>>): number | undefined {
  if (groups.u !== undefined) return Number(groups.u) - 1;
  if (groups.w !== undefined) return (Number(groups.w) + 6) % 7;
  const name = groups.A ?? groups.a;
  return name === undefined ? undefined : indexOfName(WEEKDAYS, name);
}

/** Days since the epoch of a weekday in a week counted by `%U` or `%W`. */
function dayOfWeekDate(groups: Readonly<Record<string, string | undefined>>, year: number): number | undefined {
  const week = groups.U ?? groups.W;
  const day = weekdayGiven(groups);
  if (week === undefined || day === undefined) return undefined;
  const fromSunday = groups.U !== undefined ? 1 : 0;
  const first = (weekdayOf(year, 1, 1) + fromSunday) % 7;
  const inWeek = (day + fromSunday) % 7;
  const days = Number(week) === 0 ? inWeek - first : ((7 - first) % 7) + 7 * (Number(week) - 1) + inWeek;
  return daysFromCivil(year, 1, 1) + days;
}

/** Days since the epoch of `%G-W%V-%u`. */
function isoWeekDate(groups: Readonly<Record<string, string | undefined>>): number {
  const day = weekdayGiven(groups);
  if (groups.V === undefined || day === undefined) {
    throw new PythonError(
      'ValueError',
      "ISO year directive '%G' must be used with the ISO week directive '%V' and a weekday directive",
    );
  }
  const year = Number(groups.G);
  return daysFromCivil(year, 1, 4) - weekdayOf(year, 1, 4) + 7 * (Number(groups.V) - 1) + day;
}

/** The distance to UTC that text such as `+02:00`, `-0530` or `Z` means. */
export function parseOffset(text: string): PyTimeDelta {
  if (/^z$/i.test(text)) return new PyTimeDelta(0);
  const [hours = '0', minutes = '0', seconds = '0'] = text.replace(/[^\d]/g, '').match(/\d\d/g) ?? [];
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return new PyTimeDelta(0, text.startsWith('-') ? -total : total);
}
