/** Python's string methods where they differ from JavaScript's: indices count code points, defaults are other. */
import { PythonError } from './errors.ts';

const SURROGATE = /[\ud800-\udfff]/;
/** The characters that Python's `str.isspace` accepts. */
const SPACE_CLASS = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const SPACES = new RegExp(`[${SPACE_CLASS}]+`, 'g');
const LEADING_SPACE = new RegExp(`^[${SPACE_CLASS}]+`);

/** True when code points and UTF-16 units are not the same in that text. */
export function hasSurrogates(text: string): boolean {
  return SURROGATE.test(text);
}

export function codePointLength(text: string): number {
  if (!hasSurrogates(text)) return text.length;
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** Number of code points before an index of UTF-16 units. */
export function toCodePointIndex(text: string, index: number): number {
  return hasSurrogates(text) ? codePointLength(text.slice(0, index)) : index;
}

/** Bounds of a Python slice, clipped to the length. */
export function sliceBounds(length: number, start: number, end: number): readonly [number, number] {
  const clip = (index: number) => Math.min(length, Math.max(0, index < 0 ? index + length : index));
  return [clip(start), clip(end)];
}

/** Python's `text[start:end]`. */
export function sliceText(text: string, start: number, end: number): string {
  if (!hasSurrogates(text)) return text.slice(...sliceBounds(text.length, start, end));
  const points = [...text];
  return points.slice(...sliceBounds(points.length, start, end)).join('');
}

/** Python's `find` (or `rfind`) within `text[start:end]`; -1 when it is not there. */
export function findText(text: string, part: string, start: number, end: number, last = false): number {
  const length = codePointLength(text);
  const [from, to] = sliceBounds(length, start, end);
  if (start > length || from > to) return -1;
  const window = sliceText(text, from, to);
  const index = last ? window.lastIndexOf(part) : window.indexOf(part);
  return index < 0 ? -1 : from + toCodePointIndex(window, index);
}

/** Python's `split` (`limit` negative: no limit). @throws PythonError ValueError for an empty separator */
export function splitText(text: string, separator: string | null, limit: number): string[] {
  if (separator === null) return splitOnSpace(text, limit);
  if (separator === '') throw new PythonError('ValueError', 'empty separator');
  const parts = text.split(separator);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}

function splitOnSpace(text: string, limit: number): string[] {
  const parts: string[] = [];
  let rest = text.replace(LEADING_SPACE, '');
  while (rest !== '') {
    if (limit >= 0 && parts.length === limit) {
      parts.push(rest);
      break;
    }
    SPACES.lastIndex = 0;
    const match = SPACES.exec(rest);
    if (match === null) {
      parts.push(rest);
      break;
    }
    parts.push(rest.slice(0, match.index));
    rest = rest.slice(SPACES.lastIndex);
  }
  return parts;
}

/** Python's `rsplit`. @throws PythonError ValueError for an empty separator */
export function rightSplitText(text: string, separator: string | null, limit: number): string[] {
  if (limit < 0) return splitText(text, separator, limit);
  if (separator === null) {
    const mirrored = splitOnSpace(reverseText(text), limit);
    return mirrored.map(reverseText).reverse();
  }
  const parts = splitText(text, separator, -1);
  if (parts.length <= limit + 1) return parts;
  const cut = parts.length - limit;
  return [parts.slice(0, cut).join(separator), ...parts.slice(cut)];
}

function reverseText(text: string): string {
  return [...text].reverse().join('');
}

/** Python's `strip`, `lstrip` and `rstrip`: of white space, or of any of the characters given. */
export function stripText(text: string, characters: string | null, side: 'both' | 'left' | 'right'): string {
  const points = hasSurrogates(text) || (characters !== null && hasSurrogates(characters)) ? [...text] : text;
  const strip = characters === null ? isSpace : (character: string) => characters.includes(character);
  let start = 0;
  let end = points.length;
  if (side !== 'right') while (start < end && strip(points[start] ?? '')) start += 1;
  if (side !== 'left') while (end > start && strip(points[end - 1] ?? '')) end -= 1;
  return typeof points === 'string' ? points.slice(start, end) : points.slice(start, end).join('');
}

function isSpace(character: string): boolean {
  SPACES.lastIndex = 0;
  return SPACES.test(character);
}

/** Python's `replace(old, new, count)`; a negative count replaces all. */
export function replaceText(text: string, old: string, replacement: string, count: number): string {
  if (count < 0)
    return old === '' ? replaceEmpty(text, replacement, Number.POSITIVE_INFINITY) : text.split(old).join(replacement);
  if (old === '') return replaceEmpty(text, replacement, count);
  const parts = text.split(old);
  if (parts.length - 1 <= count) return parts.join(replacement);
  return [...parts.slice(0, count), parts.slice(count).join(old)].join(replacement);
}

function replaceEmpty(text: string, replacement: string, count: number): string {
  let result = '';
  let done = 0;
  for (const character of text) {
    if (done < count) {
      result += replacement;
      done += 1;
    }
    result += character;
  }
  return done < count ? result + replacement : result;
}
