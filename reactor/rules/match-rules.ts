/** Whether a payload fires a rule. Source: `st2reactor/rules/matcher.py`. */
import { pyTruth } from '../../core/python/equality.ts';
import {
  type CompiledCriterion,
  type CriteriaInput,
  CriterionError,
  type CriterionMismatch,
  compileCriteria,
  findMismatch,
  Subject,
} from './criteria.ts';
import type { Rule } from './rule.ts';

/** What became of one rule. */
export type RuleVerdict =
  | { readonly rule: Rule; readonly outcome: 'matched' }
  | { readonly rule: Rule; readonly outcome: 'unmatched'; readonly mismatch: CriterionMismatch | undefined }
  | { readonly rule: Rule; readonly outcome: 'failed'; readonly reason: string };

/** A rule, ready to be judged. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly criteria: readonly CompiledCriterion[];
}

export function compileRule(rule: Rule): CompiledRule {
  return { rule, criteria: compileCriteria(rule.criteria ?? {}) };
}

/** Judges one rule by itself. */
export function judgeRule(rule: Rule, input: CriteriaInput): RuleVerdict {
  return judgeCompiled(compileRule(rule), new Subject(input, 'trigger', input.payload));
}

/** The same for a rule that is judged again and again, on a payload that other rules are judged on. */
export function judgeCompiled({ rule, criteria }: CompiledRule, subject: Subject): RuleVerdict {
  if (!rule.enabled) return { rule, outcome: 'unmatched', mismatch: undefined };
  // StackStorm: nothing to look at, nothing that fits.
  if (criteria.length > 0 && !pyTruth(subject.input.payload))
    return { rule, outcome: 'unmatched', mismatch: undefined };
  try {
    const mismatch = findMismatch(criteria, subject, rule.ref);
    return mismatch === undefined ? { rule, outcome: 'matched' } : { rule, outcome: 'unmatched', mismatch };
  } catch (error) {
    if (!(error instanceof CriterionError)) throw error;
    return { rule, outcome: 'failed', reason: error.message };
  }
}
