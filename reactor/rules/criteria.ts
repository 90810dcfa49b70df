/**
 * Decides whether the criteria of a rule fit a payload. Pure: values of the datastore come from `keyValues`, which may ask
 * for a fetch by throwing (see `withKeyValues`); that exception passes through.
 * Source: `st2reactor/rules/filter.py` and `st2common/util/payload.py`.
 */
import { errorCode, errorMessage } from '../../core/errors.ts';
import { jsonPathFunctions } from '../../core/expressions/functions/jsonpath.ts';
import { isJinjaExpression, renderTemplate } from '../../core/expressions/stackstorm.ts';
import { type KeyValueSource, keyValueRoot } from '../../core/params/key-value-lookup.ts';
import { dictGet, dictHas, isDict } from '../../core/python/dict.ts';
import { jsonLoads } from '../../core/python/json.ts';
import { isPlainObject } from '../../core/python/values.ts';
import { findOperator, OPERATORS, type Operator } from './operators.ts';

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

/** A criterion with all that does not depend on a payload worked out: a rule is judged far more often than it is written. */
export interface CompiledCriterion {
  readonly key: string;
  readonly type: unknown;
  readonly pattern: unknown;
  readonly condition: unknown;
  /** The pattern has to be rendered each time. */
  readonly isTemplate: boolean;
  /** The names in a key such as `trigger.body.name`; absent for keys with more to them than names. */
  readonly names: readonly string[] | undefined;
  /** Absent for `search`, and for a type that is none. */
  readonly compare: Operator | undefined;
}

const NAMES = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;
/** Words of the path language. */
const RESERVED = new Set(['parent', 'where']);

/** Works out what does not depend on a payload. */
export function compileCriteria(criteria: Readonly<Record<string, unknown>>): readonly CompiledCriterion[] {
  return Object.entries(criteria).map(([key, criterion]) => {
    const { type, pattern, condition } = isPlainObject(criterion) ? criterion : ({} as Criterion);
    const names = NAMES.test(key) ? key.split('.') : undefined;
    const operator = typeof type === 'string' && Object.hasOwn(OPERATORS, type.toLowerCase());
    return {
      key,
      type,
      pattern,
      condition,
      isTemplate: isJinjaExpression(pattern),
      names: names?.some((name) => RESERVED.has(name)) === true ? undefined : names,
      compare: operator ? findOperator(type) : undefined,
    };
  });
}

/** What criteria look into: one payload, with what was found in it so far. All rules of a trigger share it. */
export class Subject {
  readonly input: CriteriaInput;
  readonly context: Readonly<Record<string, unknown>>;
  private readonly found = new Map<string, unknown>();

  /** @param prefix `trigger`, or `item` within a search */
  constructor(input: CriteriaInput, prefix: 'trigger' | 'item', payload: unknown) {
    const { system } = keyValueRoot(input.keyValues, '');
    this.input = input;
    this.context = { [prefix]: payload, st2kv: { system }, system };
  }

  /** The first value at the key of a criterion; `null` when there is none. */
  value(criterion: Pick<CompiledCriterion, 'key' | 'names'>): unknown {
    const { key, names } = criterion;
    const known = this.found.get(key);
    if (known !== undefined) return known;
    const value = names === undefined ? this.query(key) : this.follow(names);
    this.found.set(key, value);
    return value;
  }

  private follow(names: readonly string[]): unknown {
    let value: unknown = this.context;
    for (const name of names) {
      if (!isDict(value) || !dictHas(value, name)) return null;
      value = dictGet(value, name);
    }
    return value ?? null;
  }

  private query(key: string): unknown {
    const found = jsonPathFunctions.jsonpath_query?.call([this.context, key], undefined as never);
    return Array.isArray(found) ? (found[0] ?? null) : null;
  }
}

const TEMPLATE = /(\{\{)\s*(.*)\s*(\}\})/g;

/**
 * The first criterion that the payload does not fit, `undefined` when it fits all.
 * @throws CriterionError for one that cannot be decided; the rule then does not match
 */
export function findMismatch(
  criteria: readonly CompiledCriterion[],
  subject: Subject,
  ruleRef: string,
): CriterionMismatch | undefined {
  for (const criterion of criteria) {
    const mismatch = check(criterion, subject, ruleRef);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

function check(criterion: CompiledCriterion, subject: Subject, ruleRef: string): CriterionMismatch | undefined {
  const { key, type, pattern: source, compare } = criterion;
  if (typeof type !== 'string') return { key, type, pattern: source, value: undefined };
  let message = () => `Failed to render pattern value "${String(source)}" for key "${key}"`;
  try {
    const pattern = criterion.isTemplate ? renderPattern(String(source), subject) : (source ?? null);
    message = () => `Failed transforming criteria key ${key}`;
    const value = subject.value(criterion);
    message = () => `There might be a problem with the criteria in rule ${ruleRef}`;
    const fits =
      compare === undefined
        ? checkOther(criterion, value, pattern, subject, ruleRef)
        : compare(value, pattern, subject.input.now);
    return fits ? undefined : { key, type, pattern, value };
  } catch (error) {
    if (errorCode(error) === 'EFFECT_REQUIRED' || error instanceof CriterionError) throw error;
    throw new CriterionError(key, message(), error);
  }
}

/** @throws PythonError for a type that is none */
function checkOther(criterion: CompiledCriterion, value: unknown, pattern: unknown, subject: Subject, ruleRef: string) {
  const type = String(criterion.type);
  return type.toLowerCase() === 'search'
    ? search(value, pattern, criterion.condition, subject, ruleRef)
    : findOperator(type)(value, pattern, subject.input.now);
}

/** A pattern that is one template keeps the type of its value; text around it makes it text. */
function renderPattern(pattern: string, { context, input: { decrypt } }: Subject): unknown {
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

function search(value: unknown, pattern: unknown, condition: unknown, subject: Subject, ruleRef: string): boolean {
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
  const compiled = compileCriteria(pattern);
  // What cannot be decided of one item (a field that it lacks) does not fit; the others may still decide the search.
  let undecided: CriterionError | undefined;
  const fits = (criterion: CompiledCriterion, within: Subject): boolean => {
    try {
      return check(criterion, within, ruleRef) === undefined;
    } catch (error) {
      if (!(error instanceof CriterionError)) throw error;
      undecided ??= error;
      return false;
    }
  };
  const isFound = value[items]((item: unknown) => {
    const within = new Subject(subject.input, 'item', item);
    return compiled[criteria]((criterion) => fits(criterion, within));
  });
  if (!isFound && undecided !== undefined) throw undecided;
  return isFound;
}
