/**
 * Values of Jinja that are not data: undefined, ranges, iterators, dict views, namespaces and callables.
 * All of them are {@link HostObject}s, which name their attributes themselves; a template can never reach the
 * JavaScript object behind one. No JavaScript function is ever a value: what can be called is a {@link Callable}.
 */
import { PythonError } from '../../python/errors.ts';
import { pyStr } from '../../python/repr.ts';
import { type PyFloat, PyTuple } from '../../python/values.ts';
import { JinjaError } from './errors.ts';
import type { Evaluation } from './evaluation.ts';

export type Kwargs = ReadonlyMap<string, unknown>;
export const NO_KWARGS: Kwargs = new Map();

export abstract class HostObject {
  abstract readonly typeName: string;

  /** The attribute of that name, or JavaScript's `undefined` when there is none. */
  attribute(_name: string): unknown {
    return undefined;
  }

  /** The item of that key, or `undefined`. */
  item(_key: unknown): unknown {
    return undefined;
  }

  /** Items, when the object can be iterated. */
  items(): Iterable<unknown> | undefined {
    return undefined;
  }

  /** Number of items, when the object has one. */
  length(): number | undefined {
    return undefined;
  }

  /** The value as a number, for objects that Python's `int()` takes. */
  number(): number | bigint | PyFloat | undefined {
    return undefined;
  }

  text(): string {
    return `<${this.typeName}>`;
  }
}

export type UndefinedMode = 'strict' | 'lenient';

/** A missing value. In strict mode everything but tests for definedness and `default` fails with its message. */
export class Undefined extends HostObject {
  readonly typeName = 'Undefined';
  readonly message: string;
  readonly mode: UndefinedMode;
  readonly errorKind: 'UndefinedError' | 'SecurityError';

  constructor(message: string, mode: UndefinedMode, errorKind: 'UndefinedError' | 'SecurityError' = 'UndefinedError') {
    super();
    this.message = message;
    this.mode = mode;
    this.errorKind = errorKind;
  }

  fail(): never {
    throw new JinjaError(this.errorKind, this.message);
  }

  /** Fails unless undefined values are allowed to count as empty. */
  requireLenient(): void {
    if (this.mode === 'strict' || this.errorKind === 'SecurityError') this.fail();
  }

  override attribute(_name: string): unknown {
    this.fail();
  }

  override items(): Iterable<unknown> {
    this.requireLenient();
    return [];
  }

  override length(): number {
    this.requireLenient();
    return 0;
  }

  override text(): string {
    this.requireLenient();
    return '';
  }
}

/** `range(...)`: counted, indexable, printed as Python prints it. */
export class PyRange extends HostObject {
  readonly typeName = 'range';
  readonly start: number;
  readonly stop: number;
  readonly step: number;

  constructor(start: number, stop: number, step: number) {
    super();
    this.start = start;
    this.stop = stop;
    this.step = step;
  }

  override length(): number {
    return Math.max(0, Math.ceil((this.stop - this.start) / this.step));
  }

  override *items(): Iterable<unknown> {
    const count = this.length();
    for (let index = 0; index < count; index += 1) yield this.start + index * this.step;
  }

  override item(key: unknown): unknown {
    if (typeof key !== 'number') return undefined;
    const index = key < 0 ? key + this.length() : key;
    return index >= 0 && index < this.length() ? this.start + index * this.step : undefined;
  }

  override text(): string {
    const step = this.step === 1 ? '' : `, ${this.step}`;
    return `range(${this.start}, ${this.stop}${step})`;
  }
}

/** A one-pass iterator, as Python's generators: `map`, `select`, `batch` and their like give one. */
export class PyIterator extends HostObject {
  readonly typeName: string;
  private readonly start: () => Iterator<unknown>;
  private iterator: Iterator<unknown> | undefined;

  /** @param start called when the first item is asked for */
  constructor(start: () => Iterator<unknown>, typeName = 'generator') {
    super();
    this.start = start;
    this.typeName = typeName;
  }

  override items(): Iterable<unknown> {
    this.iterator ??= this.start();
    const { iterator } = this;
    return { [Symbol.iterator]: () => ({ next: () => iterator.next() }) };
  }

  /** Uses up what is left; each item costs a step. */
  forEach(evaluation: Evaluation, sink: (item: unknown) => void): void {
    for (const item of this.items()) {
      evaluation.charge(1);
      sink(item);
    }
  }

  override text(): string {
    return `<${this.typeName} object>`;
  }
}

/** `dict.keys()`, `.values()` and `.items()`. */
export class DictView extends HostObject {
  readonly typeName: 'dict_keys' | 'dict_values' | 'dict_items';
  readonly contents: readonly unknown[];

  constructor(typeName: 'dict_keys' | 'dict_values' | 'dict_items', contents: readonly unknown[]) {
    super();
    this.typeName = typeName;
    this.contents = contents;
  }

  override items(): Iterable<unknown> {
    return this.contents;
  }

  override length(): number {
    return this.contents.length;
  }

  override text(): string {
    return `${this.typeName}(${pyStr(this.contents)})`;
  }
}

/** `namespace(...)`: the one object whose attributes `set` may change. */
export class Namespace extends HostObject {
  readonly typeName = 'Namespace';
  readonly attributes = new Map<string, unknown>();

  override attribute(name: string): unknown {
    return this.attributes.get(name);
  }

  override item(key: unknown): unknown {
    return typeof key === 'string' ? this.attributes.get(key) : undefined;
  }
}

/** A pair of `groupby`: a tuple whose items also have names. */
export class GroupTuple extends PyTuple {}

/** Something that a template can call. */
export abstract class Callable extends HostObject {
  readonly typeName: string = 'function';
  abstract readonly name: string;
  abstract call(args: readonly unknown[], kwargs: Kwargs, evaluation: Evaluation): unknown;

  override text(): string {
    return `<function ${this.name}>`;
  }
}

/** A callable made of a function of ours, which checks its own arguments. */
export class HostFunction extends Callable {
  readonly name: string;
  private readonly body: (args: readonly unknown[], kwargs: Kwargs, evaluation: Evaluation) => unknown;

  constructor(name: string, body: (args: readonly unknown[], kwargs: Kwargs, evaluation: Evaluation) => unknown) {
    super();
    this.name = name;
    this.body = body;
  }

  call(args: readonly unknown[], kwargs: Kwargs, evaluation: Evaluation): unknown {
    return this.body(args, kwargs, evaluation);
  }
}

const requiredCounts = new WeakMap<readonly string[], number>();

function requiredCount(parameters: readonly string[]): number {
  let count = requiredCounts.get(parameters);
  if (count === undefined) {
    const optional = parameters.findIndex((parameter) => parameter.endsWith('?'));
    count = optional === -1 ? parameters.length : optional;
    requiredCounts.set(parameters, count);
  }
  return count;
}

/**
 * Puts positional and keyword arguments in the order of the parameters; a name that ends in `?` may be left out.
 * @param owner the type whose method it is, for messages
 */
export function bindArguments(
  name: string,
  parameters: readonly string[],
  args: readonly unknown[],
  kwargs: Kwargs = NO_KWARGS,
  owner?: () => string,
): readonly unknown[] {
  const fits = kwargs.size === 0 && args.length <= parameters.length && args.length >= requiredCount(parameters);
  return fits ? args : rearranged(owner === undefined ? name : `${owner()}.${name}`, parameters, args, kwargs);
}

function rearranged(
  name: string,
  parameters: readonly string[],
  args: readonly unknown[],
  kwargs: Kwargs,
): readonly unknown[] {
  if (args.length > parameters.length) {
    throw new PythonError('TypeError', `${name}() takes at most ${parameters.length} arguments (${args.length} given)`);
  }
  const bound: unknown[] = [...args];
  const names = parameters.map((parameter) => parameter.replace('?', ''));
  for (const [key, value] of kwargs) {
    const index = names.indexOf(key);
    if (index === -1) throw new PythonError('TypeError', `${name}() got an unexpected keyword argument '${key}'`);
    if (index < args.length) throw new PythonError('TypeError', `${name}() got multiple values for argument '${key}'`);
    bound[index] = value;
  }
  parameters.forEach((parameter, index) => {
    if (bound[index] !== undefined || parameter.endsWith('?')) return;
    throw new PythonError('TypeError', `${name}() missing 1 required positional argument: '${parameter}'`);
  });
  return bound;
}
