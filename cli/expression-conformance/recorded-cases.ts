/** Reads recorded cases of the expression engines: values that JSON cannot hold are wrapped, integral floats are listed. */
import { parseDateTime } from '../../core/python/date-parser.ts';
import { setKey } from '../../core/python/dict.ts';
import { pyEquals } from '../../core/python/equality.ts';
import { jsonLoads } from '../../core/python/json.ts';
import {
  PyDate,
  PyDateTime,
  PyDict,
  PyFloat,
  PySet,
  PyTimeDelta,
  toPyFloat,
  toPyTuple,
} from '../../core/python/values.ts';

export interface RecordedCase {
  readonly id: string;
  readonly suite: string;
  readonly language: 'yaql' | 'jinja' | 'mixed';
  readonly function?: string;
  readonly expression: unknown;
  readonly context: Readonly<Record<string, unknown>>;
  readonly expected?: unknown;
  /** `Class: message`. */
  readonly error?: string;
  readonly compare?: 'set';
  readonly options?: Readonly<Record<string, unknown>>;
  /** The releases that gave this outcome. */
  readonly versions?: readonly string[];
}

export interface RecordedSuite {
  readonly header: Readonly<Record<string, unknown>>;
  readonly cases: readonly RecordedCase[];
}

/** The header and the cases of a file; the header may be missing. */
export function readSuite(text: string): RecordedSuite {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const records = lines.map(readLine);
  const header = records.find((record) => record.header === true) ?? {};
  const cases = records.filter((record) => record.header !== true) as unknown as RecordedCase[];
  return { header, cases };
}

function readLine(line: string): Record<string, unknown> {
  const record = jsonLoads(line) as Record<string, unknown>;
  for (const pointer of (record.floats ?? []) as string[]) markFloat(record, pointer);
  const result: Record<string, unknown> = { ...record };
  for (const key of ['context', 'expected', 'expression']) if (key in record) result[key] = unwrap(record[key]);
  return result;
}

function markFloat(record: Record<string, unknown>, pointer: string): void {
  const path = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = path.pop() ?? '';
  let owner = record;
  for (const step of path) owner = owner[step] as Record<string, unknown>;
  const value = owner[last];
  owner[last] = value instanceof PyFloat ? value : toPyFloat(Number(value));
}

function unwrap(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof PyFloat) return value;
  if (Array.isArray(value)) return value.map(unwrap);
  const entries = Object.entries(value);
  const [only] = entries;
  const wrapped = entries.length === 1 && only !== undefined ? unwrapped(only[0], only[1]) : undefined;
  if (wrapped !== undefined) return wrapped;
  const result: Record<string, unknown> = {};
  for (const [name, item] of entries) setKey(result, name, unwrap(item));
  return result;
}

/** The value that a wrapper stands for. */
function unwrapped(wrapper: string, inner: unknown): unknown {
  switch (wrapper) {
    case '$set':
      return new PySet((inner as unknown[]).map((item) => frozen(unwrap(item))));
    case '$dict':
      return new PyDict((inner as [unknown, unknown][]).map(([key, item]) => [frozen(unwrap(key)), unwrap(item)]));
    case '$datetime':
      return parseDateTime(String(inner), () => new PyDateTime({ year: 1, month: 1, day: 1 }));
    case '$date': {
      const [year = 1, month = 1, day = 1] = String(inner).split('-').map(Number);
      return new PyDate(year, month, day);
    }
    case '$timespan':
      return PyTimeDelta.fromSeconds(inner instanceof PyFloat ? inner.value : Number(inner));
    case '$bigint':
      return BigInt(String(inner));
    case '$float':
      return Number(String(inner).replace('inf', 'Infinity'));
  }
  return undefined;
}

function frozen(value: unknown): unknown {
  return Array.isArray(value) ? toPyTuple(value.map(frozen)) : value;
}

/** Equal as the recording tells values apart: a float is not an int, a set is not a list; tuples were recorded as lists. */
export function sameValue(actual: unknown, expected: unknown, anyOrder: boolean): boolean {
  if (anyOrder && Array.isArray(actual) && Array.isArray(expected)) return sameMembers(actual, expected);
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.length === expected.length && actual.every((item, index) => sameValue(item, expected[index], false));
  }
  return shapeOf(actual) === shapeOf(expected) && pyEquals(actual, expected, { isList: () => true });
}

function sameMembers(actual: readonly unknown[], expected: readonly unknown[]): boolean {
  const rest = [...actual];
  return (
    actual.length === expected.length &&
    expected.every((item) => {
      const index = rest.findIndex((other) => sameValue(other, item, false));
      if (index >= 0) rest.splice(index, 1);
      return index >= 0;
    })
  );
}

/** A text that differs for values which Python holds equal and a recording does not. NaN is written out. */
function shapeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof PyFloat) return 'float';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  if (typeof value === 'bigint') return 'int';
  if (Array.isArray(value)) return `[${Array.from(value as unknown[], shapeOf).join()}]`;
  if (typeof value !== 'object') return typeof value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value.constructor?.name ?? 'object';
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${shapeOf(item)}`).join()}}`;
}
