import { setTimeout as delay } from 'node:timers/promises';
import { UnavailableError } from '../../core/errors.ts';
import { requestJson } from './http.ts';
import { formatTable } from './table.ts';

/** The parts of an execution that are shown. */
interface ShownExecution {
  readonly id: string;
  readonly status: string;
  readonly action: { readonly ref: string };
  readonly start_timestamp?: string;
  readonly end_timestamp?: string;
  readonly result?: unknown;
  readonly context?: {
    readonly mistral?: { readonly task_name?: string };
  };
}

/** Where to run the sample. */
export interface SampleTarget {
  /** With `/v1`. */
  readonly apiUrl: string;
  readonly token: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly temporalUiUrl: string;
}

/** How the sample went. */
export interface SampleRun {
  readonly status: string;
  /** The result as a table. */
  readonly table: string;
  /** Address of the run in the Temporal UI. */
  readonly temporalLink: string;
}

const action = 'testpack.wftest';
const finished = new Set(['succeeded', 'failed', 'timeout', 'canceled', 'abandoned']);
const timeoutMs = 60_000;

/**
 * Runs the sample workflow through the API, as any client would, and waits for its end.
 *
 * @throws UnavailableError when it is refused or does not end within a minute
 */
export async function runSample(target: SampleTarget): Promise<SampleRun> {
  const headers = { 'x-auth-token': target.token };
  const url = `${target.apiUrl}/executions`;
  const requested = await requestJson<ShownExecution>(url, { method: 'POST', headers, body: { action } });
  const ended = await untilFinished(`${url}/${requested.id}`, headers);
  const children = await requestJson<readonly ShownExecution[]>(`${url}/${ended.id}/children?depth=-1`, { headers });
  const rows = [ended, ...children].map((execution) => [
    execution.id === ended.id ? execution.id : `  ${execution.id}`,
    execution.action.ref,
    execution.context?.mistral?.task_name ?? '',
    execution.status,
    seconds(execution),
    summary(execution.id === ended.id ? '' : execution.result),
  ]);
  return {
    status: ended.status,
    table: formatTable(['id', 'action', 'task', 'status', 'time', 'stdout'], rows),
    temporalLink: await findRun(ended, target),
  };
}

async function untilFinished(url: string, headers: Readonly<Record<string, string>>): Promise<ShownExecution> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const execution = await requestJson<ShownExecution>(url, { headers });
    if (finished.has(execution.status)) return execution;
    if (Date.now() > deadline) {
      throw new UnavailableError(`${action} is still ${execution.status} after ${timeoutMs / 1_000} s.`);
    }
    await delay(100);
  }
}

function seconds(execution: ShownExecution): string {
  if (!execution.start_timestamp || !execution.end_timestamp) return '';
  const milliseconds = Date.parse(execution.end_timestamp) - Date.parse(execution.start_timestamp);
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}

function summary(result: unknown): string {
  if (typeof result !== 'object' || result === null) return '';
  const text = 'stdout' in result ? String(result.stdout) : JSON.stringify(result);
  return text.replace(/\s+/g, ' ').trim().slice(0, 60);
}

/** The UI's address of the run holds the ids that Temporal gave it; the search attribute leads there. */
async function findRun(execution: ShownExecution, target: SampleTarget): Promise<string> {
  const workflows = `${target.temporalUiUrl}/namespaces/${encodeURIComponent(target.temporalNamespace)}/workflows`;
  const query = `st2_execution_id = '${execution.id}'`;
  const { Client, Connection } = await import('@temporalio/client');
  try {
    const connection = await Connection.connect({ address: target.temporalAddress });
    const client = new Client({ connection, namespace: target.temporalNamespace });
    for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: 1 })) {
      await connection.close();
      return `${workflows}/${encodeURIComponent(workflowId)}/${runId}/history`;
    }
    await connection.close();
  } catch {
    // Without the ids the search in the UI leads there as well.
  }
  return `${workflows}?query=${encodeURIComponent(query)}`;
}
