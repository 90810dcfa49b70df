import { PythonError } from '../errors.ts';
import { LETTER_ESCAPES } from '../escapes.ts';

/** A part of a replacement: text, or the number of a group. */
export type TemplatePart = string | number;

const PART = /\\(?:g<([^>]*)>|(0[0-7]{0,2}|[1-3][0-7]{2}|[1-9]\d?)|([\s\S]?))/g;
const ESCAPES: Readonly<Record<string, string>> = { ...LETTER_ESCAPES, '\\': '\\' };

/** Reads a replacement of Python's `re.sub`. @throws PythonError of kind `error`, IndexError for an unknown name */
export function parseTemplate(
  template: string,
  groupCount: number,
  names: ReadonlyMap<string, number>,
): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let last = 0;
  for (const match of template.matchAll(PART)) {
    const [whole, name, digits, letter] = match;
    parts.push(template.slice(last, match.index));
    last = match.index + whole.length;
    if (name !== undefined) parts.push(checked(groupOf(name, names), groupCount));
    else if (digits !== undefined) parts.push(isOctal(digits) ? octal(digits) : checked(Number(digits), groupCount));
    else parts.push(escaped(letter ?? '', whole));
  }
  parts.push(template.slice(last));
  return parts.filter((part) => part !== '');
}

function isOctal(digits: string): boolean {
  return digits.startsWith('0') || digits.length === 3;
}

function octal(digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 8));
}

function groupOf(name: string, names: ReadonlyMap<string, number>): number {
  if (/^\d+$/.test(name)) return Number(name);
  const index = names.get(name);
  if (index !== undefined) return index;
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) throw new PythonError('error', `bad character in group name '${name}'`);
  throw new PythonError('IndexError', `unknown group name '${name}'`);
}

function checked(group: number, groupCount: number): number {
  if (group > groupCount) throw new PythonError('error', `invalid group reference ${group}`);
  return group;
}

function escaped(letter: string, whole: string): string {
  if (letter === '') throw new PythonError('error', 'bad escape (end of pattern)');
  const plain = ESCAPES[letter];
  if (plain !== undefined) return plain;
  if (letter === 'g') throw new PythonError('error', 'missing <');
  if (/[A-Za-z]/.test(letter)) throw new PythonError('error', `bad escape \\${letter}`);
  return whole;
}
