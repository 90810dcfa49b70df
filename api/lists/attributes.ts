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

const refused = (kind: 'include' | 'exclude', path: string) =>
  new ValidationError(`Invalid or unsupported ${kind} attribute specified: ${path}`);

const NO_PATH = 'Cannot resolve field ""';

/** @throws ValidationError for an attribute that does not exist, and when both lists are given */
export function readAttributes(query: Query, rules: AttributeRules): Attributes {
  const include = query.list('include_attributes');
  const exclude = query.list('exclude_attributes');
  if (query.isEmpty('include_attributes')) throw refused('include', NO_PATH);
  if (query.isEmpty('exclude_attributes')) throw refused('exclude', rules.excludable === undefined ? NO_PATH : '');
  if (include !== undefined && exclude !== undefined) throw new ValidationError(BOTH);
  const isKnown = (path: string) => path === 'id' || rules.known.includes(path.split('.')[0] ?? '');
  for (const path of include ?? []) if (!isKnown(path)) throw refused('include', path.split('.')[0] ?? '');
  for (const path of exclude ?? []) {
    const allowed = rules.excludable === undefined ? isKnown(path) : rules.excludable.includes(path);
    if (!allowed) throw refused('exclude', path);
  }
  return { ...(include === undefined ? {} : { include }), ...(exclude === undefined ? {} : { exclude }) };
}
