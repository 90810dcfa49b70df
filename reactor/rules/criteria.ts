/**
 * Decides whether the criteria of a rule fit a payload. Pure: values of the datastore come from `keyValues`, which may ask
 * for a fetch by throwing (see `withKeyValues`); that exception passes through.
 * Source: `st2reactor/rules/filter.py` and `st2common/util/payload.py`.
 */
import { errorCode, errorMessage } from '../../core/errors.ts';
import { jsonPathFunctions } from '../../core/expressions/functions/jsonpath.ts';
import { isJinjaExpression, renderTemplate } from '../../core/expressions/stackstorm.ts';
import { type KeyValueSource, keyValueRoot } from '../../core/params/key-value-lookup.ts';
import { jsonLoads } from '../../core/python/json.ts';
import { isPlainObject } from '../../core/python/values.ts';
import { findOperator } from './operators.ts';

/** One line of a rule's criteria. */
export interface Criterion {
  readonly type?: unknown;
  readonly pattern?: unknown;
  /** Of `search`. */
  readonly condition?: unknown;
}

/** What a criterion is decided on. */
export interface CriteriaInput {
  readonly payload: unknown;
  readonly keyValues: KeyValueSource;
  readonly decrypt?: (text: string) => string;
  readonly now: Date;
}

/** The criterion that a payload does not fit. */
export interface CriterionMismatch {
  readonly key: string;
  readonly type: unknown;
  readonly pattern: unknown;
  readonly value: unknown;
}

/** A criterion that could not be decided, in the words of StackStorm's enforcement records. */
export class CriterionError extends Error {
  readonly key: string;

  constructor(key: string, message: string, cause: unknown) {
    super(`${message}: ${errorMessage(cause)}`, { cause });
    this.name = 'CriterionError';
    this.key = key;
  }
}

interface Lookup extends CriteriaInput {
  /** `trigger`, or `item` within a search. */
  readonly context: Readonly<Record<string, unknown>>;
}

const TEMPLATE = /(\{\{)\s*(.*)\s*(\}\})/g;

/**
 * The first criterion that the payload does not fit, `undefined` when it fits all.
 * @throws CriterionError for one that cannot be decided; the rule then does not match
 */
export function findMismatch(
  criteria: Readonly<Record<string, unknown>>,
  input: CriteriaInput,
  ruleRef: string,
): CriterionMismatch | undefined {
  const lookup = { ...input, context: contextOf('trigger', input.payload, input.keyValues) };
  for (const [key, criterion] of Object.entries(criteria)) {
    const mismatch = check(key, criterion, lookup, ruleRef);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

function contextOf(prefix: string, payload: unknown, keyValues: KeyValueSource): Lookup['context'] {
  const root = keyValueRoot(keyValues, '');
  return { [prefix]: payload, st2kv: { system: root.system }, system: root.system };
}

function check(key: string, criterion: unknown, lookup: Lookup, ruleRef: string): CriterionMismatch | undefined {
  const { type, pattern: source, condition } = isPlainObject(criterion) ? criterion : ({} as Criterion);
  if (typeof type !== 'string') return { key, type, pattern: source, value: undefined };
  const pattern = attempt(key, `Failed to render pattern value "${String(source)}" for key "${key}"`, () =>
    renderPattern(source, lookup),
  );
  const value = attempt(key, `Failed transforming criteria key ${key}`, () => find(key, lookup.context));
  const fits = attempt(key, `There might be a problem with the criteria in rule ${ruleRef}`, () =>
    type.toLowerCase() === 'search'
      ? search(value, pattern, condition, lookup, ruleRef)
      : findOperator(type)(value, pattern, lookup.now),
  );
  return fits ? undefined : { key, type, pattern, value };
}

function attempt<T>(key: string, message: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (errorCode(error) === 'EFFECT_REQUIRED' || error instanceof CriterionError) throw error;
    throw new CriterionError(key, message, error);
  }
}

/** The first value at a path such as `trigger.body.items[0].name`; `null` when there is none. */
function find(key: string, context: Lookup['context']): unknown {
  const found = jsonPathFunctions.jsonpath_query?.call([context, key], undefined as never);
  return Array.isArray(found) ? (found[0] ?? null) : null;
}

/** A pattern that is one template keeps the type of its value; text around it makes it text. */
function renderPattern(pattern: unknown, { context, decrypt }: Lookup): unknown {
  if (!isJinjaExpression(pattern)) return pattern ?? null;
  const complex = pattern.replace(TEMPLATE, '$1$2 | to_complex$3');
  if (complex !== pattern) {
    try {
      return jsonLoads(renderTemplate(complex, context, { decrypt }));
    } catch (error) {
      if (errorCode(error) === 'EFFECT_REQUIRED') throw error;
      // Not one value but text with values in it: rendered as text below, which reports what is really wrong.
    }
  }
  return renderTemplate(pattern, context, { decrypt });
}

type Quantifier = 'some' | 'every';

/** How many items of the list have to fit, and how many of the criteria each. */
const CONDITIONS: Readonly<Record<string, readonly [items: Quantifier, criteria: Quantifier]>> = {
  any: ['some', 'every'],
  any2all: ['some', 'every'],
  all: ['every', 'every'],
  all2all: ['every', 'every'],
  any2any: ['some', 'some'],
  all2any: ['every', 'some'],
};

function search(value: unknown, pattern: unknown, condition: unknown, lookup: Lookup, ruleRef: string): boolean {
  const quantifiers =
    typeof condition === 'string' && Object.hasOwn(CONDITIONS, condition) ? CONDITIONS[condition] : undefined;
  if (quantifiers === undefined) {
    throw new Error(
      `The '${String(condition ?? 'None')}' search condition is not recognized, only ${Object.keys(CONDITIONS).join(', ')} are allowed`,
    );
  }
  if (!Array.isArray(value)) throw new Error(`'${value === null ? 'NoneType' : typeof value}' object is not iterable`);
  if (!isPlainObject(pattern)) throw new Error('The pattern of a search must be a mapping of criteria.');
  const [items, criteria] = quantifiers;
  return value[items]((item: unknown) => {
    const within = { ...lookup, context: contextOf('item', item, lookup.keyValues) };
    return Object.entries(pattern)[criteria](
      ([key, criterion]) => check(key, criterion, within, ruleRef) === undefined,
    );
  });
}
