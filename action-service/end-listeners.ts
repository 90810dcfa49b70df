import type { Execution } from '../stores/executions.ts';
import type { Stores } from '../stores/stores.ts';
import { createHeldActions } from './held-actions.ts';
import { ACTION_TRIGGER } from './triggers/internal-trigger-types.ts';
import type { RuleWatch } from './triggers/rule-watch.ts';

/**
 * Makes the function that says whether the end of an execution is quiet: it asks for no notification, no policy may act on it and no
 * rule listens. Such an end is only recorded.
 */
export function createEndListeners(stores: Pick<Stores, 'policies'>, rules: Pick<RuleWatch, 'hasRules'>) {
  const hasPolicy = createHeldActions(stores);
  return async ({ action_ref: actionRef, notify }: Execution): Promise<boolean> =>
    notify === undefined && !(await hasPolicy(actionRef)) && !(await rules.hasRules(ACTION_TRIGGER));
}
