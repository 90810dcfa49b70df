/**
 * One scalar as PyYAML writes it in block context: plain where that reads back as the same text, else in single quotes, else
 * (control and non-ASCII characters, blanks at line ends) in double quotes; folded behind the first word past column 80.
 */
import { plainScalarKind } from '../parse/yaml-scalars.ts';

const WIDTH = 80;
const BREAK_OR_BLANK = /^[\0 \t\r\n\x85\u2028\u2029]?$/u;

/** How far a scalar may be folded: where it starts, how its further lines are indented, and whether it is a mapping's key. */
export interface ScalarPlace {
  readonly column: number;
  readonly indent: number;
  readonly isKey: boolean;
}

export type ScalarStyle = 'plain' | 'single' | 'double';

/** The style of a text; keys are kept on one line. */
export function textStyle(text: string, isKey: boolean): ScalarStyle {
  const facts = analyze(text);
  if (facts.plain && plainScalarKind(text) === 'str') return 'plain';
  return facts.single && !(isKey && text.includes('\n')) ? 'single' : 'double';
}

/** A text in its style. */
export function dumpText(text: string, place: ScalarPlace): string {
  switch (textStyle(text, place.isKey)) {
    case 'plain':
      return foldPlain(text, place);
    case 'single':
      return foldSingle(text, place);
    case 'double':
      return foldDouble(text, place);
  }
}

/** Which styles keep a text as it is. */
function analyze(text: string): { readonly plain: boolean; readonly single: boolean } {
  const printable = /^[\n\x20-\x7e]*$/.test(text);
  const blankThenBreak = text.includes(' \n');
  const breakThenBlank = text.includes('\n ');
  const single = printable && !blankThenBreak && !breakThenBlank;
  const plain = single && !/^[ \n]|[ \n]$|\n/.test(text) && !hasIndicators(text);
  return { plain, single };
}

/** Whether a text on one line would be taken for something else than a plain scalar. */
function hasIndicators(text: string): boolean {
  if (/^(?:---|\.\.\.)/.test(text) || /^[#,[\]{}&*!|>'"%@`]/.test(text)) return true;
  if (/^[?:-]/.test(text) && BREAK_OR_BLANK.test(text[1] ?? '')) return true;
  return /:(?: |$)| #/.test(text);
}

function newLine(indent: number): string {
  return `\n${' '.repeat(indent)}`;
}

/** Breaks at single blanks once a line is longer than the width. */
function foldPlain(text: string, place: ScalarPlace): string {
  return foldWords(text, place, text.length);
}

/** The common part: words and runs of blanks; `end` is the index where no break may be made any more. */
function foldWords(text: string, place: ScalarPlace, end: number): string {
  let column = place.column;
  let result = '';
  for (const match of text.matchAll(/ +|[^ ]+/g)) {
    const part = match[0];
    const after = match.index + part.length;
    if (part === ' ' && !place.isKey && column > WIDTH && match.index > 0 && after < end) {
      result += newLine(place.indent);
      column = place.indent;
    } else {
      result += part;
      column += part.length;
    }
  }
  return result;
}

/** As plain, with quotes doubled; a line break in the text becomes an empty line more than it is long. */
function foldSingle(text: string, place: ScalarPlace): string {
  let column = place.column + 1;
  let result = "'";
  for (const match of text.matchAll(/ +|\n+|'|[^ \n']+/g)) {
    const part = match[0];
    const after = match.index + part.length;
    if (part.startsWith('\n')) {
      result += `\n${part}${' '.repeat(place.indent)}`;
      column = place.indent;
    } else if (part === ' ' && !place.isKey && column > WIDTH && match.index > 0 && after < text.length) {
      result += newLine(place.indent);
      column = place.indent;
    } else {
      const written = part === "'" ? "''" : part;
      result += written;
      column += written.length;
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

function escaped(char: string): string | undefined {
  const short = ESCAPES.get(char);
  if (short !== undefined) return `\\${short}`;
  if (/^[\x20-\x7e]$/.test(char)) return undefined;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Breaks before a blank or near an escape, with a backslash; a blank at the start of a line is escaped. */
function foldDouble(text: string, place: ScalarPlace): string {
  const chars = Array.from(text);
  let column = place.column + 1;
  let result = '"';
  let pending = '';
  const flush = (): void => {
    result += pending;
    column += pending.length;
    pending = '';
  };
  for (const [index, char] of chars.entries()) {
    const code = escaped(char);
    if (code !== undefined) {
      flush();
      result += code;
      column += code.length;
    }
    const mayBreak = index > 0 && index < chars.length - 1 && !place.isKey && (char === ' ' || pending === '');
    // Behind an escape the line may be one column longer.
    const width = code === undefined ? pending.length : -1;
    if (mayBreak && column + width > WIDTH) {
      result += `${pending}\\${newLine(place.indent)}`;
      pending = '';
      column = place.indent;
      const next = code === undefined ? char : chars[index + 1];
      if (next === ' ') {
        result += '\\';
        column += 1;
      }
    }
    if (code === undefined) pending += char;
  }
  flush();
  return `${result}"`;
}
