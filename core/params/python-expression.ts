/** Tells whether a text is an expression of Python, without evaluating it: enough of the grammar for error messages. */

const TOKEN =
  /\s*(?:([rRbBuUfF]{0,2}(?:'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"))|(0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[jJ]?)|([\p{L}_][\p{L}\p{N}_]*)|(\*\*|\/\/|<<|>>|<=|>=|==|!=|\.\.\.|[-+*/%@&|^~<>()[\]{}.,:]))/uy;
const BINARY = new Set([
  ...'+-*/%@&|^<>',
  '**',
  '//',
  '<<',
  '>>',
  '<=',
  '>=',
  '==',
  '!=',
  'and',
  'or',
  'in',
  'is',
  'not',
]);
const UNARY = ['-', '+', '~', 'not'];
const KEYWORDS = new Set([
  ...['and', 'as', 'assert', 'async', 'await', 'break', 'class', 'continue', 'def', 'del', 'elif', 'else', 'except'],
  ...['finally', 'for', 'from', 'global', 'if', 'import', 'in', 'is', 'lambda', 'nonlocal', 'not', 'or', 'pass'],
  ...['raise', 'return', 'try', 'while', 'with', 'yield'],
]);
const BRACKETS = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
] as const;
const MAX_DEPTH = 200;

interface Token {
  readonly kind: 'string' | 'number' | 'name' | 'mark';
  readonly text: string;
}

/** True when Python could parse the text; comprehensions and lambdas are not recognized. */
export function isPythonExpression(text: string): boolean {
  const tokens = tokenize(text);
  return tokens !== undefined && new Recognizer(tokens).accepts();
}

function tokenize(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const end = text.replace(/(?:^|\s)#[^\n]*$/, '').trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    if (match === null) return undefined;
    const [, string, number, name, mark] = match;
    if (string !== undefined) tokens.push({ kind: 'string', text: string });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else tokens.push({ kind: 'mark', text: mark ?? '' });
  }
  return tokens;
}

class Recognizer {
  private readonly tokens: readonly Token[];
  private position = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  accepts(): boolean {
    return this.tokens.length > 0 && this.list(undefined) && this.position === this.tokens.length;
  }

  private at(...texts: readonly string[]): boolean {
    const token = this.tokens[this.position];
    return token !== undefined && token.kind !== 'string' && texts.includes(token.text);
  }

  private skip(...texts: readonly string[]): boolean {
    if (!this.at(...texts)) return false;
    this.position += 1;
    return true;
  }

  /** Expressions between commas, up to a closing bracket that is left. Pairs and unpacking count within brackets. */
  private list(close: string | undefined): boolean {
    if (close !== undefined && this.at(close)) return true;
    for (;;) {
      if (close !== undefined) this.skip('*', '**');
      if (!this.expression() || (close === '}' && this.skip(':') && !this.expression())) return false;
      if (!this.skip(',')) return true;
      if (this.position === this.tokens.length || (close !== undefined && this.at(close))) return true;
    }
  }

  private expression(): boolean {
    this.depth += 1;
    if (this.depth > MAX_DEPTH || !this.operand()) return false;
    while (this.operator()) if (!this.operand()) return false;
    this.depth -= 1;
    if (!this.skip('if')) return true;
    return this.expression() && this.skip('else') && this.expression();
  }

  /** A binary operator. One that nothing follows leaves the operand to fail. */
  private operator(): boolean {
    const token = this.tokens[this.position];
    if (token === undefined || token.kind === 'string' || !BINARY.has(token.text)) return false;
    this.position += 1;
    if (token.text === 'not') return this.skip('in');
    if (token.text === 'is') this.skip('not');
    return true;
  }

  private operand(): boolean {
    while (this.skip(...UNARY));
    return this.primary() && this.trailers();
  }

  private primary(): boolean {
    const token = this.tokens[this.position];
    if (token === undefined) return false;
    for (const [open, close] of BRACKETS) if (this.skip(open)) return this.list(close) && this.skip(close);
    this.position += 1;
    if (token.kind === 'string') {
      while (this.tokens[this.position]?.kind === 'string') this.position += 1;
      return true;
    }
    if (token.kind === 'number') return !/^0+[1-9]\d*$/.test(token.text);
    return token.kind === 'name' ? !KEYWORDS.has(token.text) : token.text === '...';
  }

  private trailers(): boolean {
    for (;;) {
      if (this.skip('.')) {
        const token = this.tokens[this.position];
        if (token?.kind !== 'name' || KEYWORDS.has(token.text)) return false;
        this.position += 1;
      } else if (this.skip('(')) {
        if (!this.list(')') || !this.skip(')')) return false;
      } else if (this.skip('[')) {
        if (!this.list(']') || !this.skip(']')) return false;
      } else return true;
    }
  }
}
