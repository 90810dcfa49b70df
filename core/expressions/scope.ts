/** What an expression of a workflow can see. */
import { dictHas, isDict } from '../python/dict.ts';
import { pyTruth } from '../python/equality.ts';
import { type DataView as ContextView, isDataView } from './data-view.ts';
import type { ExpressionRuntime, RuntimeFunctions } from './functions/function-table.ts';
import type { YaqlEngineOptions } from './yaql/options.ts';

export interface ExpressionScope {
  /** `$` in YAQL, `_` in Jinja: data, or a view on the layers of a workflow's context. */
  readonly data: unknown | ContextView;
  /** Functions of the host by name, such as `task`; they come before the built-in ones. */
  readonly functions?: RuntimeFunctions;
  readonly runtime?: ExpressionRuntime;
  /** Options of YAQL that differ from Mistral's. */
  readonly yaqlEngine?: YaqlEngineOptions;
}

/** Entries of the data that both languages offer under their own names, too. */
export const ROOT_NAMES = ['__env', '__execution', '__task_execution'] as const;

/** An entry of the data, or `undefined`. */
export function dataEntry(data: unknown, name: string): unknown {
  if (isDict(data)) return dictHas(data, name) ? (data as Record<string, unknown>)[name] : undefined;
  if (isDataView(data)) return data.get(name);
  return undefined;
}

/** True for data that has entries; of other values, for those that Python holds true. */
export function hasData(data: unknown): boolean {
  if (isDataView(data)) return data.keys()[Symbol.iterator]().next().done !== true;
  return pyTruth(data ?? null);
}
