/**
 * The path language of the Python package `jsonpath-rw`. From loosest to tightest: `..`, `.`, `|`, `&`, `where`, brackets.
 * Fields may be quoted and listed (`a,'b c'`); `` `this` `` and `` `parent` `` are the named operators.
 */
import { PythonError } from '../../python/errors.ts';

export type JsonPath =
  | { readonly kind: 'root' | 'this' | 'parent' }
  | { readonly kind: 'fields'; readonly names: readonly string[] }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'slice'; readonly start: number | null; readonly stop: number | null }
  | { readonly kind: Operator; readonly left: JsonPath; readonly right: JsonPath };

type Operator = 'descendants' | 'child' | 'union' | 'intersect' | 'where';

interface Token {
  readonly type: 'name' | 'number' | 'named' | 'mark';
  readonly text: string;
}

const TOKEN =
  /\s*(?:([a-zA-Z_@][\w@-]*)|(-?\d+)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`|(\.\.|[*.[\]()$,:|&]))/y;

/** Operators by how tightly they bind, loosest first. */
const LEVELS: readonly { readonly mark: string; readonly kind: Operator }[] = [
  { mark: '..', kind: 'descendants' },
  { mark: '.', kind: 'child' },
  { mark: '|', kind: 'union' },
  { mark: '&', kind: 'intersect' },
  { mark: 'where', kind: 'where' },
];
const MAX_LENGTH = 10_000;
const MAX_DEPTH = 100;

/** @throws PythonError Exception for a path that cannot be parsed */
export function parseJsonPath(source: string): JsonPath {
  return new PathParser(tokenize(source)).path();
}

function tokenize(source: string): readonly Token[] {
  if (source.length > MAX_LENGTH) throw new PythonError('LimitExceeded', 'The JSON path is too long');
  const tokens: Token[] = [];
  const end = source.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null) throw failure(`unexpected character at ${at}`);
    const [, name, number, single, double, named, mark] = match;
    const quoted = single ?? double;
    if (name === 'where') tokens.push({ type: 'mark', text: name });
    else if (name !== undefined) tokens.push({ type: 'name', text: name });
    else if (number !== undefined) tokens.push({ type: 'number', text: number });
    else if (quoted !== undefined) tokens.push({ type: 'name', text: quoted.replace(/\\(.)/gs, '$1') });
    else if (named !== undefined) tokens.push({ type: 'named', text: named.replace(/\\(.)/gs, '$1') });
    else tokens.push({ type: 'mark', text: mark ?? '' });
  }
  return tokens;
}

function failure(reason: string): PythonError {
  return new PythonError('Exception', `The JSON path cannot be parsed: ${reason}`);
}

class PathParser {
  private readonly tokens: readonly Token[];
  private position = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  path(): JsonPath {
    const path = this.level(0);
    if (this.position < this.tokens.length) throw failure(`unexpected '${this.tokens[this.position]?.text}'`);
    return path;
  }

  private level(index: number): JsonPath {
    const operator = LEVELS[index];
    if (operator === undefined) return this.suffixed();
    let left = this.level(index + 1);
    while (this.skip(operator.mark)) left = { kind: operator.kind, left, right: this.level(index + 1) };
    return left;
  }

  private suffixed(): JsonPath {
    let path = this.primary();
    while (this.isMark('[')) path = { kind: 'child', left: path, right: this.bracket() };
    return path;
  }

  private primary(): JsonPath {
    if (this.skip('$')) return { kind: 'root' };
    if (this.skip('*')) return { kind: 'fields', names: ['*'] };
    if (this.isMark('[')) return this.bracket();
    if (this.skip('(')) return this.parenthesized();
    const token = this.tokens[this.position];
    if (token?.type === 'named') {
      this.position += 1;
      if (token.text === 'this' || token.text === 'parent') return { kind: token.text };
      throw failure(`unknown named operator '${token.text}'`);
    }
    if (token?.type === 'name') return this.fields();
    throw this.unexpected(`unexpected '${token?.text}'`);
  }

  private parenthesized(): JsonPath {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw failure('it is nested too deeply');
    const path = this.level(0);
    this.expect(')');
    this.depth -= 1;
    return path;
  }

  private bracket(): JsonPath {
    this.expect('[');
    const path = this.bracketContent();
    this.expect(']');
    return path;
  }

  private bracketContent(): JsonPath {
    if (this.skip('*')) return { kind: 'slice', start: null, stop: null };
    if (this.tokens[this.position]?.type === 'name') return this.fields();
    const start = this.number();
    if (!this.skip(':')) {
      if (start === null) throw this.unexpected('an index is missing');
      return { kind: 'index', index: start };
    }
    return { kind: 'slice', start, stop: this.number() };
  }

  private fields(): JsonPath {
    const names = [this.name()];
    while (this.skip(',')) names.push(this.name());
    return { kind: 'fields', names };
  }

  private name(): string {
    const token = this.tokens[this.position];
    if (token?.type !== 'name') throw this.unexpected('a field name is missing');
    this.position += 1;
    return token.text;
  }

  private number(): number | null {
    const token = this.tokens[this.position];
    if (token?.type !== 'number') return null;
    this.position += 1;
    return Number(token.text);
  }

  private isMark(text: string): boolean {
    const token = this.tokens[this.position];
    return token?.type === 'mark' && token.text === text;
  }

  private skip(text: string): boolean {
    if (!this.isMark(text)) return false;
    this.position += 1;
    return true;
  }

  private expect(text: string): void {
    if (!this.skip(text)) throw this.unexpected(`'${text}' is missing`);
  }

  /** At the end of the path the original trips over the token that is not there, which gives another class. */
  private unexpected(reason: string): PythonError {
    if (this.position < this.tokens.length) return failure(reason);
    return new PythonError('AttributeError', 'The JSON path cannot be parsed: it ends too early');
  }
}
