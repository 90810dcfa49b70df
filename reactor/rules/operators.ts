/**
 * The comparisons of rule criteria. Names, results and errors are those of StackStorm's `st2common/operators.py`, with
 * Python's meaning of equality, order and containment.
 */
import { compareNumbers, parseFloatText } from '../../core/python/arithmetic.ts';
import { parseDateTime } from '../../core/python/date-parser.ts';
import { PyDateTime, PyTimeDelta } from '../../core/python/datetime.ts';
import { dictHas, isDict } from '../../core/python/dict.ts';
import { compareStrings, pyEquals, pyTypeName } from '../../core/python/equality.ts';
import { PythonError } from '../../core/python/errors.ts';
import { compileRegex, type Regex, type RegexFlags } from '../../core/python/regex.ts';
import { isPyNumber, type PyFloat } from '../../core/python/values.ts';
import { wildcardToRegex } from './wildcard.ts';

/** Decides one comparison. `now` is the moment that time differences are taken from. @throws PythonError for values that cannot be compared */
export type Operator = (value: unknown, pattern: unknown, now: Date) => boolean;

const isNone = (value: unknown): value is null | undefined => value === null || value === undefined;

/** No pattern, no match: what most operators do. */
const withPattern =
  (compare: Operator): Operator =>
  (value, pattern, now) =>
    !isNone(pattern) && compare(value, pattern, now);

/** Text of a value that has methods of text. @throws PythonError AttributeError as Python for others */
function textWith(method: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new PythonError('AttributeError', `'${pyTypeName(value)}' object has no attribute '${method}'`);
}

function patternText(method: string, pattern: unknown): string {
  if (typeof pattern === 'string') return pattern;
  throw new PythonError('TypeError', `${method} first arg must be str or a tuple of str, not ${pyTypeName(pattern)}`);
}

/** Python's `item in container`. */
function isIn(item: unknown, container: unknown): boolean {
  if (typeof container === 'string') {
    if (typeof item === 'string') return container.includes(item);
    throw new PythonError('TypeError', `'in <string>' requires string as left operand, not ${pyTypeName(item)}`);
  }
  if (Array.isArray(container)) return container.some((one) => pyEquals(one, item));
  if (isDict(container)) {
    if (Array.isArray(item) || isDict(item))
      throw new PythonError('TypeError', `unhashable type: '${pyTypeName(item)}'`);
    return typeof item === 'string' && dictHas(container, item);
  }
  throw new PythonError('TypeError', `argument of type '${pyTypeName(container)}' is not iterable`);
}

type Orderable = number | bigint | PyFloat;

const toOrderable = (value: unknown): Orderable | undefined => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return isPyNumber(value) ? value : undefined;
};

/** Sign of `left - right`. @throws PythonError TypeError for values without an order */
function order(left: unknown, right: unknown, mark: '<' | '>'): number {
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right);
  const [a, b] = [toOrderable(left), toOrderable(right)];
  if (a !== undefined && b !== undefined) return compareNumbers(a, b);
  if (Array.isArray(left) && Array.isArray(right)) return orderLists(left, right, mark);
  throw new PythonError(
    'TypeError',
    `'${mark}' not supported between instances of '${pyTypeName(left)}' and '${pyTypeName(right)}'`,
  );
}

function orderLists(left: readonly unknown[], right: readonly unknown[], mark: '<' | '>'): number {
  for (const [index, item] of left.entries()) {
    if (index >= right.length) return 1;
    if (!pyEquals(item, right[index])) return order(item, right[index], mark);
  }
  return left.length - right.length;
}

/** `re` refuses values that are no text. */
function matchText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new PythonError('TypeError', 'expected string or bytes-like object');
}

/** Patterns of rules are met again with each occurrence. */
const KEPT_REGEXES = 5_000;
const regexes = new Map<string, Regex>();

function compiled(pattern: unknown, flags: RegexFlags): Regex {
  if (typeof pattern !== 'string')
    throw new PythonError('TypeError', 'first argument must be string or compiled pattern');
  const key = `${flags.dotAll === true}${flags.ignoreCase === true}${pattern}`;
  const known = regexes.get(key);
  if (known !== undefined) return known;
  const regex = compileRegex(pattern, flags);
  if (regexes.size >= KEPT_REGEXES) regexes.clear();
  regexes.set(key, regex);
  return regex;
}

/** Seconds from a date in text until now; a date without a zone is in UTC. */
function secondsSince(value: unknown, now: Date): number {
  if (typeof value !== 'string') {
    throw new PythonError('TypeError', `Parser must be a string or character stream, not ${pyTypeName(value)}`);
  }
  const today = () => PyDateTime.fromClock(BigInt(now.getTime()) * 1000n, new PyTimeDelta(0));
  const then = parseDateTime(value, today);
  return now.getTime() / 1000 - Number(then.epochMicroseconds()) / 1_000_000;
}

/** A period may be text: one from the datastore is. */
const toSeconds = (pattern: unknown) => (typeof pattern === 'string' ? parseFloatText(pattern) : pattern);

const equals = withPattern((value, pattern) => pyEquals(value, pattern));
const nequals: Operator = (value, pattern) => !pyEquals(value, pattern);
const iequals = withPattern(
  (value, pattern) => textWith('lower', value).toLowerCase() === textWith('lower', pattern).toLowerCase(),
);
const contains = withPattern((value, pattern) => isIn(pattern, value));
const ncontains = withPattern((value, pattern) => !isIn(pattern, value));
const icontains = withPattern((value, pattern) =>
  isIn(textWith('lower', pattern).toLowerCase(), textWith('lower', value).toLowerCase()),
);
const incontains = withPattern(
  (value, pattern) => !isIn(textWith('lower', pattern).toLowerCase(), textWith('lower', value).toLowerCase()),
);
const startsWith = withPattern((value, pattern) =>
  textWith('startswith', value).startsWith(patternText('startswith', pattern)),
);
const istartsWith = withPattern((value, pattern) =>
  textWith('lower', value).toLowerCase().startsWith(textWith('lower', pattern).toLowerCase()),
);
const endsWith = withPattern((value, pattern) =>
  textWith('endswith', value).endsWith(patternText('endswith', pattern)),
);
const iendsWith = withPattern((value, pattern) =>
  textWith('lower', value).toLowerCase().endsWith(textWith('lower', pattern).toLowerCase()),
);
const lessThan = withPattern((value, pattern) => order(value, pattern, '<') < 0);
const greaterThan = withPattern((value, pattern) => order(value, pattern, '>') > 0);
const timediffLt = withPattern((value, pattern, now) => order(secondsSince(value, now), toSeconds(pattern), '<') < 0);
const timediffGt = withPattern((value, pattern, now) => order(secondsSince(value, now), toSeconds(pattern), '>') > 0);
const matchWildcard = withPattern(
  (value, pattern) =>
    compiled(wildcardToRegex(matchText(pattern)), { dotAll: true }).fullMatch(matchText(value)) !== null,
);
const matchRegex = withPattern(
  (value, pattern) => compiled(pattern, { dotAll: true }).match(matchText(value)) !== null,
);
const regex = withPattern((value, pattern) => compiled(pattern, {}).search(matchText(value)) !== null);
const iregex = withPattern(
  (value, pattern) => compiled(pattern, { ignoreCase: true }).search(matchText(value)) !== null,
);
const exists: Operator = (value) => !isNone(value);
const nexists: Operator = (value) => isNone(value);
const inside = withPattern((value, pattern) => isIn(value, pattern));
const ninside = withPattern((value, pattern) => !isIn(value, pattern));

/** By the name in a criterion's `type`, in lower case. `search` is in {@link ./criteria.ts}: it needs criteria within. */
export const OPERATORS = {
  matchwildcard: matchWildcard,
  matchregex: matchRegex,
  regex,
  iregex,
  eq: equals,
  equals,
  neq: nequals,
  nequals,
  ieq: iequals,
  iequals,
  contains,
  icontains,
  ncontains,
  incontains,
  startswith: startsWith,
  istartswith: istartsWith,
  endswith: endsWith,
  iendswith: iendsWith,
  lt: lessThan,
  lessthan: lessThan,
  gt: greaterThan,
  greaterthan: greaterThan,
  td_lt: timediffLt,
  timediff_lt: timediffLt,
  td_gt: timediffGt,
  timediff_gt: timediffGt,
  exists,
  nexists,
  inside,
  in: inside,
  ninside,
  nin: ninside,
} as const satisfies Readonly<Record<string, Operator>>;

/** @throws PythonError for a name that is none */
export function findOperator(name: string): Operator {
  const key = name.toLowerCase();
  if (Object.hasOwn(OPERATORS, key)) return OPERATORS[key as keyof typeof OPERATORS];
  throw new PythonError('Exception', `Invalid operator: ${key}`);
}
