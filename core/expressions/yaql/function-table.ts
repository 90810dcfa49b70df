/** Sources of what is not determined by the input; a workflow gives its own so that replays agree. */
export interface YaqlRuntime {
  /** Milliseconds since the epoch. */
  now(): number;
  /** At least 0, less than 1. */
  random(): number;
  /** Version 4 UUID text. */
  uuid(): string;
}

/** What a function of the host may use besides its arguments. */
export interface HostContext {
  readonly runtime: YaqlRuntime;
  /** The value of `$` for the whole expression. */
  readonly data: unknown;
}

/** A parameter of a {@link HostFunction}; it is optional when it has a `default` (of which the type is taken, too). */
export interface HostParameter {
  /** The name in camelCase, by which YAQL passes it (`sortKeys => true`). */
  readonly name: string;
  readonly default?: unknown;
}

/** A function that the host adds to the language; in YAQL it is called as a function, never as a method. */
export interface HostFunction {
  readonly name: string;
  readonly params: readonly HostParameter[];
  /** Set when the function takes any arguments, named ones in `named`, whatever `params` says. */
  readonly variadic?: boolean;
  call(args: readonly unknown[], context: HostContext, named: Readonly<Record<string, unknown>>): unknown;
}

/** Functions by name; the same table object should be used again, since resolved calls are remembered for it. */
export type FunctionTable = ReadonlyMap<string, HostFunction>;

/** The clock and the dice of the realm; in a workflow's sandbox these are deterministic by themselves. */
export const realmRuntime: YaqlRuntime = {
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: () => {
    const digits = Array.from({ length: 32 }, () => Math.floor(Math.random() * 16));
    digits[12] = 4;
    digits[16] = 8 + ((digits[16] ?? 0) % 4);
    const text = digits.map((digit) => digit.toString(16)).join('');
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
  },
};
