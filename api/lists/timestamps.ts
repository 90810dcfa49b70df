import { ValidationError } from '../../core/errors.ts';

/** `ISO8601_UTC_REGEX`: date and time, in UTC and saying so. */
const FORMAT = /^(\d{4}-\d\d-\d\d)[\sT](\d\d:\d\d:\d\d)(\.\d{3,6})?(?:Z|\+00(?::?00)?)$/;

/**
 * Reads a point in time as StackStorm's `isotime` does.
 *
 * @throws ValidationError with StackStorm's sentence
 */
export function parseTimestamp(text: string): Date {
  const [, day, time, fraction = ''] = FORMAT.exec(text) ?? [];
  const date = day === undefined ? undefined : new Date(`${day}T${time}${fraction.slice(0, 4)}Z`);
  if (date === undefined || Number.isNaN(date.getTime()))
    throw new ValidationError('Datetime value does not match expected format.');
  return date;
}

/** Further off lies no time that a request may name by its distance: dates end somewhere. Seconds. */
export const FURTHEST_SECONDS = 100 * 365 * 24 * 3_600;
