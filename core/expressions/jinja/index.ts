/** Jinja2 for user text: hardened, limited, deterministic, without generated code. */
import type { ExpressionFunctions } from '../functions/function-table.ts';
import { JinjaEnvironment } from './environment.ts';
import type { FilterFunction, FilterTable } from './evaluation.ts';
import { builtinFilters } from './filters/index.ts';
import { builtinTests } from './tests.ts';

export { JinjaEnvironment, type JinjaInput } from './environment.ts';
export { JinjaError, JinjaLimitError, JinjaSyntaxError } from './errors.ts';
export type { FilterFunction, FilterTable, JinjaBudget, NameSource } from './evaluation.ts';
export { globals as jinjaGlobals } from './globals.ts';
export { HostFunction, HostObject, type Kwargs, NO_KWARGS, Undefined, type UndefinedMode } from './objects.ts';
export { parseExpression, parseTemplate } from './template-parser.ts';
export { undeclaredNames } from './undeclared-names.ts';

/** An environment with Jinja2's own filters and tests, and filters of ours. */
export function createJinjaEnvironment(filters: FilterTable): JinjaEnvironment {
  return new JinjaEnvironment({ filters: { ...builtinFilters, ...filters }, tests: builtinTests });
}

/** A filter for each function of a table. */
export function filterTable(
  functions: ExpressionFunctions,
  toFilter: (definition: ExpressionFunctions[string]) => FilterFunction,
): FilterTable {
  return Object.fromEntries(Object.entries(functions).map(([name, definition]) => [name, toFilter(definition)]));
}
