/**
 * The expression grammar of Jinja2: precedence, tuples, slices, filters, tests and calls.
 * It reads from a cursor over tokens, which it shares with the parser of the template structure.
 */
import type { BinaryOperator, CallArguments, CompareOperator, Expr } from './ast.ts';
import { JinjaSyntaxError } from './errors.ts';
import type { Token, TokenType } from './lexer.ts';
import { isDeeperThan } from './subexpressions.ts';

/** A position in a token list. `nextToken` and `tags` are what nunjucks' parser asks of its tokenizer. */
export class TokenCursor {
  readonly tags = { VARIABLE_END: '}}', COMMENT_START: '{#', COMMENT_END: '#}', VARIABLE_START: '{{' } as const;
  readonly tokens: readonly Token[];
  index = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  nextToken(): Token | null {
    const token = this.tokens[this.index];
    if (token === undefined) return null;
    this.index += 1;
    return token;
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.index + ahead];
  }
}

const NO_ARGUMENTS: CallArguments = { args: [], kwargs: [] };
const COMPARE = new Set<string>(['==', '!=', '<', '<=', '>', '>=']);
const CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);
/** Deeper nesting is refused, so that parsing and evaluation never exhaust the stack. */
const MAX_DEPTH = 150;
const MAX_HEIGHT = 500;

export class ExpressionParser {
  private readonly cursor: TokenCursor;
  private depth = 0;

  constructor(cursor: TokenCursor) {
    this.cursor = cursor;
  }

  atEnd(): boolean {
    return this.cursor.peek() === undefined;
  }

  /** An expression without top-level commas. */
  expression(withConditional = true): Expr {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) this.fail('the expression is nested too deeply');
    const node = withConditional ? this.conditional() : this.or();
    this.depth -= 1;
    // A long chain such as `1 + 1 + ...` is parsed in a loop, but evaluated as deep as it is long.
    if (this.depth === 0 && isDeeperThan(MAX_HEIGHT, node)) this.fail('the expression is nested too deeply');
    return node;
  }

  /** One or more expressions; several (or a trailing comma) make a tuple. */
  tuple(
    options: { simplified?: boolean; conditional?: boolean; namespace?: boolean; parentheses?: boolean } = {},
  ): Expr {
    const items: Expr[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) this.expect(',');
      if (this.atTupleEnd(options.simplified === true)) break;
      items.push(options.simplified ? this.primary(options.namespace) : this.expression(options.conditional ?? true));
      if (!this.isOperator(',')) break;
      isTuple = true;
    }
    const only = items[0];
    if (!isTuple && only !== undefined) return only;
    if (!isTuple && options.parentheses !== true) this.fail(`Expected an expression, got ${this.describe()}`);
    return { kind: 'tuple', items };
  }

  /** What may stand left of `=` or between `for` and `in`. */
  target(options: { namespace?: boolean } = {}): Expr {
    const node = this.tuple({ simplified: true, namespace: options.namespace === true });
    this.checkAssignable(node);
    return node;
  }

  name(): string {
    const token = this.cursor.peek();
    if (token?.type !== 'symbol') this.fail(`expected token 'name', got ${this.describe()}`);
    this.cursor.index += 1;
    return token.value;
  }

  /** A chain of filters as in `{% filter a | b %}` or `{% set x | a %}`; the first may stand without a pipe. */
  filterChain(startInline: boolean): { readonly name: string; readonly call: CallArguments }[] {
    const filters: { name: string; call: CallArguments }[] = [];
    let inline = startInline;
    while (inline || this.skip('|')) {
      filters.push({ name: this.dottedName(), call: this.isOperator('(') ? this.callArguments() : NO_ARGUMENTS });
      inline = false;
    }
    return filters;
  }

  skip(operator: string): boolean {
    if (!this.isOperator(operator)) return false;
    this.cursor.index += 1;
    return true;
  }

  skipWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.cursor.index += 1;
    return true;
  }

  expect(operator: string): void {
    if (!this.skip(operator)) this.fail(`expected token '${operator}', got ${this.describe()}`);
  }

  isOperator(operator: string, ahead = 0): boolean {
    const token = this.cursor.peek(ahead);
    return token?.type === 'operator' && token.value === operator;
  }

  isWord(word: string, ahead = 0): boolean {
    const token = this.cursor.peek(ahead);
    return token?.type === 'symbol' && token.value === word;
  }

  describe(): string {
    const token = this.cursor.peek();
    if (token === undefined) return "'end of template'";
    if (token.type === 'variable-end') return "'end of print statement'";
    if (token.type === 'block-end') return "'end of statement block'";
    return `'${token.value}'`;
  }

  fail(message: string): never {
    const token = this.cursor.peek() ?? this.cursor.peek(-1);
    throw new JinjaSyntaxError(message, token?.lineno ?? 0, token?.colno ?? 0);
  }

  private is(type: TokenType): boolean {
    return this.cursor.peek()?.type === type;
  }

  private checkAssignable(node: Expr): void {
    if (node.kind === 'nsref') return;
    if (node.kind === 'name') return;
    if (node.kind === 'tuple') return node.items.forEach((item) => void this.checkAssignable(item));
    this.fail(`can't assign to '${node.kind}'`);
  }

  private atTupleEnd(stopAtIn: boolean): boolean {
    if (this.is('variable-end') || this.is('block-end') || this.isOperator(')')) return true;
    return stopAtIn && this.isWord('in');
  }

  private conditional(): Expr {
    let node = this.or();
    while (this.skipWord('if')) {
      const test = this.or();
      const otherwise = this.skipWord('else') ? this.expression() : undefined;
      node = { kind: 'conditional', test, body: node, otherwise };
    }
    return node;
  }

  private or(): Expr {
    let left = this.and();
    while (this.skipWord('or')) left = { kind: 'or', left, right: this.and() };
    return left;
  }

  private and(): Expr {
    let left = this.not();
    while (this.skipWord('and')) left = { kind: 'and', left, right: this.not() };
    return left;
  }

  private not(): Expr {
    let negations = 0;
    while (this.skipWord('not')) negations += 1;
    let node = this.compare();
    for (; negations > 0; negations -= 1) node = { kind: 'unary', operator: 'not', operand: node };
    return node;
  }

  private compare(): Expr {
    const first = this.sum();
    const operands: { operator: CompareOperator; value: Expr }[] = [];
    for (;;) {
      const token = this.cursor.peek();
      if (token?.type === 'operator' && COMPARE.has(token.value)) {
        this.cursor.index += 1;
        operands.push({ operator: token.value as CompareOperator, value: this.sum() });
      } else if (this.skipWord('in')) {
        operands.push({ operator: 'in', value: this.sum() });
      } else if (this.isWord('not') && this.isWord('in', 1)) {
        this.cursor.index += 2;
        operands.push({ operator: 'notin', value: this.sum() });
      } else break;
    }
    return operands.length === 0 ? first : { kind: 'compare', first, operands };
  }

  private sum(): Expr {
    return this.leftAssociative(['+', '-'], () => this.concat());
  }

  private concat(): Expr {
    const first = this.product();
    const parts = [first];
    while (this.skip('~')) parts.push(this.product());
    return parts.length === 1 ? first : { kind: 'concat', parts };
  }

  private product(): Expr {
    return this.leftAssociative(['*', '/', '//', '%'], () => this.power());
  }

  /** `**` associates to the left in Jinja2, unlike in Python. */
  private power(): Expr {
    return this.leftAssociative(['**'], () => this.unary());
  }

  private leftAssociative(operators: readonly BinaryOperator[], operand: () => Expr): Expr {
    let left = operand();
    for (;;) {
      const operator = operators.find((candidate) => this.isOperator(candidate));
      if (operator === undefined) return left;
      this.cursor.index += 1;
      left = { kind: 'binary', operator, left, right: operand() };
    }
  }

  private unary(withFilter = true): Expr {
    let node: Expr;
    const sign = this.isOperator('-') ? '-' : this.isOperator('+') ? '+' : undefined;
    if (sign === undefined) node = this.primary();
    else {
      this.cursor.index += 1;
      this.depth += 1;
      if (this.depth > MAX_DEPTH) this.fail('the expression is nested too deeply');
      node = { kind: 'unary', operator: sign, operand: this.unary(false) };
      this.depth -= 1;
    }
    node = this.postfix(node);
    return withFilter ? this.filters(node) : node;
  }

  private primary(namespace = false): Expr {
    const token = this.cursor.peek();
    if (token === undefined) this.fail("unexpected 'end of template'");
    switch (token.type) {
      case 'symbol':
        this.cursor.index += 1;
        if (CONSTANTS.has(token.value)) return { kind: 'const', value: CONSTANTS.get(token.value) };
        if (namespace && this.skip('.')) return { kind: 'nsref', name: token.value, attribute: this.name() };
        return { kind: 'name', name: token.value };
      case 'string':
        return { kind: 'const', value: this.strings() };
      case 'number':
        this.cursor.index += 1;
        return { kind: 'const', value: token.number };
      case 'operator':
        if (token.value === '(') return this.parenthesized();
        if (token.value === '[') return this.list();
        if (token.value === '{') return this.dict();
    }
    this.fail(`unexpected ${this.describe()}`);
  }

  private strings(): string {
    let text = '';
    for (let token = this.cursor.peek(); token?.type === 'string'; token = this.cursor.peek()) {
      text += token.value;
      this.cursor.index += 1;
    }
    return text;
  }

  private parenthesized(): Expr {
    this.expect('(');
    const node = this.tuple({ parentheses: true });
    this.expect(')');
    return node;
  }

  private list(): Expr {
    this.expect('[');
    const items: Expr[] = [];
    while (!this.isOperator(']')) {
      if (items.length > 0) this.expect(',');
      if (this.isOperator(']')) break;
      items.push(this.expression());
    }
    this.expect(']');
    return { kind: 'list', items };
  }

  private dict(): Expr {
    this.expect('{');
    const pairs: { key: Expr; value: Expr }[] = [];
    while (!this.isOperator('}')) {
      if (pairs.length > 0) this.expect(',');
      if (this.isOperator('}')) break;
      const key = this.expression();
      this.expect(':');
      pairs.push({ key, value: this.expression() });
    }
    this.expect('}');
    return { kind: 'dict', pairs };
  }

  private postfix(start: Expr): Expr {
    let node = start;
    for (;;) {
      if (this.skip('.')) node = this.dotted(node);
      else if (this.skip('[')) node = this.subscript(node);
      else if (this.isOperator('(')) node = { kind: 'call', target: node, call: this.callArguments() };
      else return node;
    }
  }

  private dotted(target: Expr): Expr {
    const token = this.cursor.peek();
    if (token?.type === 'symbol') {
      this.cursor.index += 1;
      return { kind: 'attribute', target, name: token.value };
    }
    if (token?.type !== 'number' || !/^\d+$/.test(token.value)) this.fail('expected name or number');
    this.cursor.index += 1;
    return { kind: 'item', target, key: { kind: 'const', value: token.number } };
  }

  private subscript(target: Expr): Expr {
    const keys: Expr[] = [];
    while (!this.isOperator(']')) {
      if (keys.length > 0) this.expect(',');
      keys.push(this.subscribed());
    }
    this.expect(']');
    const only = keys[0];
    return {
      kind: 'item',
      target,
      key: keys.length === 1 && only !== undefined ? only : { kind: 'tuple', items: keys },
    };
  }

  private subscribed(): Expr {
    const start = this.isOperator(':') ? undefined : this.expression();
    if (!this.skip(':')) {
      if (start === undefined) this.fail('expected an expression');
      return start;
    }
    const stop = this.isOperator(':') || this.atSliceEnd() ? undefined : this.expression();
    const step = this.skip(':') && !this.atSliceEnd() ? this.expression() : undefined;
    return { kind: 'slice', start, stop, step };
  }

  private atSliceEnd(): boolean {
    return this.isOperator(']') || this.isOperator(',');
  }

  private filters(start: Expr): Expr {
    let node = start;
    for (;;) {
      if (this.isOperator('|')) {
        for (const { name, call } of this.filterChain(false)) node = { kind: 'filter', target: node, name, call };
      } else if (this.skipWord('is')) node = this.test(node);
      else if (this.isOperator('(')) node = { kind: 'call', target: node, call: this.callArguments() };
      else return node;
    }
  }

  private test(target: Expr): Expr {
    const negated = this.skipWord('not');
    const name = this.dottedName();
    const node: Expr = { kind: 'test', target, name, call: this.testArguments() };
    return negated ? { kind: 'unary', operator: 'not', operand: node } : node;
  }

  private testArguments(): CallArguments {
    if (this.isOperator('(')) return this.callArguments();
    const token = this.cursor.peek();
    const opens = this.isOperator('[') || this.isOperator('{');
    if (token === undefined || (token.type === 'operator' && !opens) || token.type.endsWith('-end'))
      return NO_ARGUMENTS;
    if (this.isWord('else') || this.isWord('or') || this.isWord('and')) return NO_ARGUMENTS;
    if (this.isWord('is')) this.fail('You cannot chain multiple tests with is');
    return { args: [this.postfix(this.primary())], kwargs: [] };
  }

  private dottedName(): string {
    let name = this.name();
    while (this.skip('.')) name += `.${this.name()}`;
    return name;
  }

  private callArguments(): CallArguments {
    this.expect('(');
    const args: Expr[] = [];
    const kwargs: { name: string; value: Expr }[] = [];
    let dynArgs: Expr | undefined;
    let dynKwargs: Expr | undefined;
    const ensure = (valid: boolean): void => {
      if (!valid) this.fail('invalid syntax for function call expression');
    };
    for (let first = true; !this.isOperator(')'); first = false) {
      if (!first) this.expect(',');
      if (this.isOperator(')')) break;
      if (this.skip('*')) {
        ensure(dynArgs === undefined && dynKwargs === undefined);
        dynArgs = this.expression();
      } else if (this.skip('**')) {
        ensure(dynKwargs === undefined);
        dynKwargs = this.expression();
      } else if (this.is('symbol') && this.isOperator('=', 1)) {
        ensure(dynKwargs === undefined);
        const name = this.name();
        this.expect('=');
        kwargs.push({ name, value: this.expression() });
      } else {
        ensure(dynArgs === undefined && dynKwargs === undefined && kwargs.length === 0);
        args.push(this.expression());
      }
    }
    this.expect(')');
    return { args, kwargs, dynArgs, dynKwargs };
  }
}
