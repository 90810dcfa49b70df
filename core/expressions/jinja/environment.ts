/** Renders templates and evaluates expressions; parsed and compiled forms are kept. */

import { createDict, dictEntries, isDict } from '../../python/dict.ts';
import { PyDict, PySet, PyTuple, toPyTuple } from '../../python/values.ts';
import { defaultRuntime, type ExpressionRuntime } from '../functions/function-table.ts';
import type { Expr } from './ast.ts';
import type { Evaluator } from './compile-expression.ts';
import { TemplateCompiler } from './compile-template.ts';
import { Evaluation, type JinjaBudget, type JinjaLibrary, type NameSource, Scope } from './evaluation.ts';
import { Callable, HostObject, type UndefinedMode } from './objects.ts';
import { listOf } from './operations.ts';
import { parseExpression, parseTemplate } from './template-parser.ts';

/** What one rendering or evaluation works with. */
export interface JinjaInput {
  /** Variables and functions by name; `undefined` for a name that does not exist. */
  readonly lookup: NameSource;
  readonly undefinedMode?: UndefinedMode;
  readonly runtime?: ExpressionRuntime;
  readonly budget?: Partial<JinjaBudget>;
  /** For the filter `decrypt_kv`. */
  readonly decrypt?: (text: string) => string;
}

const CACHE_SIZE = 2000;

/** Remembers the results of a function of one text; the oldest are dropped. */
export function remember<T>(compute: (source: string) => T): (source: string) => T {
  const known = new Map<string, T>();
  return (source) => {
    const hit = known.get(source);
    if (hit !== undefined) return hit;
    const value = compute(source);
    if (known.size >= CACHE_SIZE) known.delete(known.keys().next().value as string);
    known.set(source, value);
    return value;
  };
}

/** An environment with its own filters and tests. */
export class JinjaEnvironment {
  private readonly library: JinjaLibrary;
  private readonly template: (source: string) => (scope: Scope) => string;
  private readonly compiled: (source: string) => { readonly evaluate: Evaluator; readonly isPath: boolean };

  constructor(library: JinjaLibrary) {
    this.library = library;
    this.template = remember((source) => new TemplateCompiler(library).template(parseTemplate(source)));
    this.compiled = remember((source) => {
      const node = parseExpression(source);
      return { evaluate: new TemplateCompiler(library).expression(node), isPath: isPath(node) };
    });
  }

  /** The text of a template. @throws JinjaSyntaxError, JinjaError, PythonError */
  render(source: string, input: JinjaInput): string {
    return this.template(source)(this.scope(input));
  }

  /** The value of an expression. Ranges, iterators and views of dicts become lists. */
  evaluate(source: string, input: JinjaInput): unknown {
    const { evaluate, isPath: isData } = this.compiled(source);
    const scope = this.scope(input);
    const value = evaluate(scope);
    if (isData && !(value instanceof HostObject)) return value;
    scope.evaluation.chargeTree(value);
    return finished(value, scope.evaluation);
  }

  private scope(input: JinjaInput): Scope {
    const evaluation = new Evaluation({
      library: this.library,
      undefinedMode: input.undefinedMode ?? 'strict',
      runtime: input.runtime ?? defaultRuntime,
      budget: input.budget,
      decrypt: input.decrypt,
    });
    return new Scope(evaluation, input.lookup);
  }
}

/** True for `a.b[0]`, whose value can only be data. */
function isPath(node: Expr): boolean {
  if (node.kind === 'name') return true;
  if (node.kind === 'attribute') return isPath(node.target);
  return node.kind === 'item' && node.key.kind === 'const' && isPath(node.target);
}

/** The value without objects of the engine in it. */
function finished(value: unknown, evaluation: Evaluation): unknown {
  // Such as `{{ _.items }}`: a method cannot be stored, so it is no value of a workflow.
  if (value instanceof Callable) throw new TypeError(`${value.text()} is not a value`);
  if (value instanceof HostObject) {
    if (value.items() === undefined) return value.text();
    return finished(listOf(value, evaluation), evaluation);
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => finished(item, evaluation));
    if (items.every((item, index) => item === value[index])) return value;
    return value instanceof PyTuple ? toPyTuple(items) : items;
  }
  if (value instanceof PySet || !isDict(value)) return value;
  const entries = dictEntries(value).map(([key, item]) => [key, finished(item, evaluation)] as const);
  if (entries.every(([key, item]) => item === (value instanceof PyDict ? value.get(key) : value[String(key)])))
    return value;
  return createDict(entries);
}
