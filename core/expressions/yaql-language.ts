/** YAQL as Mistral uses it: blocks in text, a block that is the whole text keeps its type. */
import { errorCode, errorMessage } from '../errors.ts';
import { pyStr } from '../python/repr.ts';
import { YaqlEvaluationError } from './errors.ts';
import { findBlocks } from './find-blocks.ts';
import { runWithScope, yaqlFunctions } from './functions/yaql-binding.ts';
import { remember } from './remember.ts';
import { dataEntry, type ExpressionScope, ROOT_NAMES } from './scope.ts';
import { evaluateYaql, parseYaql } from './yaql/index.ts';

const DELIMITERS = new Set(['<', '%', '>']);

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
  Array.from(findBlocks(text, '<%', '%>'), (source) => ({ source, expression: withoutDelimiters(source).trim() })),
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
  for (const { source } of blocksOf(text)) parseYaql(withoutDelimiters(source));
}

/** As in Mistral, every one of these characters goes, however many there are. */
function withoutDelimiters(source: string): string {
  let start = 0;
  let end = source.length;
  while (start < end && DELIMITERS.has(source.charAt(start))) start += 1;
  while (end > start && DELIMITERS.has(source.charAt(end - 1))) end -= 1;
  return source.slice(start, end);
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
