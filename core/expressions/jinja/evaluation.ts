/** State of one evaluation: the environment, the names in scope, and the budget that user text may spend. */
import { dictSize, dictValues, isDict } from '../../python/dict.ts';
import { PythonError } from '../../python/errors.ts';
import { PySet } from '../../python/values.ts';
import type { ExpressionRuntime, RuntimeFunctions } from '../functions/function-table.ts';
import { JinjaLimitError } from './errors.ts';
import { HostObject, type Kwargs, Undefined, type UndefinedMode } from './objects.ts';

/** Limits of one evaluation. */
export interface JinjaBudget {
  /** Operations: about 10 million a second. */
  readonly steps: number;
  /** Characters of rendered text, and of any one string. */
  readonly outputLength: number;
}

export const DEFAULT_BUDGET: JinjaBudget = { steps: 2_000_000, outputLength: 8_000_000 };
const MAX_DATA_DEPTH = 200;
const MAX_CALL_DEPTH = 60;

/** A filter or a test: its parameters after the value (`name?` may be left out), and its body. */
export interface FilterFunction {
  readonly parameters: readonly string[] | 'any';
  call(value: unknown, args: readonly unknown[], evaluation: Evaluation, kwargs: Kwargs): unknown;
}
export type FilterTable = Readonly<Record<string, FilterFunction>>;

/** The filters and tests that templates may name. */
export interface JinjaLibrary {
  readonly filters: FilterTable;
  readonly tests: FilterTable;
}

export class Evaluation {
  readonly library: JinjaLibrary;
  readonly undefinedMode: UndefinedMode;
  readonly runtime: ExpressionRuntime;
  /** Decrypts a value of the datastore, where the host allows it. */
  readonly decrypt: ((text: string) => string) | undefined;
  /** Functions of the host that may stand as filters. */
  readonly functions: RuntimeFunctions | undefined;
  private readonly budget: JinjaBudget;
  private readonly created: object[] = [];
  /** The same, for look-ups; made when the first one is asked for, for few templates change anything. */
  private createdSet: Set<object> | undefined;
  private steps = 0;
  private depth = 0;

  constructor(options: {
    library: JinjaLibrary;
    undefinedMode: UndefinedMode;
    runtime: ExpressionRuntime;
    budget: JinjaBudget;
    decrypt: ((text: string) => string) | undefined;
    functions: RuntimeFunctions | undefined;
  }) {
    this.library = options.library;
    this.undefinedMode = options.undefinedMode;
    this.runtime = options.runtime;
    this.decrypt = options.decrypt;
    this.functions = options.functions;
    this.budget = options.budget;
  }

  /** Marks a list or dict as made by the template itself, so that its methods may change it. */
  own<T extends object>(value: T): T {
    if (this.createdSet === undefined) this.created.push(value);
    else this.createdSet.add(value);
    return value;
  }

  /** Data of the workflow is shared and must not change. @throws PythonError TypeError unless the template made it */
  requireOwn(value: object): void {
    this.createdSet ??= new Set(this.created);
    if (this.createdSet.has(value)) return;
    throw new PythonError('TypeError', 'an expression cannot change the data it reads; copy it first');
  }

  /** Spends steps. @throws JinjaLimitError when they are used up */
  charge(steps: number): void {
    this.steps += steps;
    if (this.steps > this.budget.steps) throw new JinjaLimitError('steps', this.budget.steps);
  }

  /** Pays for a text before or after it is made. */
  chargeText(length: number): void {
    if (length > this.budget.outputLength) throw new JinjaLimitError('characters', this.budget.outputLength);
    this.charge(length >> 5);
  }

  /** Pays for walking a structure: shared parts count each time, so small templates cannot print huge values. */
  chargeTree(value: unknown, depth = 0): void {
    if (typeof value === 'string') return this.chargeText(value.length);
    if (typeof value !== 'object' || value === null) return;
    this.checkDepth(depth);
    if (Array.isArray(value) || value instanceof PySet) {
      this.charge(1 + (Array.isArray(value) ? value.length : value.size));
      for (const item of value) this.chargeTree(item, depth + 1);
    } else if (isDict(value)) {
      this.charge(1 + dictSize(value));
      for (const item of dictValues(value)) this.chargeTree(item, depth + 1);
    } else if (value instanceof HostObject) this.charge(1 + (value.length() ?? 0));
  }

  /** @throws JinjaLimitError when a structure is nested deeper than it may be */
  checkDepth(depth: number): void {
    if (depth > MAX_DATA_DEPTH) throw new JinjaLimitError('levels of nesting', MAX_DATA_DEPTH);
  }

  /** Runs a macro or a recursive loop, whose depth is limited. */
  nested<T>(body: () => T): T {
    this.depth += 1;
    if (this.depth > MAX_CALL_DEPTH) throw new JinjaLimitError('nested calls', MAX_CALL_DEPTH);
    try {
      return body();
    } finally {
      this.depth -= 1;
    }
  }

  undefined(message: string, errorKind?: 'UndefinedError' | 'SecurityError'): Undefined {
    return new Undefined(message, this.undefinedMode, errorKind);
  }
}

/** Looks names up that no statement has set: the data, then the globals. Gives `undefined` for none. */
export type NameSource = (name: string) => unknown;

/** The variables of a block, within those of the enclosing blocks. */
export class Scope {
  readonly evaluation: Evaluation;
  private readonly parent: Scope | undefined;
  private readonly source: NameSource;
  private variables: Map<string, unknown> | undefined;

  constructor(evaluation: Evaluation, source: NameSource, parent?: Scope) {
    this.evaluation = evaluation;
    this.source = source;
    this.parent = parent;
  }

  child(): Scope {
    return new Scope(this.evaluation, this.source, this);
  }

  set(name: string, value: unknown): void {
    this.variables ??= new Map();
    this.variables.set(name, value);
  }

  lookup(name: string): unknown {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      const value = scope.variables?.get(name);
      if (value !== undefined) return value;
    }
    return this.source(name);
  }
}

/** Collects rendered text within the budget. */
export class Output {
  private text = '';
  private readonly evaluation: Evaluation;

  constructor(evaluation: Evaluation) {
    this.evaluation = evaluation;
  }

  write(text: string): void {
    this.text += text;
    this.evaluation.charge(1 + (text.length >> 5));
    this.evaluation.chargeText(this.text.length > 1_000_000 ? this.text.length : 0);
  }

  toString(): string {
    return this.text;
  }
}
