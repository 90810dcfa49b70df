/** Turns expressions into closures over a scope. No JavaScript source is generated. */
import { createDict, setKey } from '../../python/dict.ts';
import { PythonError } from '../../python/errors.ts';
import { PyDict, toPyTuple } from '../../python/values.ts';
import { isDataView } from '../data-view.ts';
import { arithmetic, sign } from './arithmetic.ts';
import type { CallArguments, Expr } from './ast.ts';
import {
  callMethod,
  getAttribute,
  getItem,
  getSlice,
  isPlainAttribute,
  isPlainKey,
  methodOf,
  ordinaryEntry,
} from './attributes.ts';
import { JinjaError } from './errors.ts';
import type { FilterFunction, FilterTable, JinjaLibrary, Scope } from './evaluation.ts';
import { bindArguments, Callable, type Kwargs, NO_KWARGS, Undefined } from './objects.ts';
import { compare, iterate, textOf, truth, typeNameOf } from './operations.ts';
import { materializeView, viewAttribute } from './view.ts';

export type Evaluator = (scope: Scope) => unknown;
export type EvaluatedCall = (scope: Scope) => { readonly args: readonly unknown[]; readonly kwargs: Kwargs };

/** Compiles against the filters and tests of one library; unknown names are found here, as in Jinja2. */
export class ExpressionCompiler {
  protected readonly library: JinjaLibrary;
  /** Inside of a branch that may not be taken, an unknown filter is an error only when it is reached. */
  protected softDepth = 0;

  constructor(library: JinjaLibrary) {
    this.library = library;
  }

  expression(node: Expr): Evaluator {
    switch (node.kind) {
      case 'const':
        return () => node.value;
      case 'name':
        return this.name(node.name);
      case 'tuple':
      case 'list':
        return this.sequence(node.items, node.kind === 'tuple');
      case 'dict':
        return this.dict(node.pairs);
      case 'unary':
        return this.unary(node.operator, node.operand);
      case 'binary':
        return this.binary(node);
      case 'and':
      case 'or':
        return this.logical(node);
      case 'concat':
        return this.concat(node.parts);
      case 'compare':
        return this.comparison(node);
      case 'conditional':
        return this.conditional(node);
      case 'attribute':
        return this.attribute(node.target, node.name);
      case 'item':
        return this.item(node.target, node.key);
      case 'call':
        return this.call(node.target, node.call);
      case 'filter':
        return this.applied('filter', this.library.filters, node);
      case 'test':
        return this.applied('test', this.library.tests, node);
      case 'slice':
      case 'nsref':
        throw new JinjaError('TemplateSyntaxError', `unexpected ${node.kind}`);
    }
  }

  arguments(call: CallArguments): EvaluatedCall {
    const constant = constantArguments(call);
    if (constant !== undefined) return () => constant;
    const args = call.args.map((node) => this.expression(node));
    const kwargs = call.kwargs.map(({ name, value }) => ({ name, value: this.expression(value) }));
    const dynArgs = call.dynArgs === undefined ? undefined : this.expression(call.dynArgs);
    const dynKwargs = call.dynKwargs === undefined ? undefined : this.expression(call.dynKwargs);
    if (kwargs.length === 0 && dynArgs === undefined && dynKwargs === undefined) {
      return (scope) => ({ args: args.map((evaluate) => evaluate(scope)), kwargs: NO_KWARGS });
    }
    return (scope) => {
      const values = args.map((evaluate) => evaluate(scope));
      if (dynArgs !== undefined) values.push(...iterate(dynArgs(scope), scope.evaluation));
      const named = new Map<string, unknown>();
      for (const { name, value } of kwargs) named.set(name, value(scope));
      if (dynKwargs !== undefined) addKeywords(named, dynKwargs(scope));
      return { args: values, kwargs: named };
    };
  }

  /** A named filter with its arguments, to be given values. */
  filterCall(name: string, call: CallArguments): (scope: Scope, value: unknown) => unknown {
    const filter = this.find('filter', this.library.filters, name);
    const args = this.arguments(call);
    return (scope, value) => {
      const evaluated = args(scope);
      return applyFilter(name, filter, value, evaluated.args, evaluated.kwargs, scope);
    };
  }

  /** The value of a name, with a view of a workflow's context left as it is. */
  private rawName(name: string): Evaluator {
    return (scope) => {
      const value = scope.lookup(name);
      return value === undefined ? scope.evaluation.undefined(`'${name}' is undefined`) : value;
    };
  }

  private name(name: string): Evaluator {
    return (scope) => {
      const value = scope.lookup(name);
      if (value === undefined) return scope.evaluation.undefined(`'${name}' is undefined`);
      return isView(value) ? materializeView(value) : value;
    };
  }

  private sequence(items: readonly Expr[], isTuple: boolean): Evaluator {
    const evaluators = items.map((item) => this.expression(item));
    return (scope) => {
      const values = evaluators.map((evaluate) => evaluate(scope));
      scope.evaluation.charge(values.length);
      return isTuple ? toPyTuple(values) : scope.evaluation.own(values);
    };
  }

  private dict(pairs: readonly { readonly key: Expr; readonly value: Expr }[]): Evaluator {
    if (pairs.every(({ key }) => key.kind === 'const' && typeof key.value === 'string')) return this.record(pairs);
    const evaluators = pairs.map(({ key, value }) => [this.expression(key), this.expression(value)] as const);
    return (scope) => {
      const entries = evaluators.map(([key, value]) => [definedKey(key(scope)), value(scope)] as const);
      scope.evaluation.charge(entries.length);
      return scope.evaluation.own(createDict(entries));
    };
  }

  /** A dict whose keys are known beforehand. */
  private record(pairs: readonly { readonly key: Expr; readonly value: Expr }[]): Evaluator {
    const keys = pairs.map(({ key }) => (key.kind === 'const' ? String(key.value) : ''));
    const values = pairs.map(({ value }) => this.expression(value));
    return (scope) => {
      const dict: Record<string, unknown> = {};
      for (let index = 0; index < values.length; index += 1) setKey(dict, keys[index] ?? '', values[index]?.(scope));
      scope.evaluation.charge(keys.length);
      return scope.evaluation.own(dict);
    };
  }

  private unary(operator: '-' | '+' | 'not', operand: Expr): Evaluator {
    const value = this.expression(operand);
    if (operator === 'not') return (scope) => !truth(value(scope));
    return (scope) => sign(operator, value(scope));
  }

  private binary(node: Expr & { readonly kind: 'binary' }): Evaluator {
    const left = this.expression(node.left);
    const right = this.expression(node.right);
    return (scope) => arithmetic(node.operator, left(scope), right(scope), scope.evaluation);
  }

  private logical(node: Expr & { readonly kind: 'and' | 'or' }): Evaluator {
    const left = this.expression(node.left);
    const right = this.expression(node.right);
    const stopsAt = node.kind === 'or';
    return (scope) => {
      const value = left(scope);
      return truth(value) === stopsAt ? value : right(scope);
    };
  }

  private concat(parts: readonly Expr[]): Evaluator {
    const evaluators = parts.map((part) => this.expression(part));
    return (scope) => {
      const texts = evaluators.map((evaluate) => textOf(evaluate(scope), scope.evaluation));
      scope.evaluation.chargeText(texts.reduce((sum, text) => sum + text.length, 0));
      return texts.join('');
    };
  }

  private comparison(node: Expr & { readonly kind: 'compare' }): Evaluator {
    const first = this.expression(node.first);
    const operands = node.operands.map(({ operator, value }) => ({ operator, value: this.expression(value) }));
    const [only] = operands;
    if (operands.length === 1 && only !== undefined) {
      const { operator, value } = only;
      return (scope) => compare(operator, first(scope), value(scope), scope.evaluation);
    }
    return (scope) => {
      let left = first(scope);
      for (const { operator, value } of operands) {
        const right = value(scope);
        if (!compare(operator, left, right, scope.evaluation)) return false;
        left = right;
      }
      return true;
    };
  }

  private conditional(node: Expr & { readonly kind: 'conditional' }): Evaluator {
    const test = this.expression(node.test);
    this.softDepth += 1;
    const then = this.expression(node.body);
    const otherwise = node.otherwise === undefined ? undefined : this.expression(node.otherwise);
    this.softDepth -= 1;
    return (scope) => {
      if (truth(test(scope))) return then(scope);
      if (otherwise !== undefined) return otherwise(scope);
      return new Undefined('the inline if-expression evaluated to false and no else section was defined.', 'lenient');
    };
  }

  private target(node: Expr): Evaluator {
    return node.kind === 'name' ? this.rawName(node.name) : this.expression(node);
  }

  private attribute(targetNode: Expr, name: string): Evaluator {
    const target = this.target(targetNode);
    const isPlain = isPlainAttribute(name);
    return (scope) => {
      const value = target(scope);
      const quick = isPlain ? ordinaryEntry(value, name) : undefined;
      return quick === undefined ? attributeOf(value, name, scope) : quick;
    };
  }

  private item(targetNode: Expr, keyNode: Expr): Evaluator {
    const target = this.target(targetNode);
    if (keyNode.kind === 'slice') {
      const bound = (node?: Expr): Evaluator => (node === undefined ? () => null : this.expression(node));
      const [start, stop, step] = [bound(keyNode.start), bound(keyNode.stop), bound(keyNode.step)];
      return (scope) => {
        const bounds = { start: start(scope), stop: stop(scope), step: step(scope) };
        return getSlice(materialized(target(scope)), bounds, scope.evaluation);
      };
    }
    const constant = keyNode.kind === 'const' ? keyNode.value : undefined;
    if (isPlainKey(constant)) {
      return (scope) => {
        const value = target(scope);
        const quick = ordinaryEntry(value, constant);
        return quick === undefined ? itemOf(value, constant, scope) : quick;
      };
    }
    if (typeof constant === 'number' && constant >= 0) {
      return (scope) => {
        const value = target(scope);
        const quick: unknown = Array.isArray(value) ? value[constant] : undefined;
        return quick === undefined ? itemOf(value, constant, scope) : quick;
      };
    }
    const key = this.expression(keyNode);
    return (scope) => {
      const value = target(scope);
      return itemOf(value, key(scope), scope);
    };
  }

  private call(targetNode: Expr, call: CallArguments): Evaluator {
    if (targetNode.kind === 'attribute') return this.methodCall(targetNode, call);
    const target = this.expression(targetNode);
    const args = this.arguments(call);
    return (scope) => {
      return callValue(target(scope), args, scope);
    };
  }

  /** `target.name(…)`: a method of a Python type is called without being made a value first. */
  private methodCall({ target: node, name }: Expr & { readonly kind: 'attribute' }, call: CallArguments): Evaluator {
    const target = this.target(node);
    const args = this.arguments(call);
    return (scope) => {
      const value = target(scope);
      const method = isView(value) ? undefined : methodOf(value, name);
      if (method === undefined) return callValue(attributeOf(value, name, scope), args, scope);
      scope.evaluation.charge(2);
      const evaluated = args(scope);
      return callMethod(value, name, method, evaluated.args, evaluated.kwargs, scope.evaluation);
    };
  }

  private applied(
    what: 'filter' | 'test',
    table: FilterTable,
    node: Expr & { readonly kind: 'filter' | 'test' },
  ): Evaluator {
    const filter = this.find(what, table, node.name);
    const target = this.expression(node.target);
    const args = this.arguments(node.call);
    return (scope) => {
      const value = target(scope);
      const evaluated = args(scope);
      return applyFilter(node.name, filter, value, evaluated.args, evaluated.kwargs, scope);
    };
  }

  private find(what: 'filter' | 'test', table: FilterTable, name: string): FilterFunction {
    const found = Object.hasOwn(table, name) ? table[name] : undefined;
    if (found !== undefined) return found;
    const fail = (kind: string): never => {
      throw new JinjaError(kind, `No ${what} named '${name}'.`);
    };
    if (this.softDepth === 0) return fail('TemplateAssertionError');
    return { parameters: 'any', call: () => fail('TemplateRuntimeError') };
  }
}

/** The arguments of a call that has none but constants; they are the same each time. */
function constantArguments(call: CallArguments): ReturnType<EvaluatedCall> | undefined {
  if (call.dynArgs !== undefined || call.dynKwargs !== undefined) return undefined;
  const args: unknown[] = [];
  for (const node of call.args) {
    if (node.kind !== 'const') return undefined;
    args.push(node.value);
  }
  const kwargs = new Map<string, unknown>();
  for (const { name, value } of call.kwargs) {
    if (value.kind !== 'const') return undefined;
    kwargs.set(name, value.value);
  }
  return { args, kwargs: kwargs.size === 0 ? NO_KWARGS : kwargs };
}

function callValue(callee: unknown, args: EvaluatedCall, scope: Scope): unknown {
  if (callee instanceof Undefined) callee.fail();
  if (!(callee instanceof Callable))
    throw new PythonError('TypeError', `'${typeNameOf(callee)}' object is not callable`);
  scope.evaluation.charge(2);
  const evaluated = args(scope);
  return callee.call(evaluated.args, evaluated.kwargs, scope.evaluation);
}

function attributeOf(value: unknown, name: string, scope: Scope): unknown {
  if (isView(value)) return viewAttribute(value, name, scope.evaluation);
  return getAttribute(value, name, scope.evaluation);
}

function itemOf(value: unknown, key: unknown, scope: Scope): unknown {
  if (isView(value) && typeof key === 'string' && value.has(key)) return value.get(key);
  return getItem(materialized(value), key, scope.evaluation);
}

function isView(value: unknown): value is Parameters<typeof materializeView>[0] {
  return typeof value === 'object' && value !== null && !(value instanceof PyDict) && isDataView(value);
}

function materialized(value: unknown): unknown {
  return isView(value) ? materializeView(value) : value;
}

function definedKey(key: unknown): unknown {
  if (key instanceof Undefined) key.fail();
  return key;
}

function addKeywords(named: Map<string, unknown>, extra: unknown): void {
  if (typeof extra !== 'object' || extra === null)
    throw new PythonError('TypeError', 'argument after ** must be a mapping');
  for (const [name, value] of Object.entries(extra)) named.set(name, value);
}

/** Calls a filter or a test with its arguments put in order. */
export function applyFilter(
  name: string,
  filter: FilterFunction,
  value: unknown,
  args: readonly unknown[],
  kwargs: Kwargs,
  scope: Pick<Scope, 'evaluation'>,
): unknown {
  scope.evaluation.charge(2);
  const bound = filter.parameters === 'any' ? args : bindArguments(name, filter.parameters, args, kwargs);
  return filter.call(value, bound, scope.evaluation, kwargs);
}
