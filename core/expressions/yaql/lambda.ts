import type { ArgumentNode, ExpressionNode, RuleNode } from './ast.ts';
import type { Evaluation } from './evaluation.ts';
import { Scope } from './scope.ts';

/** An unevaluated argument together with the variables that it sees. */
export class Lambda {
  readonly #node: ArgumentNode | null;
  readonly #value: unknown;
  readonly #scope: Scope;
  readonly #evaluation: Evaluation;

  /** @param node the expression; null for a plain `value`, which every call gives back */
  constructor(node: ArgumentNode | null, value: unknown, scope: Scope, evaluation: Evaluation) {
    this.#node = node;
    this.#value = value;
    this.#scope = scope;
    this.#evaluation = evaluation;
  }

  /** Evaluates with the variables of its place only. */
  call0(): unknown {
    return this.callIn(this.#scope);
  }

  /** Evaluates with `$` bound to an item. */
  call1(item: unknown): unknown {
    return this.callIn(new Scope(this.#scope, item));
  }

  /** Evaluates with `$` (`$1`) and `$2` bound. */
  call2(first: unknown, second: unknown): unknown {
    const scope = new Scope(this.#scope, first);
    scope.set('2', second);
    return this.callIn(scope);
  }

  callMany(args: readonly unknown[], named: ReadonlyMap<string, unknown>): unknown {
    const scope = new Scope(this.#scope);
    for (const [index, value] of args.entries()) scope.set(String(index + 1), value);
    for (const [name, value] of named) scope.set(name, value);
    return this.callIn(scope);
  }

  /** Evaluates in a scope of the caller's choice. */
  callIn(scope: Scope): unknown {
    this.#evaluation.step();
    return this.#node === null ? this.#value : this.#evaluation.evaluate(this.#node as ExpressionNode, scope);
  }
}

/** A `source => destination` argument whose sides are evaluated on demand. */
export class LazyRule {
  readonly #node: RuleNode;
  readonly #scope: Scope;
  readonly #evaluation: Evaluation;

  constructor(node: RuleNode, scope: Scope, evaluation: Evaluation) {
    this.#node = node;
    this.#scope = scope;
    this.#evaluation = evaluation;
  }

  source(): unknown {
    return this.#evaluation.evaluate(this.#node.source, this.#scope);
  }

  destination(): unknown {
    return this.#evaluation.evaluate(this.#node.destination, this.#scope);
  }
}
