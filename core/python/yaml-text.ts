/** One text as PyYAML's emitter writes it in block context: its style, its quotes and escapes, and where it is folded. */
import { plainScalarKind } from './yaml-scalars.ts';

const WIDTH = 80;
const BREAKS = '\n\x85\u2028\u2029';

/** Where a text stands. */
export interface TextPlace {
  readonly column: number;
  /** Indentation of further lines. */
  readonly indent: number;
  /** Keys are kept on one line. */
  readonly isKey: boolean;
  /** Characters beyond ASCII may be printed. */
  readonly unicode: boolean;
}

export type TextStyle = 'plain' | 'single' | 'double';

export function styleOf(text: string, place: TextPlace): TextStyle {
  const isMultiline = /[\n\x85\u2028\u2029]/.test(text);
  if (text === '') return 'single';
  const special = Array.from(text).some((char) => char !== '\n' && !isPrintable(char, place.unicode));
  const mixesBlanks = / [\n\x85\u2028\u2029]|[\n\x85\u2028\u2029] /.test(text);
  if (special || mixesBlanks) return 'double';
  const isPlain = !isMultiline && !/^ | $/.test(text) && !hasIndicators(text) && plainScalarKind(text) === 'str';
  if (isPlain) return 'plain';
  return place.isKey && isMultiline ? 'double' : 'single';
}

function isPrintable(char: string, unicode: boolean): boolean {
  const code = char.codePointAt(0) ?? 0;
  if (code >= 0x20 && code <= 0x7e) return true;
  if (!unicode || code === 0xfeff) return false;
  if (code === 0x85 || (code >= 0xa0 && code <= 0xd7ff)) return true;
  return (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code < 0x10ffff);
}

/** Whether a text on one line would be read as something else than a plain scalar. */
function hasIndicators(text: string): boolean {
  if (/^(?:---|\.\.\.)/.test(text) || /^[#,[\]{}&*!|>'"%@`]/.test(text)) return true;
  if (/^[?:-](?:[\0 \t\r]|$)/.test(text)) return true;
  return /:(?:[\0 \t\r]|$)|[\0 \t\r]#/.test(text.slice(1)) || /^[\0 \t\r]#/.test(text);
}

export function writeText(text: string, style: TextStyle, place: TextPlace): string {
  switch (style) {
    case 'plain':
      return plain(text, place);
    case 'single':
      return singleQuoted(text, place);
    case 'double':
      return doubleQuoted(text, place);
  }
}

function lineBreak(indent: number): string {
  return `\n${' '.repeat(indent)}`;
}

/** Breaks at single blanks once a line is longer than the width. */
function plain(text: string, place: TextPlace): string {
  let column = place.column;
  let result = '';
  for (const [part] of text.matchAll(/ +|[^ ]+/g)) {
    if (part === ' ' && column > WIDTH && !place.isKey) {
      result += lineBreak(place.indent);
      column = place.indent;
    } else {
      result += part;
      column += Array.from(part).length;
    }
  }
  return result;
}

/** Quotes are doubled; a break in the text is written as one line more. */
function singleQuoted(text: string, place: TextPlace): string {
  let column = place.column + 1;
  let result = "'";
  for (const match of text.matchAll(/ +|[\n\x85\u2028\u2029]+|'|[^ \n\x85\u2028\u2029']+/g)) {
    const part = match[0];
    const end = match.index + part.length;
    if (BREAKS.includes(part.charAt(0))) {
      result += `${part.startsWith('\n') ? '\n' : ''}${part}${' '.repeat(place.indent)}`;
      column = place.indent;
    } else if (part === ' ' && column > WIDTH && !place.isKey && match.index > 0 && end < text.length) {
      result += lineBreak(place.indent);
      column = place.indent;
    } else {
      const written = part === "'" ? "''" : part;
      result += written;
      column += Array.from(written).length;
    }
  }
  return `${result}'`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\0', '0'],
  ['\x07', 'a'],
  ['\x08', 'b'],
  ['\t', 't'],
  ['\n', 'n'],
  ['\x0b', 'v'],
  ['\x0c', 'f'],
  ['\r', 'r'],
  ['\x1b', 'e'],
  ['"', '"'],
  ['\\', '\\'],
  ['\x85', 'N'],
  ['\xa0', '_'],
  ['\u2028', 'L'],
  ['\u2029', 'P'],
]);

/** The escape of a character, or nothing when it is written as it is. */
function escapeOf(char: string, unicode: boolean): string | undefined {
  const code = char.codePointAt(0) ?? 0;
  const isAscii = code >= 0x20 && code <= 0x7e;
  const isKnown = isAscii || (unicode && ((code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd)));
  const mustEscape = char === '"' || char === '\\' || char === '\u2028' || char === '\u2029' || code === 0xfeff;
  if (isKnown && !mustEscape) return undefined;
  const short = ESCAPES.get(char);
  if (short !== undefined) return `\\${short}`;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** PyYAML's own loop, for its folding depends on what it has not written yet. */
function doubleQuoted(text: string, place: TextPlace): string {
  const chars = Array.from(text);
  let result = '"';
  let column = place.column + 1;
  let start = 0;
  const write = (data: string): void => {
    result += data;
    column += Array.from(data).length;
  };
  for (let end = 0; end <= chars.length; end += 1) {
    const char = chars[end];
    const code = char === undefined ? undefined : escapeOf(char, place.unicode);
    if (char === undefined || code !== undefined) {
      if (start < end) {
        write(chars.slice(start, end).join(''));
        start = end;
      }
      if (code !== undefined) {
        write(code);
        start = end + 1;
      }
    }
    const mayFold = end > 0 && end < chars.length - 1 && (char === ' ' || start >= end);
    if (!mayFold || place.isKey || column + (end - start) <= WIDTH) continue;
    write(`${chars.slice(start, end).join('')}\\`);
    if (start < end) start = end;
    result += lineBreak(place.indent);
    column = place.indent;
    if (chars[start] === ' ') write('\\');
  }
  return `${result}"`;
}
