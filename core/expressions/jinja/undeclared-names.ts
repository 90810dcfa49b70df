/** Finds the names that a template reads from outside. */
import type { CallArguments, Expr, MacroParameter, Statement } from './ast.ts';
import { callValues, subexpressions } from './subexpressions.ts';

/** @param known names that are always there, such as the global functions */
export function undeclaredNames(statements: readonly Statement[], known: ReadonlySet<string>): ReadonlySet<string> {
  const finder = new NameFinder();
  finder.block(statements, new Set(known));
  return finder.found;
}

class NameFinder {
  readonly found = new Set<string>();

  /** Walks statements; names that they set are added to `declared`. */
  block(statements: readonly Statement[], declared: Set<string>): void {
    for (const statement of statements) this.statement(statement, declared);
  }

  private statement(node: Statement, declared: Set<string>): void {
    switch (node.kind) {
      case 'data':
      case 'other-template':
        return;
      case 'output':
        return this.expression(node.value, declared);
      case 'if':
        this.expression(node.test, declared);
        this.block(node.body, declared);
        return this.block(node.otherwise, declared);
      case 'for':
        return this.loop(node, declared);
      case 'set':
        this.expression(node.value, declared);
        return this.declare(node.target, declared);
      case 'set-block':
        this.block(node.body, new Set(declared));
        for (const { call } of node.filters) this.arguments(call, declared);
        return this.declare(node.target, declared);
      case 'macro':
        declared.add(node.name);
        return this.macro(node.parameters, node.body, declared);
      case 'call-block':
        this.expression(node.call, declared);
        return this.macro(node.parameters, node.body, declared);
      case 'filter-block':
        for (const { call } of node.filters) this.arguments(call, declared);
        return this.block(node.body, new Set(declared));
      case 'with': {
        const inner = new Set(declared);
        for (const { target, value } of node.bindings) {
          this.expression(value, declared);
          this.declare(target, inner);
        }
        return this.block(node.body, inner);
      }
      case 'block':
        return this.block(node.body, new Set(declared));
    }
  }

  private loop(node: Statement & { readonly kind: 'for' }, declared: Set<string>): void {
    this.expression(node.iterable, declared);
    const inner = new Set(declared);
    this.declare(node.target, inner);
    if (node.test !== undefined) this.expression(node.test, inner);
    this.block(node.body, new Set(inner).add('loop'));
    this.block(node.otherwise, new Set(declared));
  }

  private macro(parameters: readonly MacroParameter[], body: readonly Statement[], declared: Set<string>): void {
    const inner = new Set(declared);
    for (const { name, fallback } of parameters) {
      if (fallback !== undefined) this.expression(fallback, inner);
      inner.add(name);
    }
    for (const name of ['varargs', 'kwargs', 'caller']) inner.add(name);
    this.block(body, inner);
  }

  private declare(target: Expr, declared: Set<string>): void {
    if (target.kind === 'name') declared.add(target.name);
    if (target.kind === 'nsref') this.expression({ kind: 'name', name: target.name }, declared);
    if (target.kind === 'tuple') for (const item of target.items) this.declare(item, declared);
  }

  private arguments(call: CallArguments, declared: Set<string>): void {
    for (const value of callValues(call)) this.expression(value, declared);
  }

  private expression(node: Expr, declared: Set<string>): void {
    if (node.kind === 'name') {
      if (!declared.has(node.name)) this.found.add(node.name);
      return;
    }
    for (const child of subexpressions(node)) this.expression(child, declared);
  }
}
