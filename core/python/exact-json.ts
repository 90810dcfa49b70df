/** JSON of others, whose whole numbers may have more digits than a number holds: rounded, an id would be that of something else. */
import { jsonLoads } from './json.ts';
import { toJsonValue } from './to-json.ts';

/** Only a text in which this is found may hold a whole number that a number cannot hold exactly. */
export const LONG_DIGITS = /\d{16}/;
const LONG_INTEGER = /^-?[1-9]\d{15,}$/;

/** Parses JSON as `JSON.parse`, but for whole numbers that a number cannot hold exactly, which are the text of their digits. */
export function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return LONG_DIGITS.test(text) ? toJsonValue(jsonLoads(text, { strictNumbers: true })) : value;
}

/** Whether a value is the text of a whole number that a number cannot hold exactly: it counts as one where one is asked for. */
export function isLongInteger(value: unknown): value is string {
  return typeof value === 'string' && LONG_INTEGER.test(value) && !Number.isSafeInteger(Number(value));
}

/** The JSON of a mapping, in which the keys that `isInteger` names hold their long integers as numbers again. */
export function stringifyExactly(
  values: Readonly<Record<string, unknown>>,
  isInteger: (key: string) => boolean,
): string {
  const items = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const text = isLongInteger(value) && isInteger(key) ? value : JSON.stringify(value);
      return `${JSON.stringify(key)}:${text}`;
    });
  return `{${items.join(',')}}`;
}
