import { ACTION_TRIGGER } from './triggers/internal-trigger-types.ts';
import type { RuleWatch } from './triggers/rule-watch.ts';

/** Who may hear of the end of an execution. */
export interface EndListeners extends Pick<RuleWatch, 'hasRules'> {
  /** Whether a policy may act on ends of an action. */
  hasPolicy(actionRef: string): Promise<boolean>;
}

/** Whether an end is only to be recorded: it asks for no notification, no policy acts on it and no rule listens. */
export async function isQuietEnd(
  { actionRef, notifies }: { readonly actionRef: string; readonly notifies: boolean },
  { hasPolicy, hasRules }: EndListeners,
): Promise<boolean> {
  return !notifies && !(await hasPolicy(actionRef)) && !(await hasRules(ACTION_TRIGGER));
}
