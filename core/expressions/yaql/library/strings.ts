import { dictEntries } from '../../../python/dict.ts';
import { compareStrings } from '../../../python/equality.ts';
import { PythonError } from '../../../python/errors.ts';
import {
  codePointLength,
  findText,
  replaceText,
  rightSplitText,
  sliceText,
  splitText,
  stripText,
} from '../../../python/text.ts';
import { isPyInt } from '../../../python/values.ts';
import type { Evaluation } from '../evaluation.ts';
import { type AnyOverload, alias, extension, fn, method, optional, required } from '../overload.ts';
import { any, boolean, dict, integer, iterable, nullable, number, string, type YaqlIterable } from '../types.ts';

const pair = [required(string, 'left'), required(string, 'right')] as const;
const text = required(string, 'string');
const orNull = nullable(string);
const flag = nullable(boolean);
const END = Number.MAX_SAFE_INTEGER;

function repeat(value: string, times: number, evaluation: Evaluation): string {
  const count = Math.max(0, times);
  evaluation.charge(value.length * count);
  return value.repeat(count);
}

function joinItems(items: YaqlIterable, separator: string, evaluation: Evaluation): string {
  const parts: string[] = [];
  let length = 0;
  for (const item of items) {
    const part = evaluation.str(item);
    length += part.length + separator.length;
    if (length > evaluation.outputLength) evaluation.charge(length);
    parts.push(part);
  }
  evaluation.charge(length);
  return parts.join(separator);
}

/** The window of `indexOf` with a length: a negative start counts from the end, a negative length means the rest. */
function window(value: string, start: number, length: number): readonly [number, number] {
  const size = codePointLength(value);
  const from = start < 0 ? start + size : start;
  return [from, from + (length < 0 ? size - from : length)];
}

function charged(value: string, evaluation: Evaluation): string {
  evaluation.charge(value.length);
  return value;
}

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const WHITESPACE = ' \t\n\r\v\f';
/** Sets of `characters()`; null marks those that Python 3 does not have any more. */
const CHARACTER_SETS: readonly (readonly [string, string | null])[] = [
  ['digits', DIGITS],
  ['hexdigits', `${DIGITS}abcdefABCDEF`],
  ['asciiLowercase', LOWER],
  ['asciiUppercase', UPPER],
  ['asciiLetters', LOWER + UPPER],
  ['letters', null],
  ['octdigits', '01234567'],
  ['punctuation', PUNCTUATION],
  ['printable', DIGITS + LOWER + UPPER + PUNCTUATION + WHITESPACE],
  ['lowercase', null],
  ['uppercase', null],
  ['whitespace', WHITESPACE],
];

function characters(flags: readonly unknown[]): string[] {
  let all = '';
  for (const [index, [name, members]] of CHARACTER_SETS.entries()) {
    if (flags[index] !== true) continue;
    if (members === null) throw new PythonError('AttributeError', `module 'string' has no attribute '${name}'`);
    all += members;
  }
  return [...new Set(all)];
}

const concat = fn('concat', [], (_args, { rest, evaluation }) => charged(rest.join(''), evaluation), {
  rest: required(string, 'args'),
});

export const strings: readonly AnyOverload[] = [
  fn('#operator_>', pair, ([left, right]) => compareStrings(left, right) > 0),
  fn('#operator_<', pair, ([left, right]) => compareStrings(left, right) < 0),
  fn('#operator_>=', pair, ([left, right]) => compareStrings(left, right) >= 0),
  fn('#operator_<=', pair, ([left, right]) => compareStrings(left, right) <= 0),
  fn('#operator_in', pair, ([left, right]) => right.includes(left)),
  fn('#operator_*', [required(string, 'left'), required(integer, 'right')], ([left, right], { evaluation }) =>
    repeat(left, right, evaluation),
  ),
  fn('#operator_*', [required(integer, 'left'), required(string, 'right')], ([left, right], { evaluation }) =>
    repeat(right, left, evaluation),
  ),
  concat,
  alias(concat, '#operator_+'),
  extension('len', [text], ([value]) => codePointLength(value)),
  method('toLower', [text], ([value]) => value.toLowerCase()),
  method('toUpper', [text], ([value]) => value.toUpperCase()),
  method(
    'split',
    [text, optional(orNull, 'separator', null), optional(integer, 'maxSplits', -1)],
    ([value, separator, limit], { evaluation }) => {
      evaluation.charge(value.length);
      return evaluation.asMutable(splitText(value, separator, limit));
    },
  ),
  method(
    'rightSplit',
    [text, optional(orNull, 'separator', null), optional(integer, 'maxSplits', -1)],
    ([value, separator, limit], { evaluation }) => {
      evaluation.charge(value.length);
      return evaluation.asMutable(rightSplitText(value, separator, limit));
    },
  ),
  method(
    'join',
    [required(iterable, 'sequence'), required(string, 'separator')],
    ([items, separator], { evaluation }) => joinItems(items, separator, evaluation),
  ),
  method(
    'join',
    [required(string, 'separator'), required(iterable, 'sequence')],
    ([separator, items], { evaluation }) => joinItems(items, separator, evaluation),
  ),
  fn('str', [required(any, 'value')], ([value], { evaluation }) => evaluation.str(value)),
  method('trim', [text, optional(orNull, 'chars', null)], ([value, chars]) => stripText(value, chars, 'both')),
  method('trimLeft', [text, optional(orNull, 'chars', null)], ([value, chars]) => stripText(value, chars, 'left')),
  method('trimRight', [text, optional(orNull, 'chars', null)], ([value, chars]) => stripText(value, chars, 'right')),
  extension('norm', [required(orNull, 'string'), optional(orNull, 'chars', null)], ([value, chars]) =>
    value === null ? null : stripText(value, chars, 'both') || null,
  ),
  extension(
    'isEmpty',
    [required(orNull, 'string'), optional(boolean, 'trim', true), optional(orNull, 'chars', null)],
    ([value, trim, chars]) => value === null || (trim ? stripText(value, chars, 'both') : value) === '',
  ),
  method(
    'replace',
    [text, required(string, 'old'), required(string, 'new'), optional(integer, 'count', -1)],
    ([value, old, replacement, count], { evaluation }) => {
      evaluation.charge(
        old === ''
          ? value.length * (replacement.length + 1)
          : (value.length / old.length + 1) * (replacement.length + 1),
      );
      return charged(replaceText(value, old, replacement, count), evaluation);
    },
  ),
  method(
    'replace',
    [text, required(dict, 'replacements'), optional(integer, 'count', -1)],
    ([value, replacements, count], { evaluation }) => {
      let result = value;
      for (const [key, replacement] of dictEntries(replacements)) {
        result = charged(replaceText(result, evaluation.str(key), evaluation.str(replacement), count), evaluation);
      }
      return result;
    },
  ),
  method('substring', [text, required(integer, 'start'), optional(integer, 'length', -1)], ([value, start, length]) => {
    const size = codePointLength(value);
    const from = start < 0 ? start + size : start;
    return sliceText(value, from, from + (length < 0 ? size : length));
  }),
  method('indexOf', [text, required(string, 'sub'), optional(integer, 'start', 0)], ([value, sub, start]) =>
    findText(value, sub, start, END),
  ),
  method(
    'indexOf',
    [text, required(string, 'sub'), required(integer, 'start'), required(integer, 'length')],
    ([value, sub, start, length]) => findText(value, sub, ...window(value, start, length)),
  ),
  method('lastIndexOf', [text, required(string, 'sub'), optional(integer, 'start', 0)], ([value, sub, start]) =>
    findText(value, sub, start, END, true),
  ),
  method(
    'lastIndexOf',
    [text, required(string, 'sub'), required(integer, 'start'), required(integer, 'length')],
    ([value, sub, start, length]) => findText(value, sub, ...window(value, start, length), true),
  ),
  method('toCharArray', [text], ([value], { evaluation }) => {
    evaluation.charge(value.length);
    return [...value];
  }),
  fn(
    'characters',
    CHARACTER_SETS.map(([name]) => optional(flag, name, false)),
    (flags) => characters(flags),
  ),
  fn('isString', [required(any, 'arg')], ([value]) => typeof value === 'string'),
  method('startsWith', [text], ([value], { rest }) => rest.some((prefix) => value.startsWith(prefix)), {
    rest: required(string, 'prefixes'),
  }),
  method('endsWith', [text], ([value], { rest }) => rest.some((suffix) => value.endsWith(suffix)), {
    rest: required(string, 'suffixes'),
  }),
  fn('hex', [required(nullable(number), 'num')], ([value]) => {
    if (!isPyInt(value)) throw new PythonError('TypeError', 'only an integer can be written as hex');
    const digits = BigInt(value).toString(16);
    return digits.startsWith('-') ? `-0x${digits.slice(1)}` : `0x${digits}`;
  }),
];
