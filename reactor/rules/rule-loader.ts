import type { Stores } from '../../stores/stores.ts';
import type { Rule } from './rule.ts';

/** Gives the enabled rules of a trigger. */
export type LoadRules = (triggerRef: string) => Promise<readonly Rule[]>;

interface Batch {
  readonly refs: Set<string>;
  readonly result: Promise<ReadonlyMap<string, readonly Rule[]>>;
}

/**
 * Makes the loader of a rules engine. The index by trigger is the database's own: a look-up costs what the trigger's rules
 * cost, however many rules of other triggers exist, and a rule that was made a moment ago is seen by whatever happens next
 * (a copy kept here could miss it). Look-ups of instances that are handled at the same time share one query.
 */
export function createRuleLoader(stores: Pick<Stores, 'rules'>): LoadRules {
  let gathering: Batch | undefined;

  async function query(refs: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly Rule[]>> {
    // Everything that is asked for in this turn of the event loop comes along.
    await new Promise((resolve) => setImmediate(resolve));
    gathering = undefined;
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
    if (gathering === undefined) {
      const refs = new Set<string>();
      gathering = { refs, result: query(refs) };
    }
    gathering.refs.add(triggerRef);
    return (await gathering.result).get(triggerRef) ?? [];
  };
}
