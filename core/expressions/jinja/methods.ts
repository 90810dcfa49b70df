/** The shape of the method tables of Python's types. */
import type { Evaluation } from './evaluation.ts';
import type { Kwargs } from './objects.ts';

/** A method of a Python type: its parameters (`name?` may be left out, `any` takes what comes) and its body. */
export interface Method {
  readonly parameters: readonly string[] | 'any';
  call(self: never, args: readonly unknown[], evaluation: Evaluation, kwargs: Kwargs): unknown;
}

export type MethodTable = Readonly<Record<string, Method>>;
