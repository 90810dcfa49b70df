import { deflateRawSync } from 'node:zlib';
import { type Bus, EXCHANGES } from '../../platform/bus/bus.ts';
import type { BlobStore } from '../../platform/temporal/blob-store.ts';
import type { Stores } from '../../stores/stores.ts';
import type { StateReport } from '../contract.ts';
import { toStateFields, toTaskRecord, toText } from './execution-records.ts';

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
    await writeTasks(stores, report);
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
    if (stored === undefined) await stores.taskExecutions.removeMany({ workflow_execution_id: uuid });
    // Sub-workflows have no execution of ours: only their root speaks for it.
    if (report.parent_execution_id !== undefined) return;
    bus.publish(EXCHANGES.workflowStatus, view.state, {
      workflow_execution_id: uuid,
      st2_execution_id,
      state: view.state,
    });
  };
}

/** Stores tasks of a view; what is stored of a newer view stays. */
export async function writeTasks(
  { taskExecutions }: Stores,
  report: Pick<StateReport, 'uuid' | 'workflow_name' | 'view' | 'first'>,
): Promise<void> {
  const { uuid, view, first } = report;
  const base = first ? 0 : await taskExecutions.count({ workflow_execution_id: uuid });
  const records = view.tasks.map((task, index) => toTaskRecord(report, task, base + index, view.version));
  const known = first ? new Set() : await knownTasks(taskExecutions, records);
  const added = records.filter((record) => !known.has(record.uuid));
  const alreadyThere = await taskExecutions.insertNew(added);
  // A repeated report, or another writer at the same time: what was there is changed like the others.
  for (const record of alreadyThere > 0 ? records : records.filter(({ uuid }) => known.has(uuid))) {
    const { id: _id, uuid: task, sequence: _sequence, ...fields } = record;
    const isOlder = { $or: [{ version: { $lte: record.version } }, { version: { $exists: false } }] };
    await taskExecutions.updateOne({ uuid: task, ...isOlder }, { $set: fields });
  }
}

async function knownTasks(taskExecutions: Stores['taskExecutions'], records: readonly { readonly uuid: string }[]) {
  if (records.length === 0) return new Set<string>();
  const found = await taskExecutions.find(
    { uuid: { $in: records.map((record) => record.uuid) } },
    { include: ['uuid'] },
  );
  return new Set(found.map((record) => record.uuid));
}
