/**
 * Checks request bodies against JSON schemas in the order and the words of Python's jsonschema (draft 4), which
 * StackStorm's clients show to their users: keywords are tried as the schema lists them and the first failure is the answer.
 *
 * What StackStorm's models judge (`x-best-match`) is answered with the failure that jsonschema's `best_match` picks: the one
 * nearest to the root, the first of these.
 */
import { ValidationError } from '../../core/errors.ts';
import { bestMatch } from '../../core/params/index.ts';
import { pyRepr } from '../../core/python/repr.ts';
import { isPlainObject } from '../../core/python/values.ts';

/** A JSON schema of a request; keywords beyond those checked here only describe. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

type Check = (rule: never, value: unknown, schema: JsonSchema) => string | undefined;

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isPlainObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => typeof value === 'number' && Number.isInteger(value),
  number: (value) => typeof value === 'number',
  null: (value) => value === null,
};

const has = (value: Readonly<Record<string, unknown>>, key: string) => Object.hasOwn(value, key);
const counted = (names: readonly string[]) =>
  `${names.map((name) => pyRepr(name)).join(', ')} ${names.length === 1 ? 'was' : 'were'}`;

function isType(name: string, value: unknown): boolean {
  return TYPES[name]?.(value) ?? true;
}

const CHECKS: Readonly<Record<string, Check>> = {
  type: (rule: string | readonly string[], value, schema) => {
    const names = typeof rule === 'string' ? [rule] : rule;
    if (value === null && schema.nullable === true) return undefined;
    if (names.some((name) => isType(name, value))) return undefined;
    return `${pyRepr(value)} is not of type ${names.map((name) => pyRepr(name)).join(', ')}`;
  },
  enum: (rule: readonly unknown[], value, schema) => {
    if (rule.includes(value) || (value === null && schema.nullable === true)) return undefined;
    return `${pyRepr(value)} is not one of ${pyRepr(rule)}`;
  },
  properties: (rule: Readonly<Record<string, JsonSchema>>, value) => {
    if (!isPlainObject(value)) return undefined;
    for (const [name, schema] of Object.entries(rule)) {
      const problem = has(value, name) ? findProblem(schema, value[name]) : undefined;
      if (problem !== undefined) return problem;
    }
    return undefined;
  },
  patternProperties: (rule: Readonly<Record<string, JsonSchema>>, value) => {
    if (!isPlainObject(value)) return undefined;
    for (const [pattern, schema] of Object.entries(rule)) {
      const matcher = new RegExp(pattern);
      for (const [name, item] of Object.entries(value)) {
        const problem = matcher.test(name) ? findProblem(schema, item) : undefined;
        if (problem !== undefined) return problem;
      }
    }
    return undefined;
  },
  additionalProperties: (rule: boolean | JsonSchema, value, schema) => {
    if (!isPlainObject(value) || rule === true) return undefined;
    const known = (schema.properties ?? {}) as Readonly<Record<string, unknown>>;
    const patterns = Object.keys((schema.patternProperties ?? {}) as object).map((pattern) => new RegExp(pattern));
    const extra = Object.keys(value).filter((name) => !has(known, name) && !patterns.some((one) => one.test(name)));
    if (extra.length === 0) return undefined;
    if (rule !== false)
      return extra.map((name) => findProblem(rule, value[name])).find((problem) => problem !== undefined);
    if (patterns.length > 0) {
      const verb = extra.length === 1 ? 'does' : 'do';
      return `${extra.map((name) => pyRepr(name)).join(', ')} ${verb} not match any of the regexes: ${patterns.map((one) => pyRepr(one.source)).join(', ')}`;
    }
    return `Additional properties are not allowed (${counted(extra)} unexpected)`;
  },
  required: (rule: readonly string[], value) => {
    if (!isPlainObject(value) || !Array.isArray(rule)) return undefined;
    const missing = rule.find((name) => !has(value, name));
    return missing === undefined ? undefined : `${pyRepr(missing)} is a required property`;
  },
  items: (rule: JsonSchema, value) => {
    if (!Array.isArray(value)) return undefined;
    for (const item of value) {
      const problem = findProblem(rule, item);
      if (problem !== undefined) return problem;
    }
    return undefined;
  },
  minimum: (rule: number, value) =>
    typeof value === 'number' && value < rule ? `${value} is less than the minimum of ${rule}` : undefined,
  maximum: (rule: number, value) =>
    typeof value === 'number' && value > rule ? `${value} is greater than the maximum of ${rule}` : undefined,
  minLength: (rule: number, value) =>
    typeof value === 'string' && [...value].length < rule ? `${pyRepr(value)} is too short` : undefined,
  maxLength: (rule: number, value) =>
    typeof value === 'string' && [...value].length > rule ? `${pyRepr(value)} is too long` : undefined,
  minItems: (rule: number, value) =>
    Array.isArray(value) && value.length < rule ? `${pyRepr(value)} is too short` : undefined,
  maxItems: (rule: number, value) =>
    Array.isArray(value) && value.length > rule ? `${pyRepr(value)} is too long` : undefined,
  pattern: (rule: string, value) =>
    typeof value === 'string' && !new RegExp(rule).test(value)
      ? `${pyRepr(value)} does not match ${pyRepr(rule)}`
      : undefined,
  anyOf: (rule: readonly JsonSchema[], value) =>
    rule.some((schema) => findProblem(schema, value) === undefined)
      ? undefined
      : `${pyRepr(value)} is not valid under any of the given schemas`,
};

/** Has the schema judged as models of StackStorm are. */
export const BEST_MATCH = { 'x-best-match': true } as const;

interface Failure {
  /** Steps from the root; `required` counts as one, as it does in drafts 3. */
  readonly depth: number;
  readonly text: string;
  /** Of a choice: why each of its ways is none. */
  readonly ways?: readonly Failure[];
}

/** All that is wrong with a value, in the order in which jsonschema comes upon it. */
function* failures(schema: JsonSchema, value: unknown, depth: number): Generator<Failure> {
  const { properties = {}, required, items, anyOf, additionalProperties: additional, ...rest } = schema;
  const text = findProblem({ ...rest, 'x-best-match': false }, value);
  if (text !== undefined) yield { depth, text };
  if (isPlainObject(value)) {
    for (const [name, below] of Object.entries(properties as Readonly<Record<string, JsonSchema>>)) {
      if (has(value, name)) yield* failures(below, value[name], depth + 1);
      else if (Array.isArray(required) && required.includes(name))
        yield { depth: depth + 1, text: `${pyRepr(name)} is a required property` };
    }
    const surplus =
      additional === undefined ? undefined : CHECKS.additionalProperties?.(additional as never, value, schema);
    if (surplus !== undefined) yield { depth: additional === false ? depth : depth + 1, text: surplus };
  }
  if (Array.isArray(value) && isPlainObject(items)) for (const item of value) yield* failures(items, item, depth + 1);
  if (Array.isArray(anyOf)) {
    const ways = anyOf.map((way: JsonSchema) => [...failures(way, value, depth)]);
    if (ways.every((way) => way.length > 0))
      yield { depth, text: `${pyRepr(value)} is not valid under any of the given schemas`, ways: ways.flat() };
  }
}

/** What is wrong with a value, as one sentence; `undefined` when it fits. */
export function findProblem(schema: JsonSchema, value: unknown): string | undefined {
  if (schema['x-best-match'] === true) return bestMatch(failures(schema, value, 0), ({ depth }) => depth)?.text;
  for (const [keyword, rule] of Object.entries(schema)) {
    const check = Object.hasOwn(CHECKS, keyword) ? CHECKS[keyword] : undefined;
    const problem = check?.(rule as never, value, schema);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** @throws ValidationError with the sentence that StackStorm gives */
export function assertFits(schema: JsonSchema, value: unknown): void {
  const problem = findProblem(schema, value);
  if (problem !== undefined) throw new ValidationError(problem);
}
