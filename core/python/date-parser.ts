/**
 * Reads dates as people write them, after `dateutil.parser.parse` with its defaults: month before day, two-digit years
 * near the present, missing fields from today at midnight. Covers ISO 8601, RFC 2822 and the usual English forms.
 */
import { daysInMonth, PyDateTime, PyTimeDelta, weekdayOf } from './datetime.ts';
import { PythonError } from './errors.ts';
import { MONTHS, parseOffset, WEEKDAYS } from './strftime.ts';

interface Fields {
  year?: number;
  month?: number;
  day?: number;
  hour?: number;
  minute?: number;
  second?: number;
  microsecond?: number;
  offset?: PyTimeDelta;
  weekday?: number;
}

/** A place in a date that is a number, with what is known of its meaning. */
interface DatePart {
  readonly value: number;
  readonly digits: number;
  readonly isMonth: boolean;
}

const MAX_LENGTH = 200;
const ISO = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?|(\d{2})(\d{2}))?(?:[T ](.+))?$/i;
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?/;
const COMPACT_CLOCK = /^(\d{2})(\d{2})(?:(\d{2})(?:[.,](\d+))?)?(?![\d:])/;
const TOKEN =
  /\s*(?:(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)|(\d+)(?:(?:st|nd|rd|th)\b)?|([+-]\d{2}:?\d{2}\b|[+-]\d{2}\b)|([A-Za-z]+)\.?|([-/,.;]))/gy;
const JUMP_WORDS = new Set(['and', 'ad', 'm', 't', 'of', 'at', 'on']);

function unknown(text: string): PythonError {
  return new PythonError('ParserError', `Unknown string format: ${text}`);
}

/** @param now gives the day that missing fields are taken from. @throws PythonError ParserError */
export function parseDateTime(text: string, now: () => PyDateTime): PyDateTime {
  const trimmed = text.trim();
  if (trimmed === '') throw new PythonError('ParserError', `String does not contain a date: ${text}`);
  if (trimmed.length > MAX_LENGTH) throw unknown(text.slice(0, MAX_LENGTH));
  try {
    return complete(readIso(trimmed) ?? readTokens(trimmed), now);
  } catch (error) {
    if (error instanceof PythonError && error.kind === 'ValueError') {
      throw new PythonError('ParserError', `${error.message}: ${text}`);
    }
    throw error;
  }
}

function readIso(text: string): Fields | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, compactMonth, compactDay, time] = match;
  const fields: Fields = { year: Number(year) };
  if (month === undefined && compactMonth === undefined && time !== undefined) return undefined;
  if (month !== undefined || compactMonth !== undefined) fields.month = Number(month ?? compactMonth);
  if (day !== undefined || compactDay !== undefined) fields.day = Number(day ?? compactDay);
  if (time === undefined) return fields;
  const clock = CLOCK.exec(time) ?? COMPACT_CLOCK.exec(time) ?? /^(\d{2})(?![\d:])/.exec(time);
  if (clock === null) return undefined;
  setClock(fields, clock);
  return readZone(time.slice(clock[0].length).trim(), fields) ? fields : undefined;
}

function setClock(fields: Fields, clock: RegExpExecArray): void {
  const [, hour, minute = '0', second = '0', fraction = ''] = clock;
  fields.hour = Number(hour);
  fields.minute = Number(minute);
  fields.second = Number(second);
  fields.microsecond = Number(fraction.slice(0, 6).padEnd(6, '0'));
}

function readZone(zone: string, fields: Fields): boolean {
  if (zone === '') return true;
  if (/^(?:z|utc|gmt)$/i.test(zone)) {
    fields.offset = new PyTimeDelta(0);
    return true;
  }
  if (!/^[+-]\d{2}(?::?\d{2})?$/.test(zone)) return false;
  fields.offset = parseOffset(zone);
  return true;
}

function readTokens(text: string): Fields {
  const fields: Fields = {};
  const parts: DatePart[] = [];
  TOKEN.lastIndex = 0;
  let afterClock = false;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) throw unknown(text);
    const [, clock, digits, zone, word] = match;
    if (clock !== undefined) setClock(fields, CLOCK.exec(clock) ?? match);
    else if (digits !== undefined) readNumber(digits, fields, parts, text);
    else if (zone !== undefined && afterClock) fields.offset = parseOffset(zone);
    else if (zone !== undefined) parts.push({ value: Number(zone.slice(1)), digits: zone.length - 1, isMonth: false });
    else if (word !== undefined) readWord(word, fields, parts, text);
    afterClock = clock !== undefined || (afterClock && word !== undefined);
  }
  placeParts(parts, fields, text);
  if (Object.keys(fields).length === 0) throw new PythonError('ParserError', `String does not contain a date: ${text}`);
  return fields;
}

function readNumber(digits: string, fields: Fields, parts: DatePart[], text: string): void {
  if (digits.length === 8 || digits.length === 12 || digits.length === 14) {
    fields.year = Number(digits.slice(0, 4));
    fields.month = Number(digits.slice(4, 6));
    fields.day = Number(digits.slice(6, 8));
    if (digits.length > 8) {
      fields.hour = Number(digits.slice(8, 10));
      fields.minute = Number(digits.slice(10, 12));
      fields.second = Number(digits.slice(12, 14));
    }
    return;
  }
  if (digits.length === 6 && parts.length === 0) {
    for (const part of digits.match(/../g) ?? []) parts.push({ value: Number(part), digits: 2, isMonth: false });
    return;
  }
  if (digits.length > 4 || parts.length >= 4) throw unknown(text);
  parts.push({ value: Number(digits), digits: digits.length, isMonth: false });
}

function readWord(word: string, fields: Fields, parts: DatePart[], text: string): void {
  const lower = word.toLowerCase();
  if (/^[ap]m?$/.test(lower) && (fields.hour !== undefined || parts.length > 0)) {
    fields.hour ??= parts.pop()?.value ?? 0;
    if (fields.hour < 1 || fields.hour > 12)
      throw new PythonError('ParserError', `Invalid hour specified for 12-hour clock: ${text}`);
    fields.hour = (fields.hour % 12) + (lower.startsWith('p') ? 12 : 0);
    return;
  }
  if (lower === 'z' || lower === 'utc' || lower === 'gmt') {
    fields.offset = new PyTimeDelta(0);
    return;
  }
  const matches = (name: string): boolean =>
    lower.length >= 3 && (name.toLowerCase() === lower || name.slice(0, 3).toLowerCase() === lower);
  const month = MONTHS.findIndex((name) => matches(name) || (name === 'September' && lower === 'sept'));
  const weekday = WEEKDAYS.findIndex(matches);
  if (month >= 0) parts.push({ value: month + 1, digits: 0, isMonth: true });
  else if (weekday >= 0) fields.weekday = weekday;
  else if (!JUMP_WORDS.has(lower)) throw unknown(text);
}

/** Decides which number is year, month and day: a long or big one is the year, then month before day. */
function placeParts(parts: readonly DatePart[], fields: Fields, text: string): void {
  const rest = [...parts];
  const takeWhere = (test: (part: DatePart) => boolean): DatePart | undefined => {
    const index = rest.findIndex(test);
    return index < 0 ? undefined : rest.splice(index, 1)[0];
  };
  const named = takeWhere((part) => part.isMonth);
  if (named !== undefined) fields.month = named.value;
  const year = takeWhere((part) => part.digits > 2 || part.value > 31);
  if (year !== undefined) fields.year = fullYear(year);
  const yearFirst = year !== undefined && parts[0] === year;
  if (named === undefined && rest.length > 0) {
    const first = rest[0]?.value ?? 0;
    const second = rest[1]?.value;
    const dayFirst = !yearFirst && first > 12 && second !== undefined && second <= 12;
    if (rest.length > 1 || year !== undefined) {
      fields.month = rest.splice(dayFirst ? 1 : 0, 1)[0]?.value ?? 1;
    }
  }
  const day = rest.shift();
  if (day !== undefined) fields.day = day.value;
  const last = rest.shift();
  if (last !== undefined && fields.year === undefined) fields.year = fullYear(last);
  else if (last !== undefined) throw unknown(text);
}

function fullYear(part: DatePart): number {
  if (part.digits > 2 || part.value >= 100) return part.value;
  return part.value + (part.value < 69 ? 2000 : 1900);
}

function complete(fields: Fields, now: () => PyDateTime): PyDateTime {
  const needsToday = fields.year === undefined || fields.month === undefined || fields.day === undefined;
  const today = needsToday ? now() : undefined;
  const year = fields.year ?? today?.year ?? 1;
  const month = fields.month ?? today?.month ?? 1;
  const day = fields.day ?? Math.min(today?.day ?? 1, month >= 1 && month <= 12 ? daysInMonth(year, month) : 31);
  const value = new PyDateTime({
    year,
    month,
    day,
    hour: fields.hour ?? 0,
    minute: fields.minute ?? 0,
    second: fields.second ?? 0,
    microsecond: fields.microsecond ?? 0,
    offset: fields.offset ?? null,
  });
  if (fields.weekday === undefined || fields.day !== undefined) return value;
  return value.plus(new PyTimeDelta((fields.weekday - weekdayOf(value.year, value.month, value.day) + 7) % 7));
}
