/**
 * YAQL's grammar by precedence climbing. Levels (1 binds tightest) are those of YAQL's own operator table:
 * `.` `?.`; index; sign; `=~` `!~`; `*` `/` `mod`; `+` `-`; comparisons; `not`; `and`; `or`; `->`.
 */
import {
  type ArgumentNode,
  CallNode,
  ConstantNode,
  DotNode,
  type ExpressionNode,
  GroupNode,
  LogicNode,
  OmittedNode,
  RuleNode,
  VariableNode,
} from './ast.ts';
import { YaqlSyntaxError } from './errors.ts';
import { Lexer, type Token } from './lexer.ts';

const INDEX_LEVEL = 2;
const CALL_LEVEL = 0;
const LOOSEST = 12;
/** Keeps the recursion of parser and evaluator far from the end of the stack. */
const MAX_DEPTH = 250;

interface BinaryOperator {
  readonly level: number;
  readonly right?: boolean;
  /** Name of the function behind the operator, when it is not `#operator_` and the symbol. */
  readonly name?: string;
}

const BINARY: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ['.', { level: 1 }],
  ['?.', { level: 1 }],
  ['=~', { level: 4 }],
  ['!~', { level: 4 }],
  ['*', { level: 5 }],
  ['/', { level: 5 }],
  ['mod', { level: 5 }],
  ['+', { level: 6 }],
  ['-', { level: 6 }],
  ['>', { level: 7 }],
  ['<', { level: 7 }],
  ['>=', { level: 7 }],
  ['<=', { level: 7 }],
  ['!=', { level: 7, name: '*not_equal' }],
  ['=', { level: 7, name: '*equal' }],
  ['in', { level: 7 }],
  ['and', { level: 9 }],
  ['or', { level: 10 }],
  ['->', { level: 11, right: true }],
]);
const PREFIX: ReadonlyMap<string, number> = new Map([
  ['+', 3],
  ['-', 3],
  ['not', 8],
]);

/** Parses one expression. With `delegates` a value can be called (`$f(1)`). @throws YaqlSyntaxError */
export function parseExpression(source: string, delegates: boolean): ExpressionNode {
  return new Parser(source, delegates).document();
}

class Parser {
  readonly #source: string;
  readonly #delegates: boolean;
  readonly #lexer: Lexer;
  #token: Token;
  #depth = 0;

  constructor(source: string, delegates: boolean) {
    this.#source = source;
    this.#delegates = delegates;
    this.#lexer = new Lexer(source);
    this.#token = this.#lexer.next();
  }

  document(): ExpressionNode {
    const node = this.#expression(LOOSEST);
    if (this.#token.kind !== 'end') throw this.#unexpected();
    return node;
  }

  /** Reads an expression whose operators all bind tighter than `limit`. */
  #expression(limit: number): ExpressionNode {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) {
      throw new YaqlSyntaxError('YaqlGrammarException', 'The expression is nested too deeply', this.#token.position);
    }
    let left = this.#prefix();
    for (;;) {
      const next = this.#infix(left, limit);
      if (next === undefined) break;
      left = next;
    }
    this.#depth -= 1;
    return left;
  }

  #infix(left: ExpressionNode, limit: number): ExpressionNode | undefined {
    const { kind, text, position } = this.#token;
    if (kind === 'punctuation') {
      if (text === '[' && INDEX_LEVEL < limit) {
        this.#advance();
        return new CallNode('#indexer', [left, ...this.#args(']')], position);
      }
      if (text === '(' && this.#delegates && CALL_LEVEL < limit) {
        this.#advance();
        return new CallNode('#call', [left, ...this.#args(')')], position, true);
      }
      return undefined;
    }
    if (kind !== 'operator') return undefined;
    const operator = BINARY.get(text);
    if (operator === undefined || operator.level >= limit) return undefined;
    this.#advance();
    const right = this.#expression(operator.right === true ? operator.level + 1 : operator.level);
    return binaryNode(text, operator, left, right, position);
  }

  #prefix(): ExpressionNode {
    const { kind, text, value, position } = this.#token;
    if (kind === 'operator') {
      const level = PREFIX.get(text);
      if (level === undefined) throw this.#unexpected();
      this.#advance();
      // A prefix operator takes everything that binds at least as tight as itself, so `- -x` is possible.
      return new CallNode(`#unary_operator_${text}`, [this.#expression(level)], position);
    }
    if (kind === 'punctuation') return this.#bracketed(text, position);
    if (kind === 'end') throw this.#unexpected();
    this.#advance();
    if (kind === 'function') return new CallNode(text.replace(/_+$/, ''), this.#args(')'), position, true);
    if (kind === 'variable') return new VariableNode(text, position);
    return new ConstantNode(value, position, kind === 'word');
  }

  #bracketed(text: string, position: number): ExpressionNode {
    if (text !== '(' && text !== '[' && text !== '{') throw this.#unexpected();
    this.#advance();
    if (text === '[') return new CallNode('#list', this.#args(']'), position);
    if (text === '{') return new CallNode('#map', this.#args('}'), position);
    const inner = this.#expression(LOOSEST);
    this.#expect(')');
    return new GroupNode(inner, position);
  }

  /** Arguments up to the closing mark: positional ones, which can be left out, then `name => value` pairs. */
  #args(close: string): ArgumentNode[] {
    const args: ArgumentNode[] = [];
    if (this.#take(close)) return args;
    let named = false;
    for (;;) {
      const argument = this.#argument(named);
      if (argument.kind === 'rule' && !named) this.#checkBeforeNamed(args);
      named ||= argument.kind === 'rule';
      args.push(argument);
      if (argument.kind !== 'omitted' && this.#take(close)) return args;
      this.#expect(',');
    }
  }

  #argument(named: boolean): ArgumentNode {
    const { position } = this.#token;
    if (!named && this.#is(',')) return new OmittedNode(position);
    const value = this.#expression(LOOSEST);
    if (this.#is('=>')) {
      this.#advance();
      return new RuleNode(value, this.#expression(LOOSEST), position);
    }
    if (named) throw this.#unexpected();
    return value;
  }

  /** The grammar allows one omitted argument right before the named ones, when a value precedes it. */
  #checkBeforeNamed(args: readonly ArgumentNode[]): void {
    if (args.at(-1)?.kind !== 'omitted') return;
    const before = args.at(-2);
    if (before === undefined || before.kind === 'omitted') throw this.#unexpected();
  }

  #is(mark: string): boolean {
    return this.#token.kind === 'punctuation' && this.#token.text === mark;
  }

  #take(mark: string): boolean {
    if (!this.#is(mark)) return false;
    this.#advance();
    return true;
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) throw this.#unexpected();
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #unexpected(): YaqlSyntaxError {
    const { kind, text, position } = this.#token;
    if (kind === 'end') {
      return new YaqlSyntaxError('YaqlGrammarException', 'Parse error: unexpected end of statement', null);
    }
    const message = `Parse error: unexpected '${text}' at position ${position} of expression '${this.#source}'`;
    return new YaqlSyntaxError('YaqlGrammarException', message, position);
  }
}

function binaryNode(
  symbol: string,
  operator: BinaryOperator,
  left: ExpressionNode,
  right: ExpressionNode,
  position: number,
): ExpressionNode {
  if (symbol === '.' || symbol === '?.') return new DotNode(left, right, symbol === '?.', position);
  if (symbol === 'and' || symbol === 'or') return new LogicNode(symbol === 'and', left, right, position);
  return new CallNode(operator.name ?? `#operator_${symbol}`, [left, right], position);
}
