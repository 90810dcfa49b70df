import type { ParameterValues } from '../core/params/index.ts';
import { isPlainObject } from '../core/python/values.ts';

/**
 * A rule with what it gives its action as it may be shown.
 *
 * @param rule as it is stored, or a part of it
 * @param mask shows the parameters of the action with this reference
 */
export function maskRule<T>(rule: T, mask: (parameters: ParameterValues, actionRef: string) => ParameterValues): T {
  const action = isPlainObject(rule) ? rule.action : undefined;
  if (!isPlainObject(action) || !isPlainObject(action.parameters)) return rule;
  return { ...rule, action: { ...action, parameters: mask(action.parameters, String(action.ref)) } };
}
