/**
 * Expressions of workflows, as Mistral defines them: YAQL in `<% %>` and Jinja in `{{ }}`, alone or inside of text.
 *
 * 1. Jinja is asked first; the first language that finds its delimiters handles the whole string.
 * 2. A string that is one expression keeps the type of its value, otherwise the values are put in as Python's text.
 * 3. Results are never evaluated again.
 */
import { errorMessage } from '../errors.ts';
import { setKey } from '../python/dict.ts';
import { isPlainObject } from '../python/values.ts';
import { checkJinja, evaluateJinja, isJinja } from './jinja-language.ts';
import { type ExpressionScope, hasData } from './scope.ts';
import { checkYaql, evaluateYaqlText, isYaql } from './yaql-language.ts';

export { type DataView, isDataView } from './data-view.ts';
export { JinjaEvaluationError, YaqlEvaluationError } from './errors.ts';
export type { ExpressionRuntime, RuntimeFunction, RuntimeFunctions } from './functions/function-table.ts';
export type { ExpressionScope } from './scope.ts';

export type ExpressionLanguage = 'yaql' | 'jinja';

/** A mistake in an expression, found without evaluating it. */
export interface ExpressionProblem {
  readonly message: string;
  /** Absent when languages are mixed. */
  readonly language?: ExpressionLanguage;
  /** The whole string that holds the expression. */
  readonly expression: string;
  /** Where the string stands in the checked value: keys and indexes. */
  readonly path: readonly (string | number)[];
  /** Offset in the expression, where known. */
  readonly position?: number;
}

/** The language of a string's expressions, or `undefined` for plain text. */
export function expressionLanguage(text: string): ExpressionLanguage | undefined {
  if (isJinja(text)) return 'jinja';
  return isYaql(text) ? 'yaql' : undefined;
}

/**
 * Evaluates one string. Text without delimiters is returned as it is.
 * @throws YaqlEvaluationError, JinjaEvaluationError, and EffectRequiredError unchanged
 */
export function evaluate(source: string, scope: ExpressionScope): unknown {
  if (isJinja(source)) return evaluateJinja(source, scope);
  return isYaql(source) ? evaluateYaqlText(source, scope) : source;
}

/**
 * Evaluates every string in a structure; keys are not evaluated. As in Mistral, nothing is evaluated when there is
 * no data at all.
 */
export function evaluateRecursively(value: unknown, scope: ExpressionScope): unknown {
  return hasData(scope.data) ? evaluateItem(value, scope) : value;
}

function evaluateItem(value: unknown, scope: ExpressionScope): unknown {
  if (typeof value === 'string') return evaluate(value, scope);
  if (Array.isArray(value)) return value.map((item) => evaluateItem(item, scope));
  if (!isPlainObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) setKey(result, key, evaluateItem(item, scope));
  return result;
}

/** Parses every expression in a value and tells all mistakes. Unknown names are found at evaluation only. */
export function validate(value: unknown): ExpressionProblem[] {
  const problems: ExpressionProblem[] = [];
  check(value, [], problems);
  return problems;
}

function check(value: unknown, path: readonly (string | number)[], problems: ExpressionProblem[]): void {
  if (typeof value === 'string') {
    const problem = checkText(value);
    if (problem !== undefined) problems.push({ ...problem, expression: value, path });
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => void check(item, [...path, index], problems));
  } else if (isPlainObject(value)) {
    for (const [key, item] of Object.entries(value)) check(item, [...path, key], problems);
  }
}

function checkText(text: string): Omit<ExpressionProblem, 'expression' | 'path'> | undefined {
  const jinja = isJinja(text);
  if (jinja) {
    const problem = attempt('jinja', () => checkJinja(text));
    if (problem !== undefined) return problem;
  }
  if (!isYaql(text)) return undefined;
  if (jinja) {
    return {
      message:
        "The line already contains an expression of type 'jinja'. Mixing expression types in a single line is not allowed.",
    };
  }
  return attempt('yaql', () => checkYaql(text));
}

function attempt(
  language: ExpressionLanguage,
  parse: () => void,
): Omit<ExpressionProblem, 'expression' | 'path'> | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    return { message: errorMessage(error), language, position: positionOf(error) };
  }
}

function positionOf(error: unknown): number | undefined {
  const details = (error as { details?: { position?: unknown } }).details;
  return typeof details?.position === 'number' ? details.position : undefined;
}
