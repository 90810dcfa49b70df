/**
 * The shape of the functions that YAQL and Jinja share. Each entry is written once; the languages derive their forms:
 * YAQL calls it by name with camelCase keywords, Jinja as a global with the parameter names as they stand and,
 * in StackStorm's environment, as a filter whose first argument is the piped value.
 */

/** Time, randomness and identity, given by the host so that an evaluation can be repeated exactly. */
export interface ExpressionRuntime {
  /** Milliseconds since the epoch. */
  now(): number;
  /** At least 0, less than 1. */
  random(): number;
  /** A random UUID, version 4. */
  uuid(): string;
}

/** Uses the realm's own clock and randomness, which Temporal's sandbox makes deterministic. */
export const defaultRuntime: ExpressionRuntime = {
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: () => uuidFrom(Math.random),
};

function uuidFrom(random: () => number): string {
  const digit = (): number => Math.floor(random() * 16);
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (mark) =>
    (mark === 'x' ? digit() : (digit() & 3) | 8).toString(16),
  );
}

/** A parameter; one without `default` must be given. */
export interface FunctionParameter {
  readonly name: string;
  readonly default?: unknown;
}

/** What a function may use besides its arguments. */
export interface FunctionContext {
  readonly runtime: ExpressionRuntime;
  /** The data of the evaluation (`$` in YAQL, `_` in Jinja). */
  readonly data: unknown;
  readonly language: 'yaql' | 'jinja';
}

export interface ExpressionFunction {
  readonly name: string;
  readonly params: readonly FunctionParameter[];
  /** False when the result depends on more than the arguments. */
  readonly pure: boolean;
  /** @param args one value per parameter, in order, defaults filled in */
  call(args: readonly unknown[], context: FunctionContext): unknown;
}

export type ExpressionFunctions = Readonly<Record<string, ExpressionFunction>>;

/** A function that the host gives: `task`, `execution`, `st2kv`, ... */
export type RuntimeFunction = (args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>) => unknown;
export type RuntimeFunctions = Readonly<Record<string, RuntimeFunction>>;

/** The functions that an engine gives: they look into an execution, and around it. */
export const HOST_FUNCTIONS = ['task', 'tasks', 'execution', 'executions', 'global', 'st2kv', 'st2kv_'] as const;
