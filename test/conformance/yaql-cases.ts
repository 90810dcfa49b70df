/** Reads the recorded cases of YAQL: values that JSON cannot hold are wrapped, integral floats are listed. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDateTime } from '../../core/python/date-parser.ts';
import { pyEquals } from '../../core/python/equality.ts';
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

export interface YaqlCase {
  readonly id: string;
  readonly expression: string;
  readonly function?: string;
  readonly context: Record<string, unknown>;
  readonly expected?: unknown;
  readonly error?: string;
  readonly compare?: 'set';
  readonly floats?: readonly string[];
  readonly options?: Record<string, unknown>;
}

export interface YaqlSuite {
  readonly options: Record<string, unknown>;
  readonly cases: readonly YaqlCase[];
}

const FOLDER = process.env.CONFORMANCE_DIR ?? fileURLToPath(new URL('../../../shared/conformance', import.meta.url));

/** `undefined` when the recorded data is not at hand. */
export function loadSuite(name: string): YaqlSuite | undefined {
  const file = `${FOLDER}/expressions/${name}.jsonl`;
  if (!existsSync(file)) return undefined;
  const [header, ...cases] = readFileSync(file, 'utf8').trim().split('\n').map(readLine);
  return { options: (header?.engine_options ?? {}) as Record<string, unknown>, cases: cases as unknown as YaqlCase[] };
}

function readLine(line: string): Record<string, unknown> {
  const plain = JSON.parse(line) as Record<string, unknown>;
  for (const pointer of (plain.floats ?? []) as string[]) wrapFloat(plain, pointer);
  const result: Record<string, unknown> = { ...plain };
  for (const key of ['context', 'expected']) if (key in plain) result[key] = unwrap(plain[key]);
  return result;
}

function wrapFloat(root: Record<string, unknown>, pointer: string): void {
  const path = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = path.pop() ?? '';
  let owner = root as Record<string, unknown>;
  for (const step of path) owner = owner[step] as Record<string, unknown>;
  owner[last] = new PyFloat(Number(owner[last]));
}

/** Turns the wrappers of the recording into values. */
function unwrap(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof PyFloat) return value;
  if (Array.isArray(value)) return value.map(unwrap);
  const entries = Object.entries(value);
  const [key, inner] = entries.length === 1 ? (entries[0] ?? []) : [];
  switch (key) {
    case '$set':
      return new PySet((inner as unknown[]).map((item) => freeze(unwrap(item))));
    case '$dict':
      return new PyDict(
        (inner as [unknown, unknown][]).map(([name, item]) => [freeze(unwrap(name)), unwrap(item)] as const),
      );
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
      return toPyFloat(Number(String(inner).replace('inf', 'Infinity')));
    default:
      return Object.fromEntries(entries.map(([name, item]) => [name, unwrap(item)]));
  }
}

function freeze(value: unknown): unknown {
  return Array.isArray(value) ? toPyTuple(value.map(freeze)) : value;
}

/** Strict comparison: a float is not an int, a set not a list; with `asSet` the order of a list does not matter. */
export function sameResult(actual: unknown, expected: unknown, asSet: boolean): boolean {
  if (asSet && Array.isArray(actual) && Array.isArray(expected)) {
    const rest = [...actual];
    return (
      actual.length === expected.length &&
      expected.every((item) => {
        const index = rest.findIndex((other) => sameResult(other, item, false));
        if (index >= 0) rest.splice(index, 1);
        return index >= 0;
      })
    );
  }
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  return pyEquals(actual, expected) && shapeOf(actual) === shapeOf(expected);
}

/** Text in which values differ that Python holds equal but a recording tells apart. */
function shapeOf(value: unknown): string {
  if (value instanceof PyFloat) return 'float';
  if (Array.isArray(value)) return `[${value.map(shapeOf).join()}]`;
  if (typeof value !== 'object' || value === null || value.constructor !== Object) return typeof value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${shapeOf(item)}`).join()}}`;
}
