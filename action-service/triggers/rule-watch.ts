import { type Bus, type Consumer, EXCHANGES } from '../../platform/bus/bus.ts';
import type { Stores } from '../../stores/stores.ts';

/** For how long an answer is believed when the message of a change was lost. */
const BELIEVED_MS = 1_000;

/** Knows whether any enabled rule listens to a trigger, without asking the database at each end of an execution. */
export interface RuleWatch {
  start(): Promise<void>;
  stop(): Promise<void>;
  hasRules(triggerRef: string): Promise<boolean>;
}

/** Changes of rules are announced on the bus; each makes all answers be asked for again. */
export function createRuleWatch(stores: Pick<Stores, 'rules'>, bus: Bus): RuleWatch {
  const answers = new Map<string, { readonly answer: Promise<boolean>; readonly until: number }>();
  let consumer: Consumer | undefined;
  return {
    async start() {
      const bindings = [{ exchange: EXCHANGES.rule, routing_key: '#' }];
      consumer = await bus.subscribe({ bindings, handler: () => answers.clear() });
    },
    async stop() {
      await consumer?.cancel();
    },
    hasRules(triggerRef) {
      const known = answers.get(triggerRef);
      if (known !== undefined && known.until > performance.now()) return known.answer;
      const answer = stores.rules
        .findOne({ 'trigger.ref': triggerRef, enabled: true }, { include: ['ref'] })
        .then(Boolean);
      answers.set(triggerRef, { answer, until: performance.now() + BELIEVED_MS });
      answer.catch(() => answers.delete(triggerRef));
      return answer;
    },
  };
}
