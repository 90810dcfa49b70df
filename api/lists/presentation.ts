/** How stored records leave: timestamps as text, nothing that is null, ids as `id`. */
import { toTimestamp } from '../../action-service/present-execution.ts';

export { toTimestamp };

/** A record as JSON: dates become timestamps with microseconds, nulls of the record itself are left out. */
export function presentRecord(record: object): Record<string, unknown> {
  const presented: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    if (value === undefined || value === null) continue;
    presented[name] = presentValue(value);
  }
  return presented;
}

/** Dates within a value become timestamps; everything else stays as it is. */
export function presentValue(value: unknown): unknown {
  if (value instanceof Date) return toTimestamp(value);
  if (Array.isArray(value)) return value.map(presentValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, presentValue(item)]));
}

const firstOf = (path: string) => path.split('.')[0] ?? path;

/**
 * Leaves only the attributes asked for, by the first part of their paths, as StackStorm does.
 *
 * @param always attributes that come back in any case
 */
export function pickAttributes(
  item: Record<string, unknown>,
  include: readonly string[] | undefined,
  exclude: readonly string[] | undefined,
  always: readonly string[],
): Record<string, unknown> {
  if (include === undefined && exclude === undefined) return item;
  const wanted = include === undefined ? undefined : new Set([...include.map(firstOf), ...always]);
  const unwanted = new Set((exclude ?? []).map(firstOf));
  return Object.fromEntries(
    Object.entries(item).filter(([name]) => (wanted === undefined || wanted.has(name)) && !unwanted.has(name)),
  );
}
