import { PyDict } from '../python/values.ts';

/**
 * A mapping that is looked up rather than copied: the layers of a workflow's context, nearest first.
 * Expression engines treat it as a dict with string keys and never change it.
 */
export interface DataView {
  /** The value of a name, `undefined` when there is none. */
  get(name: string): unknown;
  has(name: string): boolean;
  keys(): Iterable<string>;
}

/** Tells a view from data: values of data are never functions. */
export function isDataView(value: unknown): value is DataView {
  if (typeof value !== 'object' || value === null || value instanceof PyDict) return false;
  const view = value as Partial<Record<'get' | 'has' | 'keys', unknown>>;
  return typeof view.get === 'function' && typeof view.has === 'function' && typeof view.keys === 'function';
}
