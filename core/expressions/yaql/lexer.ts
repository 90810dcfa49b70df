import { LETTER_ESCAPES } from '../../python/escapes.ts';
import { toPyFloat, toPyInt } from '../../python/values.ts';
import { characterByName } from './character-names.ts';
import { YaqlSyntaxError } from './errors.ts';

/** `operator` covers symbols and the words `and`, `or`, `not`, `in`, `mod`; `punctuation` is one of `()],}[{` and `=>`. */
export type TokenKind = 'constant' | 'word' | 'function' | 'variable' | 'operator' | 'punctuation' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Name, operator or punctuation mark. */
  readonly text: string;
  /** Value of a constant. */
  readonly value: unknown;
  /** Where it begins, in UTF-16 units. */
  readonly position: number;
}

const SPACE = /[ \t\r\n]*/y;
const VARIABLE = /\$([\p{L}\p{N}\p{M}_]*)/uy;
const DIGITS = /\p{Nd}+/uy;
const FRACTION = /\.\p{Nd}+/uy;
const OTHER_DIGIT = /(?![0-9])\p{Nd}/gu;
const ANY_DIGIT = /^\p{Nd}$/u;
const WORD_CHARACTER = /[\p{L}\p{N}\p{M}_]/uy;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{N}\p{M}_]*/uy;
const QUOTED = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/uy;
const SYMBOL = /\?\.|=~|!~|->|>=|<=|!=|=>|[.+\-*/><=()\]},[{]/y;
const PUNCTUATION = new Set(['(', ')', ']', ',', '}', '[', '{', '=>']);
const WORD_OPERATORS = new Set(['and', 'or', 'not', 'in', 'mod']);
const WORD_CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const ESCAPE = /\\U[^\n]{8}|\\u[^\n]{4}|\\x[^\n]{2}|\\[0-7]{1,3}|\\N\{[^}]+\}|\\[\\'"abfnrtv]/gu;
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = { ...LETTER_ESCAPES, '\\': '\\', "'": "'", '"': '"' };

/** Reads one token after the other; a wrong character is only found when the parser gets there, as in YAQL. */
export class Lexer {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** @throws YaqlSyntaxError of kind YaqlLexicalException */
  next(): Token {
    this.#match(SPACE);
    const position = this.#position;
    if (position >= this.#text.length) return { kind: 'end', text: '', value: null, position };
    const variable = this.#match(VARIABLE);
    if (variable !== null) return { kind: 'variable', text: variable[1] ?? '', value: null, position };
    return this.#number(position) ?? this.#name(position) ?? this.#quoted(position) ?? this.#symbol(position);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#position = pattern.lastIndex;
    return match;
  }

  #number(position: number): Token | undefined {
    const text = this.#digits();
    if (text === undefined) return undefined;
    const digits = text.replace(OTHER_DIGIT, asciiDigit);
    const value = digits.includes('.') ? toPyFloat(Number(digits)) : toPyInt(BigInt(digits));
    return { kind: 'constant', text, value, position };
  }

  /** No letter may follow; then the fraction, or all of it, is no number. Takes one pass over the digits. */
  #digits(): string | undefined {
    const start = this.#position;
    if (this.#match(DIGITS) === null) return undefined;
    const whole = this.#position;
    for (const end of this.#match(FRACTION) === null ? [whole] : [this.#position, whole]) {
      this.#position = end;
      WORD_CHARACTER.lastIndex = end;
      if (!WORD_CHARACTER.test(this.#text)) return this.#text.slice(start, end);
    }
    this.#position = start;
    return undefined;
  }

  #name(position: number): Token | undefined {
    const match = this.#match(NAME);
    if (match === null) return undefined;
    const text = match[0];
    if (this.#text[this.#position] === '(') {
      this.#position += 1;
      return { kind: 'function', text, value: null, position };
    }
    if (text.startsWith('__')) throw this.#illegal(position);
    if (WORD_OPERATORS.has(text)) return { kind: 'operator', text, value: null, position };
    if (WORD_CONSTANTS.has(text)) return { kind: 'constant', text, value: WORD_CONSTANTS.get(text), position };
    return { kind: 'word', text, value: text, position };
  }

  #quoted(position: number): Token | undefined {
    const match = this.#match(QUOTED);
    if (match === null) return undefined;
    const [text, single, double, verbatim] = match;
    const value =
      verbatim === undefined ? decodeEscapes(single ?? double ?? '', position) : verbatim.replaceAll('\\`', '`');
    return { kind: 'constant', text, value, position };
  }

  #symbol(position: number): Token {
    const match = this.#match(SYMBOL);
    if (match === null) throw this.#illegal(position);
    const text = match[0];
    return { kind: PUNCTUATION.has(text) ? 'punctuation' : 'operator', text, value: null, position };
  }

  #illegal(position: number): YaqlSyntaxError {
    const character = String.fromCodePoint(this.#text.codePointAt(position) ?? 0);
    return new YaqlSyntaxError(
      'YaqlLexicalException',
      `Lexical error: illegal character '${character}' at position ${position}`,
      position,
    );
  }
}

/** Digits of every script count, as in Python; Unicode has them in rows of ten. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (ANY_DIGIT.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((code - zero) % 10);
}

function decodeEscapes(text: string, position: number): string {
  if (!text.includes('\\')) return text;
  return text.replace(ESCAPE, (sequence) => decodeEscape(sequence, position));
}

function decodeEscape(sequence: string, position: number): string {
  const mark = sequence[1] ?? '';
  const simple = SIMPLE_ESCAPES[mark];
  if (simple !== undefined) return simple;
  if (mark === 'N') {
    const named = characterByName(sequence.slice(3, -1));
    if (named === undefined) throw badEscape(sequence, position);
    return named;
  }
  if (mark >= '0' && mark <= '7') return String.fromCodePoint(Number.parseInt(sequence.slice(1), 8));
  const digits = sequence.slice(2);
  const code = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
  if (!(code <= 0x10ffff)) throw badEscape(sequence, position);
  return String.fromCodePoint(code);
}

function badEscape(sequence: string, position: number): YaqlSyntaxError {
  return new YaqlSyntaxError(
    'YaqlLexicalException',
    `The sequence ${sequence} in the string at position ${position} is wrong`,
    position,
  );
}
