import type { TaskExecution } from '../../stores/records.ts';
import { buildResult, isFinished } from './build-result.ts';
import type { TrackedRecord } from './tracked-record.ts';
import type { TrackerContext } from './tracker-context.ts';

/** Tasks shown of a workflow: the newest ones. While it runs they are few, as they are written again and again. */
const TASKS_SHOWN = { running: 200, finished: 5_000 } as const;

/** What the result of an execution is made of, beside its workflow's record. */
export interface ResultParts {
  /** In order of creation. */
  readonly tasks: readonly TaskExecution[];
  /** Tasks of the workflow, shown or not. */
  readonly total: number;
}

/** Reads what the result of an execution is made of: fewer tasks while its workflow runs than once it is finished. */
export async function loadResult(
  { stores }: TrackerContext,
  { uuid, state }: Pick<TrackedRecord, 'uuid' | 'state'>,
): Promise<ResultParts> {
  const limit = TASKS_SHOWN[isFinished(state) ? 'finished' : 'running'];
  const newest = await stores.taskExecutions.find({ workflow_execution_id: uuid }, { sort: { sequence: -1 }, limit });
  const total = (newest[0]?.sequence ?? -1) + 1;
  return { tasks: newest.reverse(), total };
}

/** The result of an execution, as its workflow's record and tasks are stored now. */
export async function makeResult(context: TrackerContext, record: TrackedRecord): Promise<Record<string, unknown>> {
  return toResult(record, await loadResult(context, record));
}

/** Makes the result of what was read for it. */
export function toResult(record: TrackedRecord, { tasks, total }: ResultParts): Record<string, unknown> {
  return buildResult(record, tasks, total);
}
