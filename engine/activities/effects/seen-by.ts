import type { WorkflowExecution } from '../../../stores/records.ts';
import type { Stores } from '../../../stores/stores.ts';
import { createWorkflowMasks } from '../../executions/workflow-masks.ts';
import type { Asker } from './effects.ts';

/** A value of an execution as it may be seen. */
export type Seen = (record: WorkflowExecution, value: unknown) => unknown;

/**
 * What a workflow sees of others is what a client sees of them: what is secret there is masked. Of its own tree it sees everything, as it
 * has been given that anyway.
 */
export async function seenBy(stores: Stores, asker: Asker, records: readonly WorkflowExecution[]): Promise<Seen> {
  const isOwn = (record: WorkflowExecution) =>
    asker.execution !== undefined && rootOf(record) === asker.execution.root_execution_id;
  const others = records.filter((record) => !isOwn(record)).map(({ uuid }) => uuid);
  if (others.length === 0) return (_record, value) => value;
  const masks = await createWorkflowMasks(stores)(others);
  return (record, value) => (masks.isEmpty || isOwn(record) ? value : masks.mask(record.uuid, value));
}

function rootOf({ root_execution_id: root, uuid }: WorkflowExecution): string {
  return root ?? uuid;
}
