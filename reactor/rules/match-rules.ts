/** Which rules of a trigger a payload fires. Source: `st2reactor/rules/matcher.py`. */
import { pyTruth } from '../../core/python/equality.ts';
import { type CriteriaInput, CriterionError, type CriterionMismatch, findMismatch } from './criteria.ts';
import { BACKSTOP, type Rule } from './rule.ts';

/** What became of one rule. */
export type RuleVerdict =
  | { readonly rule: Rule; readonly outcome: 'matched' }
  | { readonly rule: Rule; readonly outcome: 'unmatched'; readonly mismatch: CriterionMismatch | undefined }
  | { readonly rule: Rule; readonly outcome: 'failed'; readonly reason: string };

/** Judges one rule by itself. */
export function judgeRule(rule: Rule, input: CriteriaInput): RuleVerdict {
  const { criteria = {} } = rule;
  if (!rule.enabled) return { rule, outcome: 'unmatched', mismatch: undefined };
  // StackStorm: nothing to look at, nothing that fits.
  if (Object.keys(criteria).length > 0 && !pyTruth(input.payload))
    return { rule, outcome: 'unmatched', mismatch: undefined };
  try {
    const mismatch = findMismatch(criteria, input, rule.ref);
    return mismatch === undefined ? { rule, outcome: 'matched' } : { rule, outcome: 'unmatched', mismatch };
  } catch (error) {
    if (!(error instanceof CriterionError)) throw error;
    return { rule, outcome: 'failed', reason: error.message };
  }
}

/** Judges all rules of a trigger: standard ones first, backstop rules only when none of those matched. */
export function matchRules(rules: readonly Rule[], input: CriteriaInput): readonly RuleVerdict[] {
  const first = rules.filter((rule) => rule.type?.ref !== BACKSTOP).map((rule) => judgeRule(rule, input));
  if (first.some((verdict) => verdict.outcome === 'matched')) return first;
  const second = rules.filter((rule) => rule.type?.ref === BACKSTOP).map((rule) => judgeRule(rule, input));
  return [...first, ...second];
}
