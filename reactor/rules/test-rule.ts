/** Tries a rule on a payload without running anything: what StackStorm's `st2-rule-tester` does. */

import { errorCode, errorMessage } from '../../core/errors.ts';
import { renderValues } from '../../core/expressions/stackstorm.ts';
import { type KeyValueFetch, withKeyValues } from '../../core/params/index.ts';
import { keyValueRoot } from '../../core/params/key-value-lookup.ts';
import { toJsonValue } from '../../core/python/to-json.ts';
import { judgeRule } from './match-rules.ts';
import type { Rule } from './rule.ts';

/** What would become of the payload. */
export interface RuleTrial {
  readonly matches: boolean;
  /** Why it does not match, or cannot be enforced. */
  readonly reason?: string;
  /** The parameters that the action would get. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** @param occurrence reference of the trigger (or of its type) and payload */
export async function testRule(
  rule: Rule,
  { trigger, payload }: { readonly trigger: string; readonly payload: Readonly<Record<string, unknown>> },
  fetch: KeyValueFetch,
  decrypt: (text: string) => string,
): Promise<RuleTrial> {
  if (trigger !== rule.trigger.ref && trigger !== rule.trigger.type) {
    const reason = `The rule is about trigger ${rule.trigger.type}, this is an occurrence of ${trigger || 'none'}.`;
    return { matches: false, reason };
  }
  return withKeyValues(fetch, (keyValues): RuleTrial => {
    const verdict = judgeRule({ ...rule, enabled: true }, { payload, keyValues, decrypt, now: new Date() });
    if (verdict.outcome === 'failed') return { matches: false, reason: verdict.reason };
    if (verdict.outcome === 'unmatched') {
      const { mismatch } = verdict;
      const reason =
        mismatch === undefined
          ? 'The payload is empty.'
          : `${mismatch.key}: ${JSON.stringify(mismatch.value ?? null)} does not fit ${String(mismatch.type)} ${JSON.stringify(mismatch.pattern ?? null)}`;
      return { matches: false, reason };
    }
    try {
      const context = { trigger: payload, st2kv: { system: keyValueRoot(keyValues, '').system } };
      const rendered = renderValues(rule.action.parameters ?? {}, context, { decrypt });
      return { matches: true, parameters: toJsonValue(rendered) as Readonly<Record<string, unknown>> };
    } catch (error) {
      if (errorCode(error) === 'EFFECT_REQUIRED') throw error;
      return { matches: true, reason: `The parameters cannot be rendered: ${errorMessage(error)}` };
    }
  });
}
