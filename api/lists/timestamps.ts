import { ValidationError } from '../../core/errors.ts';

const FORMAT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(\.\d{1,6})?)?\s?(Z|[+-]\d\d:?\d\d)?$/;

/**
 * Reads a point in time as StackStorm's `isotime` does: ISO 8601, UTC where no offset stands.
 *
 * @throws ValidationError with StackStorm's sentence
 */
export function parseTimestamp(text: string): Date {
  const [, day, time = '00:00:00', fraction = '', offset = 'Z'] = FORMAT.exec(text.trim()) ?? [];
  const zone = /^[+-]\d{4}$/.test(offset) ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset;
  const date = day === undefined ? undefined : new Date(`${day}T${time}${fraction.slice(0, 4)}${zone}`);
  if (date === undefined || Number.isNaN(date.getTime()))
    throw new ValidationError('Datetime value does not match expected format.');
  return date;
}

/** Further off lies no time that a request may name by its distance: dates end somewhere. Seconds. */
export const FURTHEST_SECONDS = 100 * 365 * 24 * 3_600;
