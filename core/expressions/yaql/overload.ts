import type { Evaluation } from './evaluation.ts';
import type { Scope } from './scope.ts';
import type { ParamType } from './types.ts';

/** A parameter of a function of the library. */
export interface Param<T = unknown> {
  /** The name in camelCase, as YAQL passes it. */
  readonly name: string;
  readonly type: ParamType<T>;
  readonly optional: boolean;
  readonly fallback: unknown;
}

/** What a function gets besides its arguments. */
export interface CallContext<R = unknown> {
  readonly evaluation: Evaluation;
  /** A layer of the call's own: what is set in it is seen by nobody, unless the function returns it. */
  readonly scope: Scope;
  /** Arguments beyond the named parameters. */
  readonly rest: readonly R[];
  /** Named arguments beyond the named parameters. */
  readonly named: ReadonlyMap<string, unknown>;
}

/** `function`: `f(x)`; `method`: `x.f()`; `extension`: both. */
export type CallForm = 'function' | 'method' | 'extension';

export interface Overload<P extends readonly Param[] = readonly Param[], R = unknown> {
  readonly name: string;
  readonly form: CallForm;
  readonly params: P;
  /** Type of any number of further arguments. */
  readonly rest?: Param<R>;
  /** True when any named arguments are taken. */
  readonly takesNamed?: boolean;
  /** True when `a => b` among the arguments is a rule and not a named argument. */
  readonly noKwargs?: boolean;
  call(args: ValuesOf<P>, context: CallContext<R>): unknown;
}

/** The types of the arguments that belong to a list of parameters. */
export type ValuesOf<P extends readonly Param[]> = {
  readonly [K in keyof P]: P[K] extends Param<infer T> ? T : never;
};

/** An overload whose argument types are forgotten: what the resolver works with. */
export interface AnyOverload extends Omit<Overload, 'call'> {
  call(args: readonly unknown[], context: CallContext): unknown;
}

type Extras<R> = { readonly rest?: Param<R>; readonly takesNamed?: boolean; readonly noKwargs?: boolean };
type Body<P extends readonly Param[], R> = Overload<P, R>['call'];

function make(form: CallForm) {
  return <const P extends readonly Param[], R = unknown>(
    name: string,
    params: P,
    call: Body<P, R>,
    extras: Extras<R> = {},
  ): AnyOverload => ({ name, form, params, ...extras, call }) as unknown as AnyOverload;
}

/** Defines a function that is called as `f(x)`. */
export const fn = make('function');
/** Defines a method, called as `x.f()` with x for its first parameter. */
export const method = make('method');
/** Defines what can be called in both forms. */
export const extension = make('extension');

/** The same function under another name. */
export function alias(overload: AnyOverload, name: string, form: CallForm = overload.form): AnyOverload {
  return { ...overload, name, form };
}

export function required<T>(type: ParamType<T>, name: string): Param<T> {
  return { name, type, optional: false, fallback: null };
}

export function optional<T>(type: ParamType<T>, name: string, fallback: unknown): Param<T> {
  return { name, type, optional: true, fallback };
}
