/** Python's `ast.literal_eval`: literals of Python's values, nothing else. */
import { parseFloatText, parseInteger } from '../python/arithmetic.ts';
import { createDict } from '../python/dict.ts';
import { PythonError } from '../python/errors.ts';
import { LETTER_ESCAPES } from '../python/escapes.ts';
import { isPyNumber, PyFloat, PySet, toPyTuple } from '../python/values.ts';
import { isPythonExpression } from './python-expression.ts';

const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['None', null],
  ['True', true],
  ['False', false],
]);
const MAX_DEPTH = 100;
const SPACE = /(?:[ \t\r\n]|#[^\n]*)*/y;
const NUMBER = /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d+(?:_\d+)*\.?\d*|\.\d[\d_]*)(?:[eE][-+]?\d+)?/y;
const WORD = /[A-Za-z_]\w*/y;
const STRING = /[rRuU]{0,2}(?:'''[\s\S]*?'''|"""[\s\S]*?"""|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*")/y;
const ESCAPE = /\\(?:(\n)|([\\'"abfnrtv])|([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8}))/g;

/** @throws PythonError SyntaxError for what is no expression, ValueError for an expression that is no literal */
export function parsePythonLiteral(text: string): unknown {
  const reader = new LiteralReader(text.trimStart());
  const first = reader.value(0);
  return reader.end(first);
}

class LiteralReader {
  private readonly text: string;
  private position = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The value, or a tuple when commas follow without parentheses. */
  end(first: unknown): unknown {
    const items = [first];
    let isTuple = false;
    while (this.skip(',')) {
      isTuple = true;
      if (this.atEnd()) break;
      items.push(this.value(0));
    }
    if (!this.atEnd()) this.fail();
    return isTuple ? toPyTuple(items) : first;
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) this.fail();
    if (this.skip('-')) return this.negative(this.unsigned(depth));
    if (this.skip('+')) return this.unsigned(depth);
    if (this.skip('[')) return this.items(']', depth).items;
    if (this.skip('(')) {
      const { items, hadComma } = this.items(')', depth);
      return items.length === 1 && !hadComma ? items[0] : toPyTuple(items);
    }
    if (this.skip('{')) return this.braces(depth);
    const string = this.take(STRING);
    if (string !== undefined) return this.strings(string);
    const number = this.take(NUMBER);
    if (number !== undefined) return numberValue(number);
    const word = this.take(WORD);
    if (word === undefined || !WORDS.has(word)) this.fail();
    return WORDS.get(word);
  }

  /** What may follow a sign: a number without one. */
  private unsigned(depth: number): unknown {
    if (this.skip('-') || this.skip('+')) this.fail();
    const value = this.value(depth + 1);
    return isPyNumber(value) ? value : this.fail();
  }

  private items(close: string, depth: number): { readonly items: unknown[]; readonly hadComma: boolean } {
    const items: unknown[] = [];
    let hadComma = false;
    while (!this.skip(close)) {
      items.push(this.value(depth + 1));
      if (this.skip(',')) hadComma = true;
      else if (this.skip(close)) break;
      else this.fail();
    }
    return { items, hadComma };
  }

  private braces(depth: number): unknown {
    if (this.skip('}')) return {};
    const first = this.value(depth + 1);
    if (!this.skip(':')) {
      const rest = this.skip(',') ? this.items('}', depth).items : this.closed('}');
      return new PySet([first, ...rest]);
    }
    const entries: [unknown, unknown][] = [[first, this.value(depth + 1)]];
    while (!this.skip('}')) {
      if (!this.skip(',')) this.fail();
      if (this.skip('}')) break;
      const key = this.value(depth + 1);
      if (!this.skip(':')) this.fail();
      entries.push([key, this.value(depth + 1)]);
    }
    return createDict(entries);
  }

  private closed(close: string): [] {
    if (!this.skip(close)) this.fail();
    return [];
  }

  private strings(first: string): string {
    let text = stringValue(first);
    for (let next = this.take(STRING); next !== undefined; next = this.take(STRING)) text += stringValue(next);
    return text;
  }

  private negative(value: unknown): unknown {
    if (value instanceof PyFloat) return new PyFloat(-value.value);
    if (typeof value === 'bigint') return -value;
    if (typeof value !== 'number') this.fail();
    return Number.isInteger(value) ? 0 - value : -value;
  }

  private atEnd(): boolean {
    this.take(SPACE);
    return this.position >= this.text.length;
  }

  private skip(mark: string): boolean {
    SPACE.lastIndex = this.position;
    this.position += SPACE.exec(this.text)?.[0].length ?? 0;
    if (!this.text.startsWith(mark, this.position)) return false;
    this.position += mark.length;
    return true;
  }

  private take(pattern: RegExp): string | undefined {
    if (pattern !== SPACE) this.take(SPACE);
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.position += match[0].length;
    return match[0];
  }

  private fail(): never {
    const kind = isPythonExpression(this.text) ? 'ValueError' : 'SyntaxError';
    throw new PythonError(kind, `malformed literal: ${this.text.slice(0, 100)}`);
  }
}

function numberValue(text: string): unknown {
  const plain = text.replaceAll('_', '');
  if (/^0[xob]/i.test(plain)) return parseInteger(String(BigInt(plain)));
  if (/[.eE]/.test(plain)) return parseFloatText(plain);
  if (/^0+[1-9]/.test(plain)) throw new PythonError('SyntaxError', `leading zeros in ${text}`);
  return parseInteger(plain);
}

function stringValue(token: string): string {
  const [, prefix = '', quote = "'"] = /^([a-zA-Z]*)('''|"""|'|")/.exec(token) ?? [];
  const body = token.slice(prefix.length + quote.length, -quote.length);
  if (/r/i.test(prefix)) return body;
  return body.replace(ESCAPE, (_all, newline, simple, octal, ...hex) => {
    if (newline !== undefined) return '';
    if (simple !== undefined) return LETTER_ESCAPES[simple as string] ?? (simple as string);
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal as string, 8));
    return String.fromCodePoint(Number.parseInt((hex[0] ?? hex[1] ?? hex[2]) as string, 16));
  });
}
