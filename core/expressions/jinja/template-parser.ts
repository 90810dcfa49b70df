/**
 * Parses Jinja templates. nunjucks' parser walks the template structure (data, prints, `if`, nesting of blocks) over tokens
 * of our lexer; expressions and the statements in which Jinja2 differs from nunjucks (`for ... if`, `set` of
 * attributes, `with`, macro signatures) are parsed here. nunjucks' compiler is not used: it would generate JavaScript.
 */
import nunjucks from 'nunjucks/browser/nunjucks.js';
import type { Expr, MacroParameter, Statement } from './ast.ts';
import { JinjaSyntaxError } from './errors.ts';
import { ExpressionParser, TokenCursor } from './expression-parser.ts';
import { lexExpression, lexTemplate } from './lexer.ts';

const OTHER_TEMPLATE_TAGS = new Set(['include', 'import', 'from', 'extends']);
const MAX_BLOCK_DEPTH = 60;
/** `if` in `if`, and `elif` after `elif`, which is an `if` in an `else`. */
const MAX_IF_DEPTH = 200;

class TemplateParser extends nunjucks.parser.Parser {
  private readonly cursor: TokenCursor;
  private readonly expressions: ExpressionParser;
  private depth = 0;
  private ifDepth = 0;

  constructor(cursor: TokenCursor) {
    super(cursor);
    this.cursor = cursor;
    this.expressions = new ExpressionParser(cursor);
  }

  override fail(message: string, lineno?: number, colno?: number): never {
    const token = this.peeked ?? this.cursor.peek() ?? this.cursor.peek(-1);
    throw new JinjaSyntaxError(message, lineno ?? token?.lineno ?? 0, colno ?? token?.colno ?? 0);
  }

  override parseExpression(): Expr {
    this.unpeek();
    return this.expressions.tuple();
  }

  /** Called by nunjucks after `{%`. Gives nothing where an enclosing block ends. */
  override parseStatement(): unknown {
    const tag = this.peekToken();
    if (tag === null) this.fail('unexpected end of template');
    if (tag.type !== 'symbol') this.fail('tag name expected', tag.lineno, tag.colno);
    if (this.breakOnBlocks?.includes(tag.value)) return null;
    if (tag.value === 'if') return this.parseIf();
    const parse = this.statements.get(tag.value);
    if (parse === undefined) this.fail(`Encountered unknown tag '${tag.value}'.`, tag.lineno, tag.colno);
    this.unpeek();
    this.cursor.index += 1;
    this.depth += 1;
    if (this.depth > MAX_BLOCK_DEPTH) this.fail('blocks are nested too deeply');
    const statement = parse();
    this.depth -= 1;
    return statement;
  }

  override parseIf(): unknown {
    this.ifDepth += 1;
    if (this.ifDepth > MAX_IF_DEPTH) this.fail('blocks are nested too deeply');
    const node = super.parseIf();
    this.ifDepth -= 1;
    return node;
  }

  private readonly statements: ReadonlyMap<string, () => Statement> = new Map<string, () => Statement>([
    ['for', () => this.forLoop()],
    ['set', () => this.assignment()],
    ['macro', () => this.macro()],
    ['call', () => this.callBlock()],
    ['filter', () => this.filterBlock()],
    ['with', () => this.withBlock()],
    ['block', () => this.namedBlock()],
    ['print', () => this.print()],
    ...[...OTHER_TEMPLATE_TAGS].map((tag): [string, () => Statement] => [tag, () => this.otherTemplate(tag)]),
  ]);

  private forLoop(): Statement {
    const { expressions } = this;
    const target = expressions.target();
    if (!expressions.skipWord('in')) this.fail(`expected token 'in', got ${expressions.describe()}`);
    const iterable = expressions.tuple({ conditional: false });
    const test = expressions.skipWord('if') ? expressions.expression() : undefined;
    const recursive = expressions.skipWord('recursive');
    this.advanceAfterBlockEnd('for');
    const body = this.body('endfor', 'else');
    const otherwise = this.closesWith('else') ? this.body('endfor') : [];
    this.closesWith('endfor');
    return { kind: 'for', target, iterable, test, recursive, body, otherwise };
  }

  private assignment(): Statement {
    const { expressions } = this;
    const target = expressions.target({ namespace: true });
    if (expressions.skip('=')) {
      const value = expressions.tuple();
      this.advanceAfterBlockEnd('set');
      return { kind: 'set', target, value };
    }
    const filters = expressions.filterChain(false);
    this.advanceAfterBlockEnd('set');
    return { kind: 'set-block', target, filters, body: this.closedBody('endset') };
  }

  private macro(): Statement {
    const name = this.expressions.name();
    const parameters = this.signature();
    this.advanceAfterBlockEnd('macro');
    return { kind: 'macro', name, parameters, body: this.closedBody('endmacro') };
  }

  private callBlock(): Statement {
    const parameters = this.expressions.isOperator('(') ? this.signature() : [];
    const call = this.expressions.expression();
    if (call.kind !== 'call') this.fail('expected call');
    this.advanceAfterBlockEnd('call');
    return { kind: 'call-block', call, parameters, body: this.closedBody('endcall') };
  }

  private filterBlock(): Statement {
    const filters = this.expressions.filterChain(true);
    this.advanceAfterBlockEnd('filter');
    return { kind: 'filter-block', filters, body: this.closedBody('endfilter') };
  }

  private withBlock(): Statement {
    const bindings: { target: Expr; value: Expr }[] = [];
    while (this.cursor.peek()?.type !== 'block-end') {
      if (bindings.length > 0) this.expressions.expect(',');
      const target: Expr = { kind: 'name', name: this.expressions.name() };
      this.expressions.expect('=');
      bindings.push({ target, value: this.expressions.expression() });
    }
    this.advanceAfterBlockEnd('with');
    return { kind: 'with', bindings, body: this.closedBody('endwith') };
  }

  private namedBlock(): Statement {
    const name = this.expressions.name();
    this.expressions.skipWord('scoped');
    this.advanceAfterBlockEnd('block');
    const body = this.body('endblock');
    this.unpeek();
    this.expressions.skipWord('endblock');
    this.expressions.skipWord(name);
    this.advanceAfterBlockEnd('endblock');
    return { kind: 'block', name, body };
  }

  private print(): Statement {
    const parts = [this.expressions.expression()];
    while (this.expressions.skip(',')) parts.push(this.expressions.expression());
    this.advanceAfterBlockEnd('print');
    return { kind: 'output', value: { kind: 'concat', parts } };
  }

  private otherTemplate(tag: string): Statement {
    this.expressions.expression();
    while (this.cursor.peek() !== undefined && this.cursor.peek()?.type !== 'block-end') this.cursor.index += 1;
    this.advanceAfterBlockEnd(tag);
    return { kind: 'other-template', tag };
  }

  private signature(): MacroParameter[] {
    const { expressions } = this;
    const parameters: MacroParameter[] = [];
    expressions.expect('(');
    while (!expressions.isOperator(')')) {
      if (parameters.length > 0) expressions.expect(',');
      const name = expressions.name();
      if (expressions.skip('=')) parameters.push({ name, fallback: expressions.expression() });
      else if (parameters.at(-1)?.fallback !== undefined) this.fail('non-default argument follows default argument');
      else parameters.push({ name });
    }
    expressions.expect(')');
    return parameters;
  }

  /** Statements up to one of the named tags, which is left for the caller. */
  private body(...ends: string[]): readonly Statement[] {
    const body = toStatements(this.parseUntilBlocks(...ends));
    const token = this.peekToken();
    if (token === null) this.fail(`Unexpected end of template. Jinja was looking for: ${ends.join(' or ')}.`);
    return body;
  }

  private closedBody(end: string): readonly Statement[] {
    const body = this.body(end);
    this.closesWith(end);
    return body;
  }

  private closesWith(tag: string): boolean {
    this.unpeek();
    if (!this.expressions.skipWord(tag)) return false;
    this.advanceAfterBlockEnd(tag);
    return true;
  }

  /** Gives a token that nunjucks looked at back to the cursor that we share with it. */
  private unpeek(): void {
    if (this.peeked === null) return;
    this.peeked = null;
    this.cursor.index -= 1;
  }
}

/** Parses a template. @throws JinjaSyntaxError with the line and column */
export function parseTemplate(source: string): readonly Statement[] {
  return toStatements(new TemplateParser(new TokenCursor(lexTemplate(source))).parseAsRoot());
}

/** Parses an expression that stands without delimiters. @throws JinjaSyntaxError */
export function parseExpression(source: string): Expr {
  const parser = new ExpressionParser(new TokenCursor(lexExpression(source)));
  const expression = parser.expression();
  if (!parser.atEnd()) throw new JinjaSyntaxError('chunk after expression', 0, 0);
  return expression;
}

interface StructureNode {
  readonly kind?: string;
  readonly typename?: string;
  readonly children?: readonly StructureNode[];
  readonly value?: unknown;
  readonly cond?: unknown;
  readonly body?: StructureNode;
  readonly else_?: StructureNode | null;
}

/** nunjucks' structure nodes as our statements; statements of our own pass. */
function toStatements(node: unknown): readonly Statement[] {
  const structure = node as StructureNode | null | undefined;
  if (structure === null || structure === undefined) return [];
  if (structure.kind !== undefined) return [structure as unknown as Statement];
  switch (structure.typename) {
    case 'Root':
    case 'NodeList':
      return (structure.children ?? []).flatMap(toStatements);
    case 'Output':
      return (structure.children ?? []).map(toOutput);
    case 'If':
      return [
        {
          kind: 'if',
          test: structure.cond as Expr,
          body: toStatements(structure.body),
          otherwise: toStatements(structure.else_),
        },
      ];
  }
  throw new JinjaSyntaxError(`unsupported template structure ${String(structure.typename)}`, 0, 0);
}

function toOutput(node: StructureNode): Statement {
  if (node.typename === 'TemplateData') return { kind: 'data', text: String(node.value) };
  return { kind: 'output', value: node as unknown as Expr };
}
