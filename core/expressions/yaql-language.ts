/** YAQL as Mistral uses it: blocks in text, a block that is the whole text keeps its type. */
import { errorCode, errorMessage } from '../errors.ts';
import { pyStr } from '../python/repr.ts';
import { YaqlEvaluationError } from './errors.ts';
import { runWithScope, yaqlFunctions } from './functions/yaql-binding.ts';
import { remember } from './jinja/index.ts';
import { dataEntry, type ExpressionScope, ROOT_NAMES } from './scope.ts';
import { evaluateYaql, parseYaql } from './yaql/index.ts';

const ANY_EXPRESSION = /<%[^\n]*?%>/g;

interface Block {
  /** With its delimiters. */
  readonly source: string;
  readonly expression: string;
}

/** True when the text has `<% %>` on one line. */
export function isYaql(text: string): boolean {
  return text.includes('<%') && blocksOf(text).length > 0;
}

const blocksOf = remember((text: string): readonly Block[] =>
  (text.match(ANY_EXPRESSION) ?? []).map((source) => ({
    source,
    expression: source.replace(/^[<%>]+|[<%>]+$/g, '').trim(),
  })),
);

/** @throws YaqlEvaluationError */
export function evaluateYaqlText(text: string, scope: ExpressionScope): unknown {
  let result: unknown = text;
  for (const { source, expression } of blocksOf(text)) {
    const value = evaluateBlock(expression, scope);
    if (source.length === text.length) result = value;
    else result = String(result).replaceAll(source, () => pyStr(value));
  }
  return result;
}

/** @throws YaqlSyntaxError */
export function checkYaql(text: string): void {
  for (const { source } of blocksOf(text)) parseYaql(source.replace(/^[<%>]+|[<%>]+$/g, ''));
}

function evaluateBlock(expression: string, scope: ExpressionScope): unknown {
  try {
    return runWithScope(scope, () =>
      evaluateYaql(expression, {
        data: scope.data,
        variables: variablesOf(scope.data),
        functions: yaqlFunctions(scope.functions),
        runtime: scope.runtime,
        engine: scope.yaqlEngine,
      }),
    );
  } catch (error) {
    if (errorCode(error) === 'EFFECT_REQUIRED') throw error;
    throw new YaqlEvaluationError(expression, errorMessage(error), error);
  }
}

function variablesOf(data: unknown): Record<string, unknown> {
  return Object.fromEntries(ROOT_NAMES.map((name) => [name, dataEntry(data, name) ?? null]));
}
