/**
 * The file that says how to rehearse a workflow: what goes in, what each task's action answers, what is expected.
 *
 * ```yaml
 * input: {host: web1}
 * results:
 *   check: [{error: down}, {result: {stdout: ok}}]   # by order of the calls, the last one repeating
 *   each_host: {items: {1: [{error: boom}]}}          # with-items: by index
 *   notify: done                                      # one result for every call
 * expect: {state: SUCCESS, output: {ok: true}, tasks: {check: SUCCESS}}
 * ```
 * `cases:` holds several of these, each with a `name`; what stands beside it is the default for all.
 */
import { parse } from 'yaml';
import { errorMessage, ValidationError } from '../../core/errors.ts';
import { isPlainObject } from '../../core/python/values.ts';

type Data = Readonly<Record<string, unknown>>;

export interface GivenAnswer {
  readonly kind: 'result' | 'error' | 'pending';
  readonly value: unknown;
  /** Seconds of virtual time. */
  readonly after: number;
}

export interface TaskResults {
  readonly calls: readonly GivenAnswer[];
  readonly items: ReadonlyMap<number, readonly GivenAnswer[]>;
}

export interface Expectation {
  readonly state?: unknown;
  readonly output?: unknown;
  /** Names in order of their start, or by name a state or `{state, published, result}`. */
  readonly tasks?: unknown;
}

export interface RehearsalCase {
  readonly name: string;
  /** Full name of the workflow; without it the only one, or `main` of a workbook. */
  readonly workflow?: string;
  readonly input: Data;
  readonly params: Data;
  readonly results: ReadonlyMap<string, TaskResults>;
  /** Values of `st2kv()` by key. */
  readonly datastore: Data;
  readonly expect?: Expectation;
}

const KEYS = new Set(['name', 'workflow', 'input', 'params', 'env', 'results', 'datastore', 'expect', 'cases']);
const EXPECT_KEYS = new Set(['state', 'output', 'tasks']);

/** @throws ValidationError naming what is wrong in the file */
export function parseRehearsalFile(text: string, file: string): readonly RehearsalCase[] {
  let data: unknown;
  try {
    data = parse(text) ?? {};
  } catch (error) {
    throw new ValidationError(`${file}: ${errorMessage(error)}`);
  }
  const common = checkedMapping(data, file, KEYS);
  if (common.cases === undefined) return [readCase(common, file, 'rehearsal')];
  if (!Array.isArray(common.cases)) throw new ValidationError(`${file}: 'cases' has to be a list.`);
  const { cases, ...defaults } = common;
  return (cases as readonly unknown[]).map((one, index) => {
    const place = `${file}, case ${index + 1}`;
    return readCase({ ...defaults, ...checkedMapping(one, place, KEYS) }, place, `case ${index + 1}`);
  });
}

function readCase(data: Data, place: string, fallbackName: string): RehearsalCase {
  const results = Object.entries(mapping(data.results, `${place}: 'results'`));
  const env = data.env === undefined ? {} : { env: data.env };
  return {
    name: data.name === undefined ? fallbackName : String(data.name),
    ...(data.workflow === undefined ? {} : { workflow: String(data.workflow) }),
    input: mapping(data.input, `${place}: 'input'`),
    params: { ...mapping(data.params, `${place}: 'params'`), ...env },
    results: new Map(results.map(([task, given]) => [task, readResults(given)])),
    datastore: mapping(data.datastore, `${place}: 'datastore'`),
    ...(data.expect === undefined ? {} : { expect: checkedMapping(data.expect, `${place}: 'expect'`, EXPECT_KEYS) }),
  };
}

function readResults(given: unknown): TaskResults {
  if (isPlainObject(given) && Object.keys(given).length === 1 && isPlainObject(given.items)) {
    const items = Object.entries(given.items).map(([index, one]) => [Number(index), readCalls(one)] as const);
    return { calls: [], items: new Map(items) };
  }
  return { calls: readCalls(given), items: new Map() };
}

function readCalls(given: unknown): readonly GivenAnswer[] {
  return Array.isArray(given) ? given.map(readAnswer) : [readAnswer(given)];
}

/** `{result: …}`, `{error: …}` or `pending`, the first two perhaps with `after`; anything else is a result itself. */
function readAnswer(given: unknown): GivenAnswer {
  if (given === 'pending') return { kind: 'pending', value: null, after: 0 };
  if (isPlainObject(given) && Object.keys(given).every((key) => ['result', 'error', 'after'].includes(key))) {
    const after = typeof given.after === 'number' ? given.after : 0;
    if (Object.hasOwn(given, 'error')) return { kind: 'error', value: given.error, after };
    if (Object.hasOwn(given, 'result')) return { kind: 'result', value: given.result, after };
  }
  return { kind: 'result', value: given ?? null, after: 0 };
}

function mapping(value: unknown, what: string): Data {
  if (value === undefined || value === null) return {};
  if (!isPlainObject(value)) throw new ValidationError(`${what} has to be a mapping.`);
  return value;
}

function checkedMapping(value: unknown, what: string, known: ReadonlySet<string>): Data {
  const data = mapping(value, what);
  const unknown = Object.keys(data).find((key) => !known.has(key));
  if (unknown === undefined) return data;
  throw new ValidationError(`${what} has no key '${unknown}'; known are ${[...known].join(', ')}.`);
}
