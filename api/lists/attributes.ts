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

const ONE_OF_BOTH = 'arguments are mutually exclusive. You need to provide either one or another, but not both.';
const BOTH = `exclude_fields and include_fields ${ONE_OF_BOTH}`;
/** The same of one record: StackStorm finds it out in another place. */
export const BOTH_OF_ONE = `exclude_attributes and include_attributes ${ONE_OF_BOTH}`;

const refused = (kind: 'include' | 'exclude', path: string) =>
  new ValidationError(`Invalid or unsupported ${kind} attribute specified: ${path}`);

const unresolved = (name: string) => `Cannot resolve field "${name}"`;
const NO_PATH = unresolved('');

/**
 * @param of what is asked for: of one record StackStorm tells in other words what is wrong
 * @throws ValidationError for an attribute that does not exist, and when both lists are given
 */
export function readAttributes(query: Query, rules: AttributeRules, of: 'list' | 'one' = 'list'): Attributes {
  const include = query.list('include_attributes');
  const exclude = query.list('exclude_attributes');
  if (query.isEmpty('include_attributes')) throw refused('include', NO_PATH);
  if (query.isEmpty('exclude_attributes')) throw refused('exclude', rules.excludable === undefined ? NO_PATH : '');
  if (of === 'list' && include !== undefined && exclude !== undefined) throw new ValidationError(BOTH);
  const isKnown = (path: string) => path === 'id' || rules.known.includes(path.split('.')[0] ?? '');
  const refuseUnknown = () => {
    const unknown = include?.find((path) => !isKnown(path));
    if (unknown === undefined) return;
    const [root = ''] = unknown.split('.');
    throw refused('include', of === 'one' ? unresolved(root) : root);
  };
  if (of === 'list') refuseUnknown();
  for (const path of exclude ?? []) {
    if (rules.excludable === undefined ? isKnown(path) : rules.excludable.includes(path)) continue;
    throw refused('exclude', rules.excludable === undefined ? (path.split('.')[0] ?? '') : path);
  }
  if (of === 'one') refuseUnknown();
  if (include !== undefined && exclude !== undefined) throw new ValidationError(BOTH_OF_ONE);
  return { ...(include === undefined ? {} : { include }), ...(exclude === undefined ? {} : { exclude }) };
}
