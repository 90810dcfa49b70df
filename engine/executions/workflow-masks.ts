import { createExecutionsMasks } from '../../action-service/mask-for-executions.ts';
import { createSnapshots } from '../../action-service/snapshots.ts';
import { MASKED_VALUE } from '../../core/params/index.ts';
import type { Stores } from '../../stores/stores.ts';

/** What is masked of some workflow executions: what is secret in the executions of ours that they belong to, and below those. */
export interface WorkflowMasks {
  /** Whether nothing is masked of any of them. */
  readonly isEmpty: boolean;
  /** Whether nobody knows any more what is secret of this one. */
  isUnknown(uuid: string): boolean;
  /** Masks what is secret of any of them; what `uuid` names is masked as a whole when nobody knows what is secret of it. */
  mask(uuid: string, value: unknown): unknown;
}

/** Makes the function that looks up what has to be masked of the workflow executions with these ids. */
export function createWorkflowMasks(stores: Stores): (uuids: readonly string[]) => Promise<WorkflowMasks> {
  const masksFor = createExecutionsMasks({ stores, snapshots: createSnapshots(stores) });
  return async (uuids) => {
    const workflows = await stores.workflowExecutions.find(
      { uuid: { $in: [...new Set(uuids)] } },
      { include: ['uuid', 'st2_execution_id', 'input_of'] },
    );
    const owners = new Map(workflows.map((one) => [one.uuid, [one.st2_execution_id, one.input_of].filter(isKnown)]));
    const all = [...new Set([...owners.values()].flat())];
    const { mask, isEmpty, isGone } = await masksFor(all);
    const isUnknown = (uuid: string) => owners.get(uuid)?.some(isGone) === true;
    return {
      isEmpty: isEmpty && !all.some(isGone),
      isUnknown,
      mask: (uuid, value) => (isUnknown(uuid) ? MASKED_VALUE : mask(value)),
    };
  };
}

const isKnown = (id: string | undefined) => id !== undefined;
