import { type EqualityOptions, pyEquals } from '../../python/equality.ts';
import { PythonError } from '../../python/errors.ts';
import { PyDictView, PyIterator } from '../../python/iterator.ts';
import { Regex } from '../../python/regex.ts';
import { pyRepr, pyStr, type ReprOptions } from '../../python/repr.ts';
import { createHasher, type Hasher, PySet, PyTuple } from '../../python/values.ts';
import type { ExpressionNode } from './ast.ts';
import { YaqlError } from './errors.ts';
import { type FunctionTable, realmRuntime, type YaqlRuntime } from './function-table.ts';
import type { YaqlOptions } from './options.ts';
import type { Scope } from './scope.ts';

const DEFAULT_STEPS = 1_000_000;
const DEFAULT_OUTPUT_LENGTH = 5_000_000;
/** Calls inside of calls; Python's own stack ends far earlier. */
const MAX_CALL_DEPTH = 600;
/** Copying this many elements costs about as much as one call. */
const ELEMENTS_PER_STEP = 16;

/** The parts of the engine that values and functions call back into. */
export interface Machine {
  evaluate(node: ExpressionNode, scope: Scope, evaluation: Evaluation): unknown;
  callFunction(name: string, args: readonly unknown[], evaluation: Evaluation): unknown;
  callNamed(
    name: string,
    receiver: unknown,
    isMethod: boolean,
    args: readonly unknown[],
    named: ReadonlyMap<string, unknown>,
    scope: Scope,
    evaluation: Evaluation,
  ): unknown;
}

/**
 * One evaluation: its options, its budget and the identity of its values.
 *
 * YAQL freezes its input: lists become tuples, all can be hashed. Copying the data for that would cost more than most
 * expressions, so here every array counts as a tuple, except those that were marked as made by Python code as lists.
 */
export class Evaluation {
  readonly runtime: YaqlRuntime;
  /** The value of `$` for the whole expression. */
  readonly data: unknown;
  readonly functions: FunctionTable | undefined;
  readonly iterableDicts: boolean;
  readonly delegates: boolean;
  readonly limitIterators: number;
  readonly convertSetsToLists: boolean;
  readonly convertOutputData: boolean;
  readonly outputLength: number;
  readonly hash: Hasher;
  /** Names given by `def`, which have to be looked up in the scopes. */
  readonly definedNames = new Set<string>();
  readonly #patterns = new Set<string>();
  readonly #machine: Machine;
  readonly #convertInputData: boolean;
  readonly #mutable = new WeakSet<object>();
  readonly #repr: ReprOptions;
  readonly #equality: EqualityOptions;
  #steps: number;
  #depth = 0;

  constructor(options: YaqlOptions, machine: Machine) {
    const engine = options.engine ?? {};
    this.#machine = machine;
    this.runtime = options.runtime ?? realmRuntime;
    this.data = options.data;
    this.functions = options.functions;
    this.iterableDicts = engine.iterableDicts ?? false;
    this.delegates = engine.delegates ?? false;
    this.limitIterators = engine.limitIterators ?? -1;
    this.convertSetsToLists = engine.convertSetsToLists ?? false;
    this.convertOutputData = engine.convertOutputData ?? true;
    this.#convertInputData = engine.convertInputData ?? true;
    this.outputLength = options.budget?.outputLength ?? DEFAULT_OUTPUT_LENGTH;
    this.#steps = options.budget?.steps ?? DEFAULT_STEPS;
    this.hash = createHasher((container) => {
      this.spend(3);
      return !this.#mutable.has(container);
    }, nameOfSetView);
    this.#equality = { isList: (array) => this.isList(array), onContainer: this.#countContainer };
    this.#repr = {
      isList: (array) => this.isList(array),
      onContainer: this.#countContainer,
      other: (value) => describeObject(value, this.#repr),
    };
  }

  /** Counts a container that is gone through by a text or a comparison: shared parts can make these endless. */
  readonly #countContainer = (size: number): void => {
    this.spend(2 + size / ELEMENTS_PER_STEP);
  };

  /** Counts one step of work. @throws YaqlError of kind LimitExceeded when the budget is used up */
  step(): void {
    this.spend(1);
  }

  /** Whether this evaluation has not seen a regular expression yet. */
  isNewPattern(key: string): boolean {
    if (this.#patterns.has(key)) return false;
    this.#patterns.add(key);
    return true;
  }

  /** Counts several steps. @throws YaqlError of kind LimitExceeded */
  spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) throw new YaqlError('LimitExceeded', 'The expression needs more steps than it is allowed');
  }

  /** Counts the making of a text or a collection of that size. */
  charge(size: number): void {
    if (size > this.outputLength) {
      throw new YaqlError('LimitExceeded', `The expression makes a value of more than ${this.outputLength} elements`);
    }
    this.spend(size / ELEMENTS_PER_STEP);
  }

  enter(): void {
    this.#depth += 1;
    if (this.#depth > MAX_CALL_DEPTH) throw new YaqlError('RecursionError', 'The expression calls itself too deeply');
  }

  leave(): void {
    this.#depth -= 1;
  }

  evaluate(node: ExpressionNode, scope: Scope): unknown {
    return this.#machine.evaluate(node, scope, this);
  }

  /** Calls a function (or an operator) of the language with values. */
  callFunction(name: string, ...args: readonly unknown[]): unknown {
    return this.#machine.callFunction(name, args, this);
  }

  /** Calls by name as an expression in that scope would. */
  callNamed(
    name: string,
    receiver: unknown,
    isMethod: boolean,
    args: readonly unknown[],
    named: ReadonlyMap<string, unknown>,
    scope: Scope,
  ): unknown {
    return this.#machine.callNamed(name, receiver, isMethod, args, named, scope, this);
  }

  /** Marks an array or a dict as mutable, as Python makes it in places: it prints as a list and cannot be hashed. */
  asMutable<T extends object>(container: T): T {
    this.#mutable.add(container);
    return container;
  }

  /** Marks all containers inside of a value that Python code made outside of YAQL. */
  markMutable(value: unknown): void {
    if (typeof value !== 'object' || value === null || this.#mutable.has(value)) return;
    this.#mutable.add(value);
    this.step();
    if (Array.isArray(value)) for (const item of value) this.markMutable(item);
    else if (!(value instanceof PyIterator)) for (const item of Object.values(value)) this.markMutable(item);
  }

  isList(array: readonly unknown[]): boolean {
    return !(array instanceof PyTuple) && this.#mutable.has(array);
  }

  /** True when arrays are passed to host functions as the tuples that YAQL holds them for. */
  get freezesInput(): boolean {
    return this.#convertInputData;
  }

  equals(left: unknown, right: unknown): boolean {
    if (left === right) return true;
    return pyEquals(left, right, this.#equality);
  }

  /** YAQL's `str`. */
  str(value: unknown): string {
    if (typeof value === 'string') return value;
    if (value === null || value === undefined) return 'null';
    if (typeof value === 'boolean') return value ? 'true' : 'false';
    const text = pyStr(value, this.#repr);
    this.charge(text.length);
    return text;
  }

  set(members: Iterable<unknown>): PySet {
    return new PySet(members, true, this.hash);
  }

  /** An iterator that is paid for item by item. */
  iterator(source: Iterator<unknown>): PyIterator {
    return new PyIterator({
      next: () => {
        this.step();
        return source.next();
      },
    });
  }

  /** The same iterable, stopped when it is longer than the engine allows. */
  limited(source: Iterable<unknown>): PyIterator {
    if (this.limitIterators < 0) {
      const iterator = source[Symbol.iterator]();
      return iterator instanceof PyIterator ? iterator : this.iterator(iterator);
    }
    return this.iterator(limit(source, this.limitIterators));
  }

  /** @throws YaqlError of kind CollectionTooLargeException */
  checkSize<T extends readonly unknown[] | PySet | PyDictView>(collection: T): T {
    if (this.limitIterators >= 0) {
      const size = sizeOf(collection);
      if (size > this.limitIterators) throw tooLarge(this.limitIterators);
    }
    return collection;
  }
}

/** Views that are sets cannot be keys, as other sets that change. */
function nameOfSetView(value: object): string | undefined {
  if (!(value instanceof PyDictView) || value.kind === 'values') return undefined;
  return value.kind === 'keys' ? 'KeysView' : 'ItemsView';
}

function sizeOf(collection: readonly unknown[] | PySet | PyDictView): number {
  if (collection instanceof PySet) return collection.size;
  return collection instanceof PyDictView ? collection.toArray().length : collection.length;
}

function tooLarge(count: number): YaqlError {
  return new YaqlError('CollectionTooLargeException', `Collection length exceeds ${count} elements`);
}

function* limit(source: Iterable<unknown>, count: number): Generator<unknown> {
  let index = 0;
  for (const item of source) {
    if (index >= count) throw tooLarge(count);
    index += 1;
    yield item;
  }
}

function describeObject(value: object, options: ReprOptions): string {
  if (value instanceof PyDictView) {
    const name = `${value.kind[0]?.toUpperCase()}${value.kind.slice(1)}View`;
    return `${name}(${pyRepr(value.dict, options)})`;
  }
  if (value instanceof PyIterator) return '<iterator>';
  if (value instanceof Regex) return value.toString();
  return `<${value.constructor.name}>`;
}

/** Reading beyond the end, in Python's words. */
export function stopIteration(message = ''): PythonError {
  return new PythonError('StopIteration', message);
}
