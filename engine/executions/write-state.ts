import { deflateRawSync } from 'node:zlib';
import { type Bus, EXCHANGES } from '../../platform/bus/bus.ts';
import type { BlobStore } from '../../platform/temporal/blob-store.ts';
import type { Stores } from '../../stores/stores.ts';
import type { ExecutionView } from '../conductor/contract.ts';
import type { StateReport } from '../contract.ts';
import { type ExecutionNames, toRunRecord, toStateFields, toTaskRecord, toText } from './execution-records.ts';

export interface StateWriterContext {
  readonly stores: Stores;
  readonly bus: Bus;
  readonly blobs: BlobStore;
}

/**
 * Stores what a workflow says of itself, then announces it. Safe to repeat.
 * Tasks come before the execution: who sees a final state sees all its tasks.
 */
export function createStateWriter({ stores, bus, blobs }: StateWriterContext): (report: StateReport) => Promise<void> {
  return async (report) => {
    const { uuid, view, st2_execution_id, restart } = report;
    await writeTasks(stores, report, await withoutSynced(stores, uuid, view));
    if (view.more) return;
    const restart_key =
      restart === undefined ? undefined : await blobs.put(deflateRawSync(Buffer.from(JSON.stringify(restart))));
    const stored = await stores.workflowExecutions.updateOne(
      { uuid },
      {
        $set: {
          ...toStateFields(view),
          params: { json: toText(report.params) },
          ...(restart_key === undefined ? {} : { restart_key }),
          ...(st2_execution_id === undefined ? {} : { st2_execution_id }),
        },
      },
    );
    // Deleted by a client while it ran: nothing is left behind of it.
    if (stored === undefined) {
      await stores.taskRuns.removeMany({ workflow_execution_id: uuid });
      await stores.taskExecutions.removeMany({ workflow_execution_id: uuid });
    }
    // Sub-workflows have no execution of ours: only their root speaks for it.
    if (report.parent_execution_id !== undefined) return;
    bus.publish(EXCHANGES.workflowStatus, view.state, {
      workflow_execution_id: uuid,
      st2_execution_id,
      state: view.state,
      version: view.version,
    });
  };
}

/** From so many tasks on it is cheaper to ask which of them are stored than to write them once more. */
const MANY_TASKS = 50;

/** A view without those tasks that were stored, as they are in it, when the workflow was looked at before it told of them. */
async function withoutSynced(
  { workflowExecutions }: Stores,
  uuid: string,
  view: ExecutionView,
): Promise<ExecutionView> {
  if (view.tasks.length < MANY_TASKS) return view;
  const record = await workflowExecutions.findOne({ uuid }, { include: ['synced_version'] });
  const synced = record?.synced_version ?? 0;
  return {
    ...view,
    tasks: view.tasks.filter((task) => task.version > synced || task.runs.some((run) => run.version > synced)),
  };
}

/** Stores what a view shows of tasks and their runs; what is stored of a newer view stays. */
export async function writeTasks(
  { taskExecutions, taskRuns }: Stores,
  execution: ExecutionNames,
  { tasks, removed_runs }: ExecutionView,
): Promise<void> {
  const runs = tasks.flatMap((task) => task.runs.map((run) => toRunRecord(execution, task, run)));
  await Promise.all([
    taskExecutions.putNewer(tasks.map((task) => toTaskRecord(execution, task))),
    taskRuns.putNewer(runs),
  ]);
  if (removed_runs.length > 0) await taskRuns.removeMany({ uuid: { $in: removed_runs } });
}
