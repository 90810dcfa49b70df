import { dictEntries, isDict, setKey } from './dict.ts';
import { pyStr } from './repr.ts';
import { PyDate, PyDateTime, PyFloat, PySet, PyTimeDelta, toPyInt } from './values.ts';

/**
 * A value of the expression engines as plain JSON data, for storage and for the wire: floats become numbers, tuples
 * and sets arrays, times ISO text, durations seconds, integers beyond 2^53 and non-string keys text.
 */
export function toJsonValue(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') {
    const small = toPyInt(value);
    return typeof small === 'bigint' ? String(small) : small;
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : pyStr(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof PyFloat) return toJsonValue(value.value);
  if (Array.isArray(value)) return Array.from(value, toJsonValue);
  if (value instanceof PySet) return [...value].map(toJsonValue);
  if (value instanceof PyDateTime) return value.isoFormat();
  if (value instanceof PyDate) return value.toString();
  if (value instanceof PyTimeDelta) return value.totalSeconds();
  if (!isDict(value)) return pyStr(value);
  const result: Record<string, unknown> = {};
  for (const [key, item] of dictEntries(value))
    setKey(result, typeof key === 'string' ? key : pyStr(key), toJsonValue(item));
  return result;
}
