import { ValidationError } from '../../../core/errors.ts';
import { pyRepr } from '../../../core/python/repr.ts';
import { isPlainObject } from '../../../core/python/values.ts';

/** Comparisons that criteria may use, in the order in which StackStorm tells them (`st2common/operators.py`). */
export const CRITERIA_OPERATORS = [
  'matchwildcard',
  'matchregex',
  'regex',
  'iregex',
  'eq',
  'equals',
  'neq',
  'nequals',
  'ieq',
  'iequals',
  'contains',
  'icontains',
  'ncontains',
  'incontains',
  'startswith',
  'istartswith',
  'endswith',
  'iendswith',
  'lt',
  'lessthan',
  'gt',
  'greaterthan',
  'td_lt',
  'timediff_lt',
  'td_gt',
  'timediff_gt',
  'exists',
  'nexists',
  'inside',
  'in',
  'ninside',
  'nin',
  'search',
] as const;

const WITHOUT_PATTERN = ['exists', 'nexists'];

/** @throws ValidationError for a criterion that no rule engine could decide */
export function assertCriteria(criteria: Readonly<Record<string, unknown>>): void {
  for (const [path, criterion] of Object.entries(criteria)) {
    if (!isPlainObject(criterion) || typeof criterion.type !== 'string')
      throw new ValidationError(`Operator not specified for field: ${path}`);
    if (!CRITERIA_OPERATORS.some((name) => name === criterion.type)) {
      throw new ValidationError(
        `For field: ${path}, operator ${criterion.type} not in list of allowed operators: ${pyRepr(CRITERIA_OPERATORS)}`,
      );
    }
    const { pattern } = criterion;
    if ((pattern === undefined || pattern === null) && !WITHOUT_PATTERN.includes(criterion.type))
      throw new ValidationError(`For field: ${path}, no pattern specified for operator ${criterion.type}`);
  }
}
