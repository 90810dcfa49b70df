import type { KeyValueService } from '../../../action-service/keyvalue/keyvalue-service.ts';
import { errorMessage } from '../../../core/errors.ts';
import type { EffectRequest } from '../../conductor/contract.ts';
import type { EffectsRequest, InTheNameOf, LocalActivities } from '../../contract.ts';
import { isPassingFailure } from '../../executions/passing-failure.ts';
import type { SyncContext } from '../../executions/sync-execution.ts';
import { createWorkflowMasks } from '../../executions/workflow-masks.ts';
import { fetchExecutions } from './executions-effect.ts';
import { fetchKeyValue } from './key-value-effect.ts';
import { fetchTasks } from './tasks-effect.ts';

export interface EffectsContext extends SyncContext {
  readonly keyValues: KeyValueService;
  /** Whether a workflow sees executions of its own user only, and those of its own tree. */
  readonly isRbacEnabled: boolean;
  /** In whose name values are read. */
  credentialsFor(of: InTheNameOf): Promise<{ readonly user: string }>;
}

/** What the effects share beside it. */
export interface EffectContext extends EffectsContext {
  readonly masksFor: ReturnType<typeof createWorkflowMasks>;
}

/** Who asks. */
export interface Asker {
  readonly user: string;
  readonly execution: EffectsRequest['execution'];
}

/** Fetches a value that an expression asks for from outside of its execution. @throws Error whose message the expression fails with */
export type Effect = (context: EffectContext, request: EffectRequest, asker: Asker) => Promise<unknown>;

/** By the kind that the conductor asks for. */
const EFFECTS: Readonly<Record<string, Effect>> = {
  st2kv: fetchKeyValue,
  tasks: fetchTasks,
  executions: fetchExecutions,
};

/** Makes the activity that answers with a value, or with why there is none, for each effect. */
export function createFetchEffects(given: EffectsContext): LocalActivities['fetchEffects'] {
  const context: EffectContext = { ...given, masksFor: createWorkflowMasks(given.stores) };
  return async ({ effects, execution, ...of }) => {
    const { user } = await context.credentialsFor(of);
    const fetchOne = async (request: EffectRequest) => {
      const effect = Object.hasOwn(EFFECTS, request.kind) ? EFFECTS[request.kind] : undefined;
      if (effect === undefined) return { error: `There is nothing called ${request.kind}.` };
      try {
        return { value: await effect(context, request, { user, execution }) };
      } catch (error) {
        // The database is back in a moment, and so is the activity.
        if (isPassingFailure(error)) throw error;
        return { error: errorMessage(error) };
      }
    };
    return await Promise.all(effects.map(fetchOne));
  };
}
