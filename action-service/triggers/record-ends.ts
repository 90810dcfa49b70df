/** Ends of executions as occurrences of the trigger `core.st2.generic.actiontrigger`. */
import type { Execution } from '../../stores/executions.ts';
import type { Stores } from '../../stores/stores.ts';
import type { ActionService } from '../contract.ts';
import { type Occurrence, toTriggerInstance } from './dispatch-trigger.ts';
import { ACTION_TRIGGER } from './internal-trigger-types.ts';

/** The trace that what follows from an execution belongs to. */
export function traceContextOf({ trace_id: id }: Execution) {
  return id === undefined ? undefined : { id_: id };
}

/** What rules may hear of the ends of these executions; each has the id of its execution, so that it is stored once. */
export async function actionEnds(
  { present }: Pick<ActionService, 'present'>,
  executions: readonly Execution[],
): Promise<readonly Occurrence[]> {
  const presented = await present(executions, { include: ['parameters', 'status', 'action', 'runner'] });
  return executions.map((execution, index) => ({
    id: execution.id,
    trigger: ACTION_TRIGGER,
    payload: {
      execution_id: execution.id,
      status: execution.status,
      start_timestamp: execution.start_timestamp.toISOString().replace('T', ' ').replace('Z', '000+00:00'),
      action_name: execution.action_ref,
      action_ref: execution.action_ref,
      runner_ref: execution.runner_type,
      parameters: presented[index]?.parameters ?? {},
      result: execution.result,
    },
    traceContext: traceContextOf(execution),
  }));
}

/** Records ends that no rule listens to, many at once. */
export async function recordUnheardEnds(
  stores: Pick<Stores, 'triggerInstances'>,
  actions: Pick<ActionService, 'present'>,
  executions: readonly Execution[],
): Promise<void> {
  const occurrences = await actionEnds(actions, executions);
  await stores.triggerInstances.insertNew(
    occurrences.map((occurrence) => toTriggerInstance({ ...occurrence, unheard: true })),
  );
}
