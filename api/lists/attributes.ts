import { ValidationError } from '../../core/errors.ts';
import type { Query } from '../server/query.ts';

/** Which attributes a request asks for. */
export interface Attributes {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** What may be asked for of one kind of object. */
export interface AttributeRules {
  /** Attributes that exist. */
  readonly known: readonly string[];
  /** Attributes that may be left out; absent: all. */
  readonly excludable?: readonly string[];
}

const BOTH =
  'exclude_fields and include_fields arguments are mutually exclusive. You need to provide either one or another, but not both.';

/** @throws ValidationError for an attribute that does not exist, and when both lists are given */
export function readAttributes(query: Query, rules: AttributeRules): Attributes {
  const include = query.list('include_attributes');
  const exclude = query.list('exclude_attributes');
  if (include !== undefined && exclude !== undefined) throw new ValidationError(BOTH);
  const isKnown = (path: string) => path === 'id' || rules.known.includes(path.split('.')[0] ?? '');
  for (const path of include ?? [])
    if (!isKnown(path)) throw new ValidationError(`Invalid or unsupported include attribute specified: ${path}`);
  for (const path of exclude ?? []) {
    const allowed = rules.excludable === undefined ? isKnown(path) : rules.excludable.includes(path);
    if (!allowed) throw new ValidationError(`Invalid or unsupported exclude attribute specified: ${path}`);
  }
  return { ...(include === undefined ? {} : { include }), ...(exclude === undefined ? {} : { exclude }) };
}
