/** Renders templates and evaluates expressions; parsed and compiled forms are kept. */

import { createDict, type Dict, dictKeys, dictValues, isDict } from '../../python/dict.ts';
import { PySet, PyTuple, toPyTuple } from '../../python/values.ts';
import { defaultRuntime, type ExpressionRuntime, type RuntimeFunctions } from '../functions/function-table.ts';
import { remember } from '../remember.ts';
import type { Expr } from './ast.ts';
import type { Evaluator } from './compile-expression.ts';
import { TemplateCompiler } from './compile-template.ts';
import {
  DEFAULT_BUDGET,
  Evaluation,
  type JinjaBudget,
  type JinjaLibrary,
  type NameSource,
  Scope,
} from './evaluation.ts';
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
  /** Functions of the host, for the filters that are named after them. */
  readonly functions?: RuntimeFunctions;
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
    return finished(value, scope.evaluation);
  }

  private scope(input: JinjaInput): Scope {
    const evaluation = new Evaluation({
      library: this.library,
      undefinedMode: input.undefinedMode ?? 'strict',
      runtime: input.runtime ?? defaultRuntime,
      budget: input.budget === undefined ? DEFAULT_BUDGET : { ...DEFAULT_BUDGET, ...input.budget },
      decrypt: input.decrypt,
      functions: input.functions,
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

/** The value without objects of the engine in it. Every part of it is paid for, shared ones each time. */
function finished(value: unknown, evaluation: Evaluation, depth = 0): unknown {
  if (typeof value === 'string') evaluation.chargeText(value.length);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof HostObject) return finishedObject(value, evaluation, depth);
  evaluation.checkDepth(depth);
  if (Array.isArray(value)) return finishedArray(value, evaluation, depth);
  if (value instanceof PySet || !isDict(value)) {
    evaluation.chargeTree(value, depth);
    return value;
  }
  return finishedDict(value, evaluation, depth);
}

function finishedObject(value: HostObject, evaluation: Evaluation, depth: number): unknown {
  // Such as `{{ _.items }}`: a method cannot be stored, so it is no value of a workflow.
  if (value instanceof Callable) throw new TypeError(`${value.text()} is not a value`);
  if (value.items() === undefined) return value.text();
  return finished(listOf(value, evaluation), evaluation, depth);
}

/** Copies only where an item changes. */
function finishedArray(value: readonly unknown[], evaluation: Evaluation, depth: number): unknown {
  evaluation.charge(1 + value.length);
  let changed: unknown[] | undefined;
  for (let index = 0; index < value.length; index += 1) {
    const item = finished(value[index], evaluation, depth + 1);
    if (item === value[index]) continue;
    changed ??= value.slice();
    changed[index] = item;
  }
  if (changed === undefined) return value;
  return value instanceof PyTuple ? toPyTuple(changed) : changed;
}

/** Copies only where an item changes. */
function finishedDict(value: Dict, evaluation: Evaluation, depth: number): unknown {
  const items = dictValues(value);
  const changed = finishedArray(items, evaluation, depth) as readonly unknown[];
  return changed === items ? value : createDict(dictKeys(value).map((key, index) => [key, changed[index]] as const));
}
