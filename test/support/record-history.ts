/**
 * Records the history of a workflow for the replay test:
 * `node --import tsx test/support/record-history.ts WORKFLOW_ID FILE`, with TEMPORAL_ADDRESS set. Identities of workers are left out.
 */
import { writeFile } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';
import protobuf, { type temporal } from '@temporalio/proto';

/** A recorded history as it lies in `test/histories/`. */
export interface RecordedHistory {
  readonly workflowId: string;
  /** Protobuf (`temporal.api.history.v1.History`), base64. */
  readonly history: string;
}

const { History } = protobuf.temporal.api.history.v1;

/** The history as the replayer takes it. */
export function decodeHistory(recorded: RecordedHistory): temporal.api.history.v1.IHistory {
  return History.decode(Buffer.from(recorded.history, 'base64'));
}

async function record(workflowId: string, file: string): Promise<void> {
  const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233' });
  const history = await new Client({ connection }).workflow.getHandle(workflowId).fetchHistory();
  for (const event of history.events ?? []) {
    for (const attributes of Object.values(event)) {
      if (typeof attributes === 'object' && attributes !== null && 'identity' in attributes)
        attributes.identity = 'worker';
    }
  }
  const recorded: RecordedHistory = {
    workflowId,
    history: Buffer.from(History.encode(History.fromObject(history)).finish()).toString('base64'),
  };
  await writeFile(file, `${JSON.stringify(recorded)}\n`);
  await connection.close();
}

const [, program, workflowId, file] = process.argv;
if (program?.endsWith('record-history.ts') && workflowId !== undefined && file !== undefined)
  await record(workflowId, file);
