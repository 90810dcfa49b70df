/**
 * Expression functions as YAQL sees them. The table is built once per set of names, for the engine remembers resolved
 * calls by table; what a call needs of the running evaluation is found through {@link runWithScope}.
 */
import type { ExpressionScope } from '../scope.ts';
import type { FunctionTable, HostFunction } from '../yaql/function-table.ts';
import { defaultRuntime, type ExpressionFunction, type RuntimeFunctions } from './function-table.ts';
import { mistralFunctions } from './index.ts';

let current: ExpressionScope | undefined;

/** Makes a scope the one that functions see while `body` runs. Evaluation is synchronous, so one variable is enough. */
export function runWithScope<T>(scope: ExpressionScope, body: () => T): T {
  const outer = current;
  current = scope;
  try {
    return body();
  } finally {
    current = outer;
  }
}

function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
}

function fromTable(definition: ExpressionFunction): HostFunction {
  return {
    name: definition.name,
    params: definition.params.map((param) => ({ ...param, name: camelCase(param.name) })),
    call: (args) =>
      definition.call(args, { runtime: current?.runtime ?? defaultRuntime, data: current?.data, language: 'yaql' }),
  };
}

/** A function of the host takes any arguments; keyword names come back as the host writes them. */
function fromHost(name: string): HostFunction {
  return {
    name,
    params: [],
    variadic: true,
    call: (args, _runtime, named) => {
      const snake = Object.entries(named).map(([key, value]): [string, unknown] => [
        key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        value,
      ]);
      return current?.functions?.[name]?.(args, Object.fromEntries(snake)) ?? null;
    },
  };
}

const builtin = new Map(Object.values(mistralFunctions).map((definition) => [definition.name, fromTable(definition)]));
const tables = new Map<string, FunctionTable>();

/** The table for a host that gives these functions. */
export function yaqlFunctions(host: RuntimeFunctions | undefined): FunctionTable {
  const names = host === undefined ? [] : Object.keys(host).sort();
  const key = names.join(' ');
  let table = tables.get(key);
  if (table === undefined) {
    table = new Map([...builtin, ...names.map((name): [string, HostFunction] => [name, fromHost(name)])]);
    tables.set(key, table);
  }
  return table;
}
