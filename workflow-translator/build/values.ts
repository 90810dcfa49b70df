import { type Dict, dictGet, isDict } from '../../core/python/dict.ts';
import { toJsonValue } from '../../core/python/to-json.ts';
import type { Template } from '../ir.ts';

/** A value of the document as the IR holds it: plain JSON. */
export function toTemplate(value: unknown): Template {
  return toJsonValue(value) as Template;
}

/** A mapping of the document as the IR holds it, or undefined for anything else. */
export function toTemplateMap(value: unknown): { readonly [name: string]: Template } | undefined {
  return isDict(value) ? (toJsonValue(value) as { readonly [name: string]: Template }) : undefined;
}

/** The text under a key, or undefined for anything else. */
export function textAt(dict: Dict, key: string): string | undefined {
  const value = dictGet(dict, key);
  return typeof value === 'string' ? value : undefined;
}

/** The mapping under a key, or undefined for anything else. */
export function dictAt(dict: Dict, key: string): Dict | undefined {
  const value = dictGet(dict, key);
  return isDict(value) ? value : undefined;
}

/** The properties that are not undefined: optional parts of the IR are absent, never `undefined`. */
export function present<T extends object>(parts: T): T {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as T;
}
