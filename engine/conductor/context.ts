/**
 * The context of a branch: the variables that were published on the way to a task.
 *
 * Each context knows what it adds to which other one, so a snapshot writes every variable once, and carries for each
 * published leaf how often it was published on the way: at a join the value that was published more often wins
 * (Mistral: `workflow/context_versioning.py`).
 */
import { setKey } from '../../core/python/dict.ts';
import { isPlainObject } from '../../core/python/values.ts';
import { emptyMap, mapDifference, mapEntries, mapGet, mapHas, mapSet, type PersistentMap } from './persistent-map.ts';

export interface Context {
  /** The context that this one changes, if any. */
  readonly parent: Context | undefined;
  /** What it sets over its parent. */
  readonly set: readonly (readonly [string, unknown])[];
  /** Numbers of publications that it sets over its parent, by dotted path. */
  readonly raised: readonly (readonly [string, number])[];
  readonly values: PersistentMap<unknown>;
  readonly versions: PersistentMap<number>;
}

export const EMPTY_CONTEXT: Context = {
  parent: undefined,
  set: [],
  raised: [],
  values: emptyMap(),
  versions: emptyMap(),
};

/** A context with the given entries set over `parent`. */
export function extendContext(
  parent: Context,
  set: readonly (readonly [string, unknown])[],
  raised: readonly (readonly [string, number])[],
): Context {
  if (set.length === 0 && raised.length === 0) return parent;
  let { values, versions } = parent;
  for (const [name, value] of set) values = mapSet(values, name, value);
  for (const [path, version] of raised) versions = mapSet(versions, path, version);
  return { parent: parent === EMPTY_CONTEXT ? undefined : parent, set, raised, values, versions };
}

/** The context behind a task: its inbound one with what it published, which counts as one more publication each. */
export function publishInto(context: Context, published: Readonly<Record<string, unknown>>): Context {
  const set = Object.entries(published);
  if (set.length === 0) return context;
  const paths: string[] = [];
  for (const [name, value] of set) collectPaths(name, value, paths);
  const raised = paths.map((path) => [path, (mapGet(context.versions, path) ?? 0) + 1] as const);
  return extendContext(context, set, raised);
}

/** Merges another branch into `left`: mappings recursively, else the value published more often, else that of `left`. */
export function mergeContexts(left: Context, right: Context): Context {
  if (left === right || right === EMPTY_CONTEXT) return left;
  if (left === EMPTY_CONTEXT) return right;
  const set: [string, unknown][] = [];
  for (const [name, value] of mapDifference(left.values, right.values)) {
    const merged = mapHas(left.values, name) ? mergeValues(mapGet(left.values, name), value, name, left, right) : value;
    if (!mapHas(left.values, name) || merged !== mapGet(left.values, name)) set.push([name, merged]);
  }
  const raised = mapDifference(left.versions, right.versions).filter(
    ([path, version]) => version > (mapGet(left.versions, path) ?? 0),
  );
  return extendContext(left, set, raised);
}

/** `over`, with those entries of `base` that it lacks. */
export function overlayContext(base: Context, over: Context): Context {
  if (base === over || base === EMPTY_CONTEXT) return over;
  if (over === EMPTY_CONTEXT) return base;
  const missing = mapDifference(over.values, base.values).filter(([name]) => !mapHas(over.values, name));
  return extendContext(over, missing, []);
}

/** The variables as a plain object without prototype, in the order of their first publication. */
export function contextToObject(context: Context): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of mapEntries(context.values)) setKey(result, name, value);
  return result;
}

function collectPaths(path: string, value: unknown, into: string[]): void {
  if (!isPlainObject(value)) {
    into.push(path);
    return;
  }
  for (const [key, inner] of Object.entries(value)) collectPaths(`${path}.${key}`, inner, into);
}

function mergeValues(left: unknown, right: unknown, path: string, leftSide: Context, rightSide: Context): unknown {
  if (left === right) return left;
  if (!isPlainObject(left) || !isPlainObject(right)) {
    const mine = mapGet(leftSide.versions, path) ?? 0;
    const theirs = mapGet(rightSide.versions, path) ?? 0;
    return theirs > mine ? right : left;
  }
  const result: Record<string, unknown> = { ...left };
  let changed = false;
  for (const [key, value] of Object.entries(right)) {
    const old = result[key];
    const merged = Object.hasOwn(result, key) ? mergeValues(old, value, `${path}.${key}`, leftSide, rightSide) : value;
    if (merged === old && Object.hasOwn(result, key)) continue;
    setKey(result, key, merged);
    changed = true;
  }
  return changed ? result : left;
}
