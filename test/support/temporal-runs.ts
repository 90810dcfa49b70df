import { Client, Connection } from '@temporalio/client';

/** One run of a workflow as Temporal keeps it. */
export interface TemporalRun {
  readonly runId: string;
  readonly status: string;
  /** Events of its history. */
  readonly events: number;
  /** Size of its history. */
  readonly bytes: number;
}

/** What Temporal allows one history: <https://docs.temporal.io/cloud/limits>. */
export const HISTORY_LIMITS = { events: 51_200, bytes: 50 * 1024 * 1024 } as const;

/** Every run of one workflow id, the newest first, with the size of its history. */
export function temporalRuns(address: string, workflowId: string): Promise<readonly TemporalRun[]> {
  return withClient(address, async (client) => {
    const runs: TemporalRun[] = [];
    let runId: string | undefined = (await client.workflow.getHandle(workflowId).describe()).runId;
    while (runId !== undefined) {
      const described = await client.workflow.getHandle(workflowId, runId).describe();
      const info = described.raw.workflowExecutionInfo;
      runs.push({
        runId,
        status: described.status.name,
        events: Number(info?.historyLength ?? 0),
        bytes: Number(info?.historySizeBytes ?? 0),
      });
      runId = await runBefore(client, workflowId, runId);
    }
    return runs;
  });
}

/** How many events of each kind the newest run of a workflow has, by names such as `timerStarted`. */
export function eventCounts(address: string, workflowId: string): Promise<Readonly<Record<string, number>>> {
  return withClient(address, async (client) => {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    const counts: Record<string, number> = {};
    for (const event of events ?? []) {
      const [key] = Object.entries(event).find(([name, value]) => name.endsWith('EventAttributes') && value) ?? [''];
      const kind = key.replace('EventAttributes', '');
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  });
}

/** How many activities of the workflow of an execution of ours are with a worker; 0 while Temporal does not list it. */
export function startedActivities(address: string, executionId: string): Promise<number> {
  return withClient(address, async (client) => {
    for await (const { workflowId } of client.workflow.list({ query: `st2_execution_id = "${executionId}"` })) {
      const { raw } = await client.workflow.getHandle(workflowId).describe();
      return (raw.pendingActivities ?? []).filter(({ state }) => state === STARTED).length;
    }
    return 0;
  });
}

/** Temporal's `PENDING_ACTIVITY_STATE_STARTED`, an enum of its protocol. */
const STARTED = 2;

/** The run that this one continues. */
async function runBefore(client: Client, workflowId: string, runId: string): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: 'default',
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const [first] = history?.events ?? [];
  return first?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
}

async function withClient<T>(address: string, look: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await look(new Client({ connection }));
  } finally {
    await connection.close();
  }
}
