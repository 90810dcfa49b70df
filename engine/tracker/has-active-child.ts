import { EXECUTION_STATUSES, isActive } from '../../core/statuses.ts';
import { isFinalState } from '../contract.ts';
import type { TrackedRecord } from './tracked-record.ts';
import type { TrackerContext } from './tracker-context.ts';

const ACTIVE_STATUSES = EXECUTION_STATUSES.filter(isActive);

/** Whether an execution that was started by a workflow still holds up the workflow's own. */
export async function hasActiveChild(
  { stores }: TrackerContext,
  executionId: string,
  { state }: Pick<TrackedRecord, 'state'>,
): Promise<boolean> {
  // A child that never started does not hold up a workflow that is over.
  const statuses = isFinalState(state) ? ACTIVE_STATUSES.filter((status) => status !== 'requested') : ACTIVE_STATUSES;
  const active = { parent: executionId, status: { $in: statuses } };
  return (await stores.executions.findOne(active, { include: ['id'] })) !== undefined;
}
