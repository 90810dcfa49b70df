/** Python's `json` module: `dumps` with its spacing and `loads` that keeps `2.0` apart from `2`. */

import { type Dict, dictEntries, isDict, setKey } from './dict.ts';
import { compareStrings, pyTypeName } from './equality.ts';
import { PythonError } from './errors.ts';
import { floatRepr } from './repr.ts';
import { PyFloat, toPyFloat, toPyInt } from './values.ts';

/** The arguments of `json.dumps` that matter here, with its defaults. */
export interface JsonDumpOptions {
  /** Spaces of one level; null (the default) prints one line, 0 prints line breaks only. */
  readonly indent?: number | string | null;
  readonly sortKeys?: boolean;
  /** Between items and between key and value; default `[', ', ': ']`, with an indent `[',', ': ']`. */
  readonly separators?: readonly [string, string];
  /** Default true: everything beyond ASCII is escaped. */
  readonly ensureAscii?: boolean;
  /** Turns a value that JSON does not know into one that it knows; without it such a value is a TypeError. */
  readonly default?: (value: unknown) => unknown;
}

interface Writer {
  readonly options: JsonDumpOptions;
  readonly indent: string | null;
  readonly itemSeparator: string;
  readonly keySeparator: string;
  readonly open: Set<object>;
}

/** @throws PythonError TypeError for a value (or a key) that JSON cannot hold, ValueError for a cycle */
export function jsonDumps(value: unknown, options: JsonDumpOptions = {}): string {
  const given = options.indent ?? null;
  const indent = typeof given === 'number' ? ' '.repeat(Math.max(0, given)) : given;
  const [itemSeparator, keySeparator] = options.separators ?? [indent === null ? ', ' : ',', ': '];
  return write(value, { options, indent, itemSeparator, keySeparator, open: new Set() }, 0);
}

function write(value: unknown, writer: Writer, depth: number): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'string') return jsonString(value, writer.options.ensureAscii ?? true);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : jsonFloat(value);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof PyFloat) return jsonFloat(value.value);
  if (typeof value === 'object') return writeContainer(value, writer, depth);
  return writeOther(value, writer, depth);
}

function writeContainer(value: object, writer: Writer, depth: number): string {
  if (!Array.isArray(value) && !isDict(value)) return writeOther(value, writer, depth);
  if (writer.open.has(value)) throw new PythonError('ValueError', 'Circular reference detected');
  writer.open.add(value);
  const text = Array.isArray(value)
    ? bracket(
        '[',
        ']',
        value.map((item) => write(item, writer, depth + 1)),
        writer,
        depth,
      )
    : bracket('{', '}', writeEntries(value, writer, depth + 1), writer, depth);
  writer.open.delete(value);
  return text;
}

function writeOther(value: unknown, writer: Writer, depth: number): string {
  if (writer.options.default === undefined) {
    throw new PythonError('TypeError', `Object of type ${pyTypeName(value)} is not JSON serializable`);
  }
  return write(writer.options.default(value), writer, depth);
}

function writeEntries(dict: Dict, writer: Writer, depth: number): string[] {
  let entries = dictEntries(dict).map(([key, item]) => [jsonKey(key), item] as const);
  if (writer.options.sortKeys === true) entries = entries.sort(([a], [b]) => compareStrings(a, b));
  const ensureAscii = writer.options.ensureAscii ?? true;
  return entries.map(([key, item]) => jsonString(key, ensureAscii) + writer.keySeparator + write(item, writer, depth));
}

function jsonKey(key: unknown): string {
  if (typeof key === 'string') return key;
  if (key === null) return 'null';
  if (typeof key === 'boolean') return String(key);
  if (typeof key === 'bigint' || Number.isSafeInteger(key)) return String(key);
  if (typeof key === 'number') return jsonFloat(key);
  if (key instanceof PyFloat) return jsonFloat(key.value);
  throw new PythonError('TypeError', `keys must be str, int, float, bool or None, not ${pyTypeName(key)}`);
}

function bracket(open: string, close: string, items: readonly string[], writer: Writer, depth: number): string {
  if (items.length === 0) return open + close;
  if (writer.indent === null) return open + items.join(writer.itemSeparator) + close;
  const inner = `\n${writer.indent.repeat(depth + 1)}`;
  return `${open}${inner}${items.join(writer.itemSeparator + inner)}\n${writer.indent.repeat(depth)}${close}`;
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatRepr(value);
}

/** A string in double quotes; Python escapes DEL only when it escapes all that is not ASCII. */
export function jsonString(value: string, ensureAscii: boolean): string {
  const quoted = JSON.stringify(value).replace(/\\u(d[89a-f][0-9a-f]{2})/g, (_, code: string) =>
    ensureAscii ? `\\u${code}` : String.fromCharCode(Number.parseInt(code, 16)),
  );
  if (!ensureAscii) return quoted;
  return quoted.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Options of {@link jsonLoads}. */
export interface JsonLoadOptions {
  /** Refuse `NaN` and the infinities, which Python's module accepts. */
  readonly strictNumbers?: boolean;
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in strings
const PLAIN_TEXT = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
];
const ODD_NUMBERS: readonly (readonly [string, number])[] = [
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const MAX_DEPTH = 900;

/** Parses JSON as Python's `json.loads`. @throws PythonError JSONDecodeError with line and column */
export function jsonLoads(text: string, options: JsonLoadOptions = {}): unknown {
  return new JsonReader(text, options).document();
}

class JsonReader {
  readonly #text: string;
  readonly #strictNumbers: boolean;
  #position = 0;
  #depth = 0;

  constructor(text: string, options: JsonLoadOptions) {
    this.#text = text;
    this.#strictNumbers = options.strictNumbers === true;
  }

  document(): unknown {
    this.#skipSpace();
    const value = this.#value();
    this.#skipSpace();
    if (this.#position < this.#text.length) throw this.#error('Extra data');
    return value;
  }

  #value(): unknown {
    const first = this.#text[this.#position];
    if (first === '"') return this.#string();
    if (first === '{') return this.#nested(() => this.#object());
    if (first === '[') return this.#nested(() => this.#array());
    for (const [word, value] of this.#strictNumbers ? WORDS : [...WORDS, ...ODD_NUMBERS]) {
      if (!this.#text.startsWith(word, this.#position)) continue;
      this.#position += word.length;
      return value;
    }
    return this.#number();
  }

  #nested(read: () => unknown): unknown {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw this.#error('The document is nested too deeply');
    this.#position += 1;
    this.#skipSpace();
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #object(): unknown {
    const result: Record<string, unknown> = {};
    if (this.#take('}')) return result;
    for (;;) {
      if (this.#text[this.#position] !== '"') throw this.#error('Expecting property name enclosed in double quotes');
      const key = this.#string();
      this.#skipSpace();
      if (!this.#take(':')) throw this.#error("Expecting ':' delimiter");
      this.#skipSpace();
      setKey(result, key, this.#value());
      this.#skipSpace();
      if (this.#take('}')) return result;
      if (!this.#take(',')) throw this.#error("Expecting ',' delimiter");
      this.#skipSpace();
    }
  }

  #array(): unknown {
    const result: unknown[] = [];
    if (this.#take(']')) return result;
    for (;;) {
      result.push(this.#value());
      this.#skipSpace();
      if (this.#take(']')) return result;
      if (!this.#take(',')) throw this.#error("Expecting ',' delimiter");
      this.#skipSpace();
    }
  }

  #number(): unknown {
    NUMBER.lastIndex = this.#position;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw this.#error('Expecting value');
    this.#position = NUMBER.lastIndex;
    if (match[1] !== undefined || match[2] !== undefined) return toPyFloat(Number(match[0]));
    const value = Number(match[0]);
    return Number.isSafeInteger(value) ? value + 0 : toPyInt(BigInt(match[0]));
  }

  #string(): string {
    const start = this.#position;
    this.#position += 1;
    let result = '';
    for (;;) {
      PLAIN_TEXT.lastIndex = this.#position;
      result += PLAIN_TEXT.exec(this.#text)?.[0] ?? '';
      this.#position = PLAIN_TEXT.lastIndex;
      const character = this.#text[this.#position];
      if (character === undefined) throw this.#error('Unterminated string', start);
      this.#position += 1;
      if (character === '"') return result;
      if (character !== '\\') throw this.#error('Invalid control character', this.#position - 1);
      result += this.#escape();
    }
  }

  #escape(): string {
    const character = this.#text[this.#position] ?? '';
    this.#position += 1;
    if (character === 'u') {
      const digits = this.#text.slice(this.#position, this.#position + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#error('Invalid \\uXXXX escape');
      this.#position += 4;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const plain = ESCAPES[character];
    if (plain === undefined) throw this.#error('Invalid \\escape', this.#position - 2);
    return plain;
  }

  #take(character: string): boolean {
    if (this.#text[this.#position] !== character) return false;
    this.#position += 1;
    return true;
  }

  #skipSpace(): void {
    SPACE.lastIndex = this.#position;
    SPACE.exec(this.#text);
    this.#position = SPACE.lastIndex;
  }

  #error(message: string, position = this.#position): PythonError {
    const before = this.#text.slice(0, position);
    const line = before.split('\n').length;
    const column = position - before.lastIndexOf('\n');
    return new PythonError('JSONDecodeError', `${message}: line ${line} column ${column} (char ${position})`);
  }
}
