import type { Stores } from '../../stores/stores.ts';
import type { Rule } from './rule.ts';
import { createRuleSet, type RuleSet } from './rule-set.ts';

/** Gives the enabled rules of a trigger. */
export type LoadRules = (triggerRef: string) => Promise<RuleSet>;

/** How long rules are believed although nobody has announced a change: bounds the damage of a writer that died in between. */
const BELIEVED_MS = 60_000;
/** Triggers whose rules are kept. */
const KEPT = 10_000;

interface Round {
  readonly wanted: Set<string>;
  readonly result: Promise<ReadonlyMap<string, RuleSet>>;
}

/**
 * Makes the loader of a rules engine. Rules are kept, ready to be judged, as long as the stored count of changes to rules is the
 * same: an occurrence costs one small look-up (shared by all that are handled at the same time), however many rules there are,
 * and a rule that was made a moment ago is seen by whatever happens next.
 */
export function createRuleLoader(stores: Pick<Stores, 'rules'>): LoadRules {
  const kept = new Map<string, RuleSet>();
  let revision: number | undefined;
  let believedUntil = 0;
  let round: Round | undefined;

  async function load(wanted: ReadonlySet<string>): Promise<ReadonlyMap<string, RuleSet>> {
    // Everything that is asked for in this turn of the event loop comes along.
    await new Promise((resolve) => setImmediate(resolve));
    round = undefined;
    const present = await stores.rules.storedRevision();
    if (present !== revision || performance.now() > believedUntil || kept.size > KEPT) {
      kept.clear();
      revision = present;
      believedUntil = performance.now() + BELIEVED_MS;
    }
    const missing = [...wanted].filter((ref) => !kept.has(ref));
    const result = new Map([...wanted].map((ref) => [ref, kept.get(ref) ?? createRuleSet([])] as const));
    if (missing.length === 0) return result;
    for (const [ref, rules] of await query(missing)) result.set(ref, createRuleSet(rules));
    // Another round may have seen a later revision meanwhile: what was loaded for this one is not kept then.
    if (revision === present) for (const ref of missing) kept.set(ref, result.get(ref) ?? createRuleSet([]));
    return result;
  }

  async function query(refs: readonly string[]): Promise<ReadonlyMap<string, readonly Rule[]>> {
    const found = await stores.rules.find({ 'trigger.ref': { $in: [...refs] }, enabled: true });
    const byTrigger = new Map<string, Rule[]>();
    for (const rule of found as unknown as Rule[]) {
      const rules = byTrigger.get(rule.trigger.ref) ?? [];
      rules.push(rule);
      byTrigger.set(rule.trigger.ref, rules);
    }
    return byTrigger;
  }

  return async (triggerRef) => {
    if (round === undefined) {
      const wanted = new Set<string>();
      round = { wanted, result: load(wanted) };
    }
    const { wanted, result } = round;
    wanted.add(triggerRef);
    return (await result).get(triggerRef) ?? createRuleSet([]);
  };
}
