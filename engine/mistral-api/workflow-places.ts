import type { TaskExecution, WorkflowExecution } from '../../stores/records.ts';
import type { Stores } from '../../stores/stores.ts';

/** Where a task belongs, as far as its own record does not say. */
export interface WorkflowPlace {
  readonly namespace: string;
  readonly definition_id: string | null;
}

const NOWHERE: WorkflowPlace = { namespace: '', definition_id: null };

/** Finds the places of the tasks of one answer; each workflow execution is read once. */
export function createWorkflowPlaces(
  stores: Stores,
): (task: Pick<TaskExecution, 'workflow_execution_id'>) => Promise<WorkflowPlace> {
  const known = new Map<string, Promise<WorkflowPlace>>();
  const load = async (uuid: string): Promise<WorkflowPlace> => {
    const found = await stores.workflowExecutions.findOne(
      { uuid },
      { include: ['workflow_namespace', 'definition_id'] },
    );
    return found === undefined ? NOWHERE : placeOf(found);
  };
  return ({ workflow_execution_id: uuid }) => {
    const place = known.get(uuid) ?? load(uuid);
    known.set(uuid, place);
    return place;
  };
}

function placeOf({ workflow_namespace, definition_id }: WorkflowExecution): WorkflowPlace {
  return { namespace: workflow_namespace, definition_id: definition_id ?? null };
}
