/** Turns statements into closures that write rendered text. */
import { PythonError } from '../../python/errors.ts';
import { toPyTuple } from '../../python/values.ts';
import type { Expr, FilterCall, MacroParameter, Statement } from './ast.ts';
import { type Evaluator, ExpressionCompiler } from './compile-expression.ts';
import { JinjaError } from './errors.ts';
import { Output, type Scope } from './evaluation.ts';
import { LoopContext } from './loop-context.ts';
import { Callable, type Kwargs, Namespace, NO_KWARGS } from './objects.ts';
import { listOf, textOf, truth } from './operations.ts';

type Renderer = (scope: Scope, output: Output) => void;
type Assigner = (scope: Scope, value: unknown) => void;

export class TemplateCompiler extends ExpressionCompiler {
  template(statements: readonly Statement[]): (scope: Scope) => string {
    const body = this.block(statements);
    return (scope) => render(body, scope);
  }

  private block(statements: readonly Statement[]): Renderer {
    const renderers = statements.map((statement) => this.statement(statement));
    return (scope, output) => {
      for (const renderer of renderers) renderer(scope, output);
    };
  }

  private statement(node: Statement): Renderer {
    switch (node.kind) {
      case 'data':
        return (_scope, output) => output.write(node.text);
      case 'output': {
        const value = this.expression(node.value);
        return (scope, output) => output.write(textOf(value(scope), scope.evaluation));
      }
      case 'if':
        return this.condition(node);
      case 'for':
        return this.loop(node);
      case 'set': {
        const value = this.expression(node.value);
        const assign = this.assigner(node.target);
        return (scope) => assign(scope, value(scope));
      }
      case 'set-block':
        return this.setBlock(node);
      case 'macro': {
        const macro = this.macro(node.name, node.parameters, node.body);
        return (scope) => scope.set(node.name, macro(scope));
      }
      case 'call-block':
        return this.callBlock(node);
      case 'filter-block': {
        const value = this.captured(node.body, node.filters);
        return (scope, output) => output.write(textOf(value(scope), scope.evaluation));
      }
      case 'with':
        return this.withBlock(node);
      case 'block': {
        const body = this.block(node.body);
        return (scope, output) => body(scope.child(), output);
      }
      case 'other-template':
        throw new JinjaError('TypeError', `'${node.tag}': no loader for this environment specified`);
    }
  }

  private condition(node: Statement & { readonly kind: 'if' }): Renderer {
    const test = this.expression(node.test);
    this.softDepth += 1;
    const then = this.block(node.body);
    const otherwise = this.block(node.otherwise);
    this.softDepth -= 1;
    return (scope, output) => {
      scope.evaluation.charge(1);
      if (truth(test(scope))) then(scope, output);
      else otherwise(scope, output);
    };
  }

  private loop(node: Statement & { readonly kind: 'for' }): Renderer {
    const iterable = this.expression(node.iterable);
    const assign = this.assigner(node.target);
    const test = node.test === undefined ? undefined : this.expression(node.test);
    const body = this.block(node.body);
    const otherwise = this.block(node.otherwise);
    const run = (scope: Scope, output: Output, source: unknown, depth: number): void => {
      const items = listOf(source, scope.evaluation).filter((item) => {
        if (test === undefined) return true;
        const inner = scope.child();
        assign(inner, item);
        return truth(test(inner));
      });
      const recurse = node.recursive
        ? (inner: unknown): string =>
            scope.evaluation.nested(() => render((at, into) => run(at, into, inner, depth + 1), scope))
        : undefined;
      const loop = new LoopContext(items, depth, scope.evaluation, recurse);
      for (let index = 0; index < items.length; index += 1) {
        const inner = scope.child();
        loop.index0 = index;
        assign(inner, items[index]);
        inner.set('loop', loop);
        body(inner, output);
      }
      if (items.length === 0) otherwise(scope.child(), output);
    };
    return (scope, output) => run(scope, output, iterable(scope), 0);
  }

  private setBlock(node: Statement & { readonly kind: 'set-block' }): Renderer {
    const value = this.captured(node.body, node.filters);
    const assign = this.assigner(node.target);
    return (scope) => assign(scope, value(scope));
  }

  /** The text of a block, run through filters. */
  private captured(body: readonly Statement[], filters: readonly FilterCall[]): Evaluator {
    const block = this.block(body);
    const calls = filters.map(({ name, call }) => this.filterCall(name, call));
    return (scope) => {
      const text: unknown = render(block, scope.child());
      return calls.reduce((value, filter) => filter(scope, value), text);
    };
  }

  private callBlock(node: Statement & { readonly kind: 'call-block' }): Renderer {
    if (node.call.kind !== 'call') throw new JinjaError('TemplateSyntaxError', 'expected call');
    const target = this.expression(node.call.target);
    const args = this.arguments(node.call.call);
    const caller = this.macro('caller', node.parameters, node.body);
    return (scope, output) => {
      const callee = target(scope);
      if (!(callee instanceof Callable)) throw new PythonError('TypeError', 'object is not callable');
      const evaluated = args(scope);
      const kwargs = new Map(evaluated.kwargs).set('caller', caller(scope));
      output.write(textOf(callee.call(evaluated.args, kwargs, scope.evaluation), scope.evaluation));
    };
  }

  private withBlock(node: Statement & { readonly kind: 'with' }): Renderer {
    const bindings = node.bindings.map(({ target, value }) => ({
      assign: this.assigner(target),
      value: this.expression(value),
    }));
    const body = this.block(node.body);
    return (scope, output) => {
      const inner = scope.child();
      for (const { assign, value } of bindings) assign(inner, value(scope));
      body(inner, output);
    };
  }

  private macro(
    name: string,
    parameters: readonly MacroParameter[],
    body: readonly Statement[],
  ): (scope: Scope) => Macro {
    const compiled: MacroDefinition = {
      name,
      parameters: parameters.map((parameter) => ({
        name: parameter.name,
        fallback: parameter.fallback === undefined ? undefined : this.expression(parameter.fallback),
      })),
      body: this.block(body),
      extras: new Set(['varargs', 'kwargs', 'caller'].filter((extra) => mentions(body, extra))),
    };
    return (scope) => new Macro(compiled, scope);
  }

  private assigner(target: Expr): Assigner {
    if (target.kind === 'name') return (scope, value) => scope.set(target.name, value);
    if (target.kind === 'nsref') return (scope, value) => setNamespace(scope, target.name, target.attribute, value);
    if (target.kind !== 'tuple') throw new JinjaError('TemplateSyntaxError', `can't assign to '${target.kind}'`);
    const assigners = target.items.map((item) => this.assigner(item));
    return (scope, value) => {
      const items = listOf(value, scope.evaluation);
      if (items.length > assigners.length) {
        throw new PythonError('ValueError', `too many values to unpack (expected ${assigners.length})`);
      }
      if (items.length < assigners.length) {
        const counts = `expected ${assigners.length}, got ${items.length}`;
        throw new PythonError('ValueError', `not enough values to unpack (${counts})`);
      }
      assigners.forEach((assign, index) => void assign(scope, items[index]));
    };
  }
}

function render(body: Renderer, scope: Scope): string {
  const output = new Output(scope.evaluation);
  body(scope, output);
  return output.toString();
}

function setNamespace(scope: Scope, name: string, attribute: string, value: unknown): void {
  const namespace = scope.lookup(name);
  if (!(namespace instanceof Namespace)) {
    throw new JinjaError('TemplateRuntimeError', 'cannot assign attribute on non-namespace object');
  }
  namespace.attributes.set(attribute, value);
}

/** True when a name is used anywhere in the tree. */
function mentions(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((item) => mentions(item, name));
  if (typeof node !== 'object' || node === null) return false;
  if ('kind' in node && node.kind === 'name' && 'name' in node && node.name === name) return true;
  return Object.values(node).some((item) => mentions(item, name));
}

interface MacroDefinition {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly fallback: Evaluator | undefined }[];
  readonly body: Renderer;
  /** Which of `varargs`, `kwargs` and `caller` the body uses: only then more arguments are accepted. */
  readonly extras: ReadonlySet<string>;
}

class Macro extends Callable {
  override readonly typeName = 'Macro';
  readonly name: string;
  private readonly definition: MacroDefinition;
  private readonly scope: Scope;

  constructor(definition: MacroDefinition, scope: Scope) {
    super();
    this.name = definition.name;
    this.definition = definition;
    this.scope = scope;
  }

  override attribute(name: string): unknown {
    if (name === 'name') return this.name;
    if (name === 'arguments') return toPyTuple(this.definition.parameters.map((parameter) => parameter.name));
    return undefined;
  }

  call(args: readonly unknown[], kwargs: Kwargs = NO_KWARGS): unknown {
    const { evaluation } = this.scope;
    const inner = this.scope.child();
    this.bind(inner, args, new Map(kwargs));
    return evaluation.nested(() => render(this.definition.body, inner));
  }

  private bind(inner: Scope, args: readonly unknown[], rest: Map<string, unknown>): void {
    const { parameters, extras, name } = this.definition;
    parameters.forEach((parameter, index) => {
      let given = index < args.length ? args[index] : rest.get(parameter.name);
      if (index >= args.length) rest.delete(parameter.name);
      if (given === undefined) given = parameter.fallback?.(inner);
      if (given === undefined) given = inner.evaluation.undefined(`parameter '${parameter.name}' was not provided`);
      inner.set(parameter.name, given);
    });
    if (extras.has('caller'))
      inner.set('caller', rest.get('caller') ?? inner.evaluation.undefined('No caller defined'));
    else if (rest.has('caller')) {
      throw new PythonError(
        'TypeError',
        `macro '${name}' was invoked with two values for the special caller argument.`,
      );
    }
    rest.delete('caller');
    if (extras.has('kwargs')) inner.set('kwargs', Object.fromEntries(rest));
    else if (rest.size > 0) {
      throw new PythonError('TypeError', `macro '${name}' takes no keyword argument '${[...rest.keys()][0]}'`);
    }
    if (extras.has('varargs')) inner.set('varargs', toPyTuple(args.slice(parameters.length)));
    else if (args.length > parameters.length) {
      throw new PythonError('TypeError', `macro '${name}' takes not more than ${parameters.length} argument(s)`);
    }
  }
}
