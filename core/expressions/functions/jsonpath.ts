/** `jsonpath_query`: finds values in structures by path, as the Python package `jsonpath-rw` does. */
import { dictGet, dictHas, dictKeys, dictSize, dictValues, isDict } from '../../python/dict.ts';
import { pyTypeName } from '../../python/equality.ts';
import { PythonError } from '../../python/errors.ts';
import { isPyInt } from '../../python/values.ts';
import type { ExpressionFunctions } from './function-table.ts';
import { type JsonPath, parseJsonPath } from './jsonpath-parser.ts';

/** A value and the one that it was found in. */
interface Found {
  readonly value: unknown;
  readonly parent: Found | undefined;
}

const MAX_STEPS = 500_000;
const MAX_DEPTH = 200;

class Query {
  private steps = 0;

  find(path: JsonPath, at: Found): readonly Found[] {
    this.charge(1);
    switch (path.kind) {
      case 'this':
        return [at];
      case 'root':
        return [rootOf(at)];
      case 'parent':
        if (at.parent === undefined) throw new PythonError('AttributeError', 'the root has no parent');
        return [at.parent];
      case 'fields':
        return this.fields(path.names, at);
      case 'index':
        return index(path.index, at);
      case 'slice':
        return this.slice(path.start, path.stop, at);
      case 'child':
        return this.find(path.left, at).flatMap((found) => this.find(path.right, found));
      case 'descendants':
        return this.find(path.left, at).flatMap((found) => this.descend(path.right, found, 0));
      case 'where':
        return this.find(path.left, at).filter((found) => this.find(path.right, found).length > 0);
      case 'union':
        return [...this.find(path.left, at), ...this.find(path.right, at)];
      case 'intersect':
        throw new PythonError('RuntimeError', "The operator '&' is not implemented");
    }
  }

  private charge(steps: number): void {
    this.steps += steps;
    if (this.steps > MAX_STEPS)
      throw new PythonError('LimitExceeded', `The JSON path takes more than ${MAX_STEPS} steps`);
  }

  private fields(names: readonly string[], at: Found): readonly Found[] {
    const dict = at.value;
    if (!isDict(dict)) return [];
    const wanted = names.includes('*') ? dictKeys(dict) : names.filter((name) => dictHas(dict, name));
    this.charge(wanted.length);
    return wanted.map((name) => ({ value: dictGet(dict, name), parent: at }));
  }

  private slice(start: number | null, stop: number | null, at: Found): readonly Found[] {
    const { value } = at;
    const isSingle = isDict(value) || typeof value === 'string' || typeof value === 'boolean' || isPyInt(value);
    if (!isSingle && !Array.isArray(value)) throw noLength(value);
    const items: readonly unknown[] = isSingle ? [value] : (value as unknown[]);
    this.charge(items.length);
    const parent = isSingle ? { value: items, parent: at.parent } : at;
    return Array.from(items)
      .slice(start ?? 0, stop ?? items.length)
      .map((item) => ({ value: item, parent }));
  }

  private descend(path: JsonPath, at: Found, depth: number): readonly Found[] {
    if (depth > MAX_DEPTH)
      throw new PythonError('LimitExceeded', `The value is nested deeper than ${MAX_DEPTH} levels`);
    const { value } = at;
    const children = Array.isArray(value) ? Array.from(value as unknown[]) : isDict(value) ? dictValues(value) : [];
    const deeper = children.flatMap((child) => this.descend(path, { value: child, parent: at }, depth + 1));
    return [...this.find(path, at), ...deeper];
  }
}

function rootOf(found: Found): Found {
  let root = found;
  while (root.parent !== undefined) root = root.parent;
  return root;
}

function noLength(value: unknown): PythonError {
  return new PythonError('TypeError', `object of type '${pyTypeName(value)}' has no len()`);
}

function index(position: number, at: Found): readonly Found[] {
  const { value } = at;
  const items = typeof value === 'string' ? Array.from(value) : value;
  if (isDict(items)) {
    if (dictSize(items) <= position) return [];
    if (!dictHas(items, position)) throw new PythonError('KeyError', String(position));
    return [{ value: dictGet(items, position), parent: at }];
  }
  if (!Array.isArray(items)) throw noLength(value);
  if (items.length <= position) return [];
  const item: unknown = items[position < 0 ? position + items.length : position];
  if (item === undefined) throw new PythonError('IndexError', 'list index out of range');
  return [{ value: item, parent: at }];
}

export const jsonPathFunctions: ExpressionFunctions = {
  jsonpath_query: {
    name: 'jsonpath_query',
    params: [{ name: 'value' }, { name: 'query' }],
    pure: true,
    call: ([value, query]) => {
      if (typeof query !== 'string') throw new PythonError('TypeError', 'expected string or bytes-like object');
      const found = new Query().find(parseJsonPath(query), { value, parent: undefined });
      return found.length === 0 ? null : found.map((match) => match.value);
    },
  },
};
