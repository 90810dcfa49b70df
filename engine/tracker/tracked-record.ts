import type { Filter } from '../../stores/collection.ts';
import type { Execution } from '../../stores/executions.ts';
import type { WorkflowExecution } from '../../stores/records.ts';
import { workflowOf } from '../../stores/workflow-of.ts';
import type { TrackerContext } from './tracker-context.ts';

/** What of an execution is looked at. */
export type TrackedExecution = Pick<Execution, 'id' | 'status' | 'context' | 'log'>;

/** What of a workflow's record is looked at each time: not its input. There is an output when it is over, and then it is wanted. */
const TRACKED = [
  'uuid',
  'workflow_id',
  'workflow_name',
  'state',
  'state_info',
  'version',
  'synced_version',
  'created_at',
  'output',
] as const;
export type TrackedRecord = Pick<WorkflowExecution, (typeof TRACKED)[number]>;

/** The workflow of an execution: as its context says, or, where that was not stored yet, as the workflow says. */
export async function findRecord(
  context: TrackerContext,
  execution: TrackedExecution,
): Promise<TrackedRecord | undefined> {
  const uuid = uuidOf(execution);
  return await findRecordOf(context, uuid === undefined ? workflowOf(execution.id) : { uuid });
}

/** The workflow that an execution says it is carried out by. */
export function uuidOf({ context }: TrackedExecution): string | undefined {
  const mistral = context.mistral as { readonly execution_id?: unknown } | undefined;
  return typeof mistral?.execution_id === 'string' ? mistral.execution_id : undefined;
}

/** The record that fits, as far as it is looked at. */
export async function findRecordOf({ stores }: TrackerContext, filter: Filter): Promise<TrackedRecord | undefined> {
  return await stores.workflowExecutions.findOne(filter, { include: TRACKED });
}

/** Versions count every change of a task: nothing of the tasks themselves is looked at to see whether there was one. */
export function versionOf({ state, version, synced_version }: TrackedRecord): string {
  return [state, version, synced_version].join(' ');
}
