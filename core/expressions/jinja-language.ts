/** Jinja as Mistral uses it: the data is `_`, functions are called by name, a whole-string expression keeps its type. */
import { errorCode, errorMessage } from '../errors.ts';
import { JinjaEvaluationError } from './errors.ts';
import { findBlocks } from './find-blocks.ts';
import { HOST_FUNCTIONS } from './functions/function-table.ts';
import { mistralFunctions } from './functions/index.ts';
import { callExpressionFunction, filterOf, hostFilter, jinjaFunction } from './functions/jinja-binding.ts';
import { createJinjaEnvironment, filterTable, type JinjaInput, jinjaGlobals, parseTemplate } from './jinja/index.ts';
import { remember } from './remember.ts';
import { dataEntry, type ExpressionScope, ROOT_NAMES } from './scope.ts';

const environment = createJinjaEnvironment({
  ...filterTable(mistralFunctions, (definition) => filterOf(definition, true)),
  ...Object.fromEntries(HOST_FUNCTIONS.map((name) => [name, hostFilter(name)])),
});

/** True when the text has `{{ }}` or `{% %}` on one line. */
export function isJinja(text: string): boolean {
  return text.includes('{') && classify(text).isJinja;
}

function firstBlock(text: string, open: string, close: string): string | undefined {
  return findBlocks(text, open, close).next().value ?? undefined;
}

/** What the first `{{ }}` of a text tells: the expression when it is the whole text, else that it is a template. */
const classify = remember((text: string): TextKind => {
  const first = firstBlock(text, '{{', '}}');
  if (first === undefined) return { isJinja: firstBlock(text, '{%', '%}') !== undefined, isTemplate: false };
  return { isJinja: true, isTemplate: true, ...(first === text ? { expression: text.slice(2, -2) } : {}) };
});

interface TextKind {
  readonly isJinja: boolean;
  readonly isTemplate: boolean;
  readonly expression?: string;
}

/** @throws JinjaEvaluationError */
export function evaluateJinja(text: string, scope: ExpressionScope): unknown {
  try {
    const { expression, isTemplate } = classify(text);
    // Mistral fails in the same way for a text that has blocks only.
    if (!isTemplate) throw new RangeError('list index out of range');
    const input = inputOf(scope);
    return expression === undefined ? environment.render(text, input) : environment.evaluate(expression, input);
  } catch (error) {
    if (errorCode(error) === 'EFFECT_REQUIRED') throw error;
    throw new JinjaEvaluationError(text, errorMessage(error), error);
  }
}

/** @throws JinjaSyntaxError */
export function checkJinja(text: string): void {
  parseTemplate(text);
}

function inputOf(scope: ExpressionScope): JinjaInput {
  return {
    runtime: scope.runtime,
    functions: scope.functions,
    lookup: (name) => {
      if (name === '_') return scope.data ?? null;
      if ((ROOT_NAMES as readonly string[]).includes(name)) return dataEntry(scope.data, name) ?? null;
      const host = scope.functions;
      if (host !== undefined && Object.hasOwn(host, name)) {
        const body = host[name];
        return body === undefined ? undefined : jinjaFunction(name, body);
      }
      const shared = Object.hasOwn(mistralFunctions, name) ? mistralFunctions[name] : undefined;
      if (shared !== undefined) return callExpressionFunction(shared, scope.data);
      return jinjaGlobals.get(name);
    },
  };
}
