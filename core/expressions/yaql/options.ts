import type { FunctionTable, YaqlRuntime } from './function-table.ts';

/** Options of the engine under YAQL's own names; the defaults are Mistral's. */
export interface YaqlEngineOptions {
  /** Most items that a collection may have; negative: no limit of YAQL's (the budget still holds). */
  readonly limitIterators?: number;
  readonly convertSetsToLists?: boolean;
  readonly convertTuplesToLists?: boolean;
  readonly convertOutputData?: boolean;
  /** Default true: lists of the data count as tuples (`str([1])` is `(1,)`) and can be hashed. */
  readonly convertInputData?: boolean;
  readonly iterableDicts?: boolean;
  /** Default false: `lambda(...)` and calling a value. */
  readonly delegates?: boolean;
  /** Accepted and not used: YAQL counts the sizes of CPython's objects. The budget protects memory. */
  readonly memoryQuota?: number;
}

/** What one evaluation may use before it fails with the kind LimitExceeded. */
export interface YaqlBudget {
  /** Calls, items and copied elements; default 1,000,000. */
  readonly steps?: number;
  /** Characters and items of one value, the result included; default 5,000,000. */
  readonly outputLength?: number;
}

export interface YaqlOptions {
  /** The value of `$`: data, or a view to look names up in. */
  readonly data: unknown;
  /** Further variables by name, with or without the dollar sign. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Functions of the host; they go before the standard ones. */
  readonly functions?: FunctionTable;
  readonly engine?: YaqlEngineOptions;
  readonly budget?: YaqlBudget;
  readonly runtime?: YaqlRuntime;
}
