/**
 * YAQL, the query language of Mistral's workflows: same grammar, resolution of overloads, lazy collections, standard
 * library and failures as the Python package `yaql` 3.2 with the options that Mistral sets.
 */
import { EffectRequiredError, errorCode } from '../../errors.ts';
import { PythonError } from '../../python/errors.ts';
import { convertOutput } from './convert-output.ts';
import { YaqlError } from './errors.ts';
import { evaluate, machine } from './evaluate.ts';
import { Evaluation } from './evaluation.ts';
import type { YaqlOptions } from './options.ts';
import { parseYaql, type YaqlExpression } from './parse.ts';
import { Scope } from './scope.ts';

export { YaqlError, type YaqlErrorKind, YaqlSyntaxError } from './errors.ts';
export type { FunctionTable, HostContext, HostFunction, HostParameter, YaqlRuntime } from './function-table.ts';
export type { YaqlBudget, YaqlEngineOptions, YaqlOptions } from './options.ts';
export { parseYaql, YaqlExpression } from './parse.ts';

/**
 * Evaluates an expression. The result shares parts with the data and must not be changed.
 *
 * @throws YaqlSyntaxError for text that is no expression, YaqlError when the evaluation fails, and unchanged what
 *   host functions throw with a code of their own (such as EFFECT_REQUIRED)
 */
export function evaluateYaql(expression: string | YaqlExpression, options: YaqlOptions): unknown {
  const parsed = typeof expression === 'string' ? parseYaql(expression, options.engine?.delegates) : expression;
  const evaluation = new Evaluation(options, machine);
  const scope = new Scope(null, options.data ?? null);
  for (const [name, value] of Object.entries(options.variables ?? {}))
    scope.set(name.startsWith('$') ? name.slice(1) : name, value);
  try {
    const value = evaluate(parsed.root, new Scope(scope), evaluation);
    return evaluation.convertOutputData ? convertOutput(value, evaluation) : value;
  } catch (error) {
    throw toYaqlError(error);
  }
}

function toYaqlError(error: unknown): unknown {
  if (error instanceof PythonError) return new YaqlError(error.kind, error.message, error);
  if (error instanceof EffectRequiredError || errorCode(error) !== undefined) return error;
  if (error instanceof RangeError)
    return new YaqlError('RecursionError', 'The expression nests or grows too far', error);
  return new YaqlError('FunctionError', error instanceof Error ? error.message : String(error), error);
}
