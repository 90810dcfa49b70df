/**
 * The lexer of Jinja2 with `trim_blocks` and `lstrip_blocks`, as Mistral and StackStorm configure it.
 * Tokens have the shape that nunjucks' parser consumes. White space control happens here, as in Jinja2, so the tokens
 * carry no `-` signs. nunjucks' own lexer is not used: it has other rules for numbers, escapes, comments and white space.
 */

import { LETTER_ESCAPES } from '../../python/escapes.ts';
import { PyFloat } from '../../python/values.ts';
import { JinjaSyntaxError } from './errors.ts';

export type TokenType =
  | 'data'
  | 'variable-start'
  | 'variable-end'
  | 'block-start'
  | 'block-end'
  | 'symbol'
  | 'string'
  | 'number'
  | 'operator';

/** One token; `lineno` and `colno` count from 0, as nunjucks does. */
export interface Token {
  readonly type: TokenType;
  readonly value: string;
  readonly lineno: number;
  readonly colno: number;
  /** Value of a `number` token: number, bigint or PyFloat. */
  readonly number?: unknown;
}

const OPERATORS = /\/\/|\*\*|==|!=|>=|<=|[+\-/*%~[\](){}><=.:|,;]/y;
const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{L}\p{M}\p{N}\p{Pc}]+/uy;
const STRING = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const SPACE = /\s+/y;
const TAG_START = /\{%([-+]?)\s*raw\s*(?:-%\}\s*|%\})|\{%([-+]?)|\{\{([-+]?)|\{#([-+]?)/g;
const BLOCK_END = /\+%\}|-%\}\s*|%\}\n?/y;
const VARIABLE_END = /-\}\}\s*|\}\}/y;
const COMMENT_END = /\+#\}|-#\}\s*|#\}\n?/g;
const RAW_END = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)/g;
const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

class Lexer {
  readonly tokens: Token[] = [];
  private readonly source: string;
  private position = 0;
  private lineStarting = true;
  private line = 0;
  private lineStart = 0;
  private nextLineEnd: number | undefined;

  constructor(source: string) {
    this.source = source;
  }

  template(): void {
    while (this.position < this.source.length) {
      TAG_START.lastIndex = this.position;
      const match = TAG_START.exec(this.source);
      if (match === null) {
        this.push('data', this.source.slice(this.position), this.position);
        return;
      }
      const text = this.source.slice(this.position, match.index);
      const isVariable = match[3] !== undefined;
      const sign = match[1] ?? match[2] ?? match[3] ?? match[4] ?? '';
      this.data(text, sign, isVariable);
      this.position = match.index + match[0].length;
      if (match[1] !== undefined) this.raw(match[0]);
      else if (match[4] !== undefined) this.comment();
      else this.code(isVariable ? 'variable' : 'block', match.index);
    }
  }

  /** Tokens of one expression; `end` is the delimiter that may end it, or none for a bare expression. */
  code(state: 'variable' | 'block' | 'bare', start: number): void {
    if (state !== 'bare') this.push(`${state}-start`, state === 'block' ? '{%' : '{{', start);
    const brackets: string[] = [];
    while (this.position < this.source.length) {
      const at = this.position;
      if (state !== 'bare' && brackets.length === 0) {
        const end = this.take(state === 'block' ? BLOCK_END : VARIABLE_END);
        if (end !== undefined) {
          this.push(`${state}-end`, state === 'block' ? '%}' : '}}', at);
          this.lineStarting = end.endsWith('\n');
          return;
        }
      }
      this.codeToken(at, brackets);
    }
  }

  private codeToken(at: number, brackets: string[]): void {
    if (this.take(SPACE) !== undefined) return;
    const float = this.take(FLOAT);
    if (float !== undefined) return this.push('number', float, at, floatValue(float));
    const integer = this.take(INTEGER);
    if (integer !== undefined) return this.push('number', integer, at, integerValue(integer));
    const name = this.take(NAME);
    if (name !== undefined) {
      if (!/^[\p{L}\p{Pc}]/u.test(name)) this.fail('Invalid character in identifier', at);
      return this.push('symbol', name, at);
    }
    const string = this.take(STRING);
    if (string !== undefined) return this.push('string', unescapeString(string.slice(1, -1)), at);
    const operator = this.take(OPERATORS);
    if (operator === undefined) this.fail(`unexpected char ${JSON.stringify(this.source[at])} at ${at}`, at);
    const closing = CLOSING[operator];
    if (closing !== undefined) brackets.push(closing);
    else if (operator === '}' || operator === ']' || operator === ')') {
      const expected = brackets.pop();
      if (expected === undefined) this.fail(`unexpected '${operator}'`, at);
      if (expected !== operator) this.fail(`unexpected '${operator}', expected '${expected}'`, at);
    }
    this.push('operator', operator, at);
  }

  private data(text: string, sign: string, isVariable: boolean): void {
    this.push('data', this.strip(text, sign, isVariable), this.position);
  }

  /** White space before a tag: `-` strips all of it, `+` none, else `lstrip_blocks` strips the line's indentation. */
  private strip(text: string, sign: string, isVariable: boolean): string {
    if (sign === '-') return text.trimEnd();
    if (sign === '+' || isVariable) return text;
    const lineStart = text.lastIndexOf('\n') + 1;
    const onOwnLine = lineStart > 0 || this.lineStarting;
    return onOwnLine && text.slice(lineStart).trim() === '' ? text.slice(0, lineStart) : text;
  }

  private comment(): void {
    COMMENT_END.lastIndex = this.position;
    const match = COMMENT_END.exec(this.source);
    if (match === null) this.fail('Missing end of comment tag', this.position);
    this.position = match.index + match[0].length;
    this.lineStarting = match[0].endsWith('\n');
  }

  private raw(begin: string): void {
    this.lineStarting = begin.endsWith('\n');
    RAW_END.lastIndex = this.position;
    const match = RAW_END.exec(this.source);
    if (match === null) this.fail('Missing end of raw directive', this.position);
    const text = this.source.slice(this.position, match.index);
    this.push('data', this.strip(text, match[1] ?? '', false), this.position);
    this.position = match.index + match[0].length;
    this.lineStarting = match[0].endsWith('\n');
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.source);
    if (match === null) return undefined;
    this.position += match[0].length;
    return match[0];
  }

  private push(type: TokenType, value: string, at: number, number?: unknown): void {
    if (type === 'data' && value === '') return;
    this.countLines(at);
    this.tokens.push({ type, value, lineno: this.line, colno: at - this.lineStart, number });
  }

  private countLines(at: number): void {
    for (;;) {
      this.nextLineEnd ??= this.source.indexOf('\n', this.lineStart);
      if (this.nextLineEnd === -1 || this.nextLineEnd >= at) return;
      this.line += 1;
      this.lineStart = this.nextLineEnd + 1;
      this.nextLineEnd = undefined;
    }
  }

  private fail(message: string, at: number): never {
    this.countLines(at);
    throw new JinjaSyntaxError(message, this.line, at - this.lineStart);
  }
}

/** Tokens of a template. One trailing newline is dropped, and line ends become `\n`, as in Jinja2. */
export function lexTemplate(source: string): readonly Token[] {
  const normalized = source.replace(/\r\n?/g, '\n');
  const lexer = new Lexer(normalized.endsWith('\n') ? normalized.slice(0, -1) : normalized);
  lexer.template();
  return lexer.tokens;
}

/** Tokens of one expression without delimiters. */
export function lexExpression(source: string): readonly Token[] {
  const lexer = new Lexer(source);
  lexer.code('bare', 0);
  return lexer.tokens;
}

function floatValue(text: string): unknown {
  const value = Number(text.replaceAll('_', ''));
  return Number.isInteger(value) ? new PyFloat(value) : value;
}

function integerValue(text: string): number | bigint {
  const value = BigInt(text.replaceAll('_', '').replace(/^0+(?=\d)/, ''));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  ...LETTER_ESCAPES,
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** Python's string escapes; an unknown one keeps its backslash. */
function unescapeString(text: string): string {
  if (!text.includes('\\')) return text;
  const pattern = /\\(?:([\n\\'"abfnrtv])|([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8}))/g;
  return text.replace(pattern, (_all, simple?: string, octal?: string, ...hex: (string | undefined)[]) => {
    if (simple !== undefined) return SIMPLE_ESCAPES[simple] ?? '';
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    const code = Number.parseInt(hex[0] ?? hex[1] ?? hex[2] ?? '', 16);
    if (code > 0x10ffff) throw new JinjaSyntaxError('illegal Unicode character in a string', 0, 0);
    return String.fromCodePoint(code);
  });
}
