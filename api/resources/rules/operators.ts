import { ValidationError } from '../../../core/errors.ts';
import { isPlainObject } from '../../../core/python/values.ts';

/** Comparisons that criteria may use (`st2common/operators.py`). */
export const CRITERIA_OPERATORS = [
  'matchwildcard',
  'matchregex',
  'regex',
  'iregex',
  'equals',
  'eq',
  'nequals',
  'neq',
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
  'lessthan',
  'lt',
  'greaterthan',
  'gt',
  'td_lt',
  'timediff_lt',
  'td_gt',
  'timediff_gt',
  'exists',
  'nexists',
  'search',
  'inside',
  'in',
  'ninside',
  'nin',
] as const;

const WITHOUT_PATTERN = ['exists', 'nexists'];

/** @throws ValidationError for a criterion that no rule engine could decide */
export function assertCriteria(criteria: Readonly<Record<string, unknown>>): void {
  for (const [path, criterion] of Object.entries(criteria)) {
    if (!isPlainObject(criterion) || typeof criterion.type !== 'string')
      throw new ValidationError(`Operator not specified for field: ${path}`);
    if (!CRITERIA_OPERATORS.some((name) => name === criterion.type)) {
      const known = CRITERIA_OPERATORS.join(', ');
      throw new ValidationError(
        `For field: ${path}, operator ${criterion.type} not in list of allowed operators: ${known}.`,
      );
    }
    const { pattern } = criterion;
    if ((pattern === undefined || pattern === null) && !WITHOUT_PATTERN.includes(criterion.type))
      throw new ValidationError(`For field: ${path}, no pattern specified for operator ${criterion.type}`);
  }
}
