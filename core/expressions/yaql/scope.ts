import type { AnyOverload } from './overload.ts';

/** Marks what is absent where null is a value. */
export const NO_VALUE: unique symbol = Symbol('no value');

/** A layer of variables and of functions made by `def`; what `let`, `with`, `def` and `unpack` give is one, too. */
export class Scope {
  readonly parent: Scope | null;
  /** The value of `$` (which is `$1`), the one variable that nearly every layer has. */
  item: unknown;
  #variables: Map<string, unknown> | undefined;
  #functions: Map<string, AnyOverload[]> | undefined;

  constructor(parent: Scope | null, item: unknown = NO_VALUE) {
    this.parent = parent;
    this.item = item;
  }

  /** The value of a variable, null when no layer has it: YAQL knows no undefined variables. */
  get(name: string): unknown {
    if (name === '1') return this.#getItem();
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) {
      const variables = scope.#variables;
      if (variables?.has(name)) return variables.get(name);
    }
    return null;
  }

  #getItem(): unknown {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) {
      if (scope.item !== NO_VALUE) return scope.item;
    }
    return null;
  }

  set(name: string, value: unknown): void {
    if (name === '1' || name === '') {
      this.item = value;
      return;
    }
    this.#variables ??= new Map();
    this.#variables.set(name, value);
  }

  define(overload: AnyOverload): void {
    this.#functions ??= new Map();
    const known = this.#functions.get(overload.name);
    if (known === undefined) this.#functions.set(overload.name, [overload]);
    else known.push(overload);
  }

  /** Functions of that name made by `def`, nearest layer first. */
  functions(name: string): AnyOverload[][] {
    const levels: AnyOverload[][] = [];
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) {
      const level = scope.#functions?.get(name);
      if (level !== undefined) levels.push(level);
    }
    return levels;
  }
}
