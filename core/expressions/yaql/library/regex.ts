import { PythonError } from '../../../python/errors.ts';
import {
  compileRegex,
  escapeRegex,
  Regex,
  type RegexFlags,
  type RegexMatch,
  regexKey,
  type WorkCounter,
} from '../../../python/regex.ts';
import type { Evaluation } from '../evaluation.ts';
import type { Lambda } from '../lambda.ts';
import { type AnyOverload, type CallContext, fn, method, optional, required } from '../overload.ts';
import { Scope } from '../scope.ts';
import { any, boolean, integer, lazy, lazyOrNull, nullable, regex as regexType, string } from '../types.ts';

const pattern = required(regexType, 'regexp');
const text = required(string, 'string');
const flag = nullable(boolean);
const selector = optional(lazyOrNull, 'selector', null);

/** Steps of the budget for each pattern of an expression. */
const COMPILE_STEPS = 60;
/** Steps of a matcher, or characters, that cost as much as one step of the budget. */
const WORK_PER_STEP = 8;

function compile(source: string, evaluation: Evaluation, flags: RegexFlags = {}): Regex {
  // By what this evaluation has seen: what others have left compiled must not decide whether an expression is within its budget.
  if (evaluation.isNewPattern(regexKey(source, flags))) evaluation.spend(COMPILE_STEPS + source.length);
  return compileRegex(source, flags);
}

function counter(evaluation: Evaluation): WorkCounter {
  return (steps) => evaluation.spend(steps / WORK_PER_STEP);
}

function isFound(regexp: Regex, value: string, evaluation: Evaluation): boolean {
  return regexp.search(value, counter(evaluation)) !== null;
}

function matchRecord(match: RegexMatch, group: number): Record<string, unknown> {
  return { value: match.group(group), start: match.start(group), end: match.end(group) };
}

/** `$` is the whole match, `$2` the first group. Named groups break YAQL's own publishing, which is kept. */
function publishMatch(scope: Scope, match: RegexMatch): void {
  scope.set('1', matchRecord(match, 0));
  for (let group = 1; group <= match.groupCount; group += 1) scope.set(String(group + 1), matchRecord(match, group));
  for (const value of Object.values(match.namedGroups())) {
    const length = value === null ? 0 : [...value].length;
    if (value === null) throw new PythonError('TypeError', 'cannot unpack non-iterable NoneType object');
    if (length !== 3) throw new PythonError('ValueError', 'not enough or too many values to unpack (expected 3)');
    throw new PythonError('IndexError', 'no such group');
  }
}

function* searchAll(
  regexp: Regex,
  value: string,
  select: Lambda | null,
  { scope, evaluation }: CallContext,
): Generator<unknown> {
  for (const match of regexp.matches(value, counter(evaluation))) {
    if (select === null) {
      yield match.group(0);
      continue;
    }
    const inner = new Scope(scope);
    publishMatch(inner, match);
    yield select.callIn(inner);
  }
}

function replaceBy(
  regexp: Regex,
  value: string,
  replacement: Lambda,
  count: number,
  { scope, evaluation }: CallContext,
): string {
  const replaced = (match: RegexMatch): string => {
    publishMatch(scope, match);
    const result = replacement.callIn(new Scope(scope));
    if (typeof result !== 'string') throw new PythonError('TypeError', 'the replacement must be a string');
    evaluation.charge(result.length);
    return result;
  };
  return regexp.replaceWith(value, count, replaced, counter(evaluation));
}

function split(regexp: Regex, value: string, limit: number, evaluation: Evaluation): unknown[] {
  evaluation.charge(value.length);
  return evaluation.asMutable(regexp.split(value, limit, counter(evaluation)));
}

function replace(regexp: Regex, value: string, replacement: string, count: number, evaluation: Evaluation): string {
  const result = regexp.replace(value, replacement, count, evaluation.outputLength, counter(evaluation));
  evaluation.charge(result.length);
  return result;
}

export const regex: readonly AnyOverload[] = [
  fn(
    'regex',
    [
      required(string, 'pattern'),
      optional(flag, 'ignoreCase', false),
      optional(flag, 'multiLine', false),
      optional(flag, 'dotAll', false),
    ],
    ([source, ignoreCase, multiLine, dotAll], { evaluation }) =>
      compile(source, evaluation, {
        ignoreCase: ignoreCase === true,
        multiLine: multiLine === true,
        dotAll: dotAll === true,
      }),
  ),
  fn('isRegex', [required(any, 'value')], ([value]) => value instanceof Regex),
  fn('escapeRegex', [text], ([value]) => escapeRegex(value)),
  method('matches', [pattern, text], ([regexp, value], { evaluation }) => isFound(regexp, value, evaluation)),
  method('matches', [text, required(string, 'regexp')], ([value, source], { evaluation }) =>
    isFound(compile(source, evaluation), value, evaluation),
  ),
  fn('#operator_=~', [text, pattern], ([value, regexp], { evaluation }) => isFound(regexp, value, evaluation)),
  fn('#operator_=~', [text, required(string, 'pattern')], ([value, source], { evaluation }) =>
    isFound(compile(source, evaluation), value, evaluation),
  ),
  fn('#operator_!~', [text, pattern], ([value, regexp], { evaluation }) => !isFound(regexp, value, evaluation)),
  fn(
    '#operator_!~',
    [text, required(string, 'pattern')],
    ([value, source], { evaluation }) => !isFound(compile(source, evaluation), value, evaluation),
  ),
  method('search', [pattern, text, selector], ([regexp, value, select], { scope, evaluation }) => {
    const match = regexp.search(value, counter(evaluation));
    if (match === null) return null;
    if (select === null) return match.group(0);
    const inner = new Scope(scope);
    publishMatch(inner, match);
    return select.callIn(inner);
  }),
  method('searchAll', [pattern, text, selector], ([regexp, value, select], call) =>
    call.evaluation.iterator(searchAll(regexp, value, select, call)),
  ),
  method('split', [pattern, text, optional(integer, 'maxSplit', 0)], ([regexp, value, limit], { evaluation }) =>
    split(regexp, value, limit, evaluation),
  ),
  method('split', [text, pattern, optional(integer, 'maxSplit', 0)], ([value, regexp, limit], { evaluation }) =>
    split(regexp, value, limit, evaluation),
  ),
  method(
    'replace',
    [pattern, text, required(string, 'repl'), optional(integer, 'count', 0)],
    ([regexp, value, replacement, count], { evaluation }) => replace(regexp, value, replacement, count, evaluation),
  ),
  method(
    'replace',
    [text, pattern, required(string, 'repl'), optional(integer, 'count', 0)],
    ([value, regexp, replacement, count], { evaluation }) => replace(regexp, value, replacement, count, evaluation),
  ),
  method(
    'replaceBy',
    [pattern, text, required(lazy, 'repl'), optional(integer, 'count', 0)],
    ([regexp, value, replacement, count], call) => replaceBy(regexp, value, replacement, count, call),
  ),
  method(
    'replaceBy',
    [text, pattern, required(lazy, 'repl'), optional(integer, 'count', 0)],
    ([value, regexp, replacement, count], call) => replaceBy(regexp, value, replacement, count, call),
  ),
];
