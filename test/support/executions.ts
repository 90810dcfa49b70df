import { isCompleted, isExecutionStatus } from '../../core/statuses.ts';
import type { RunningServices } from './running-services.ts';
import { waitFor } from './wait-for.ts';

/** An execution as the API answers it; what tests look at. */
export interface ExecutionAnswer {
  readonly id: string;
  readonly status: string;
  readonly result: Readonly<Record<string, unknown>>;
  readonly action: { readonly ref: string };
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly parent?: string;
  readonly log: readonly { readonly status: string; readonly timestamp: string }[];
}

/** A task in the result of a workflow. */
export interface TaskAnswer {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly result: unknown;
}

/** Asks for an execution. */
export async function requestExecution(
  services: RunningServices,
  action: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<ExecutionAnswer> {
  return await services.request<ExecutionAnswer>('POST', '/executions', { action, parameters });
}

/** The execution as it is now. */
export async function getExecution(services: RunningServices, id: string): Promise<ExecutionAnswer> {
  return await services.request<ExecutionAnswer>('GET', `/executions/${id}`);
}

/** Waits for a status. Services that are away meanwhile count as not yet. */
export async function reachStatus(
  services: RunningServices,
  id: string,
  wanted: (status: string) => boolean,
  what: string,
  timeoutMs = 180_000,
): Promise<ExecutionAnswer> {
  let last = 'never seen';
  const probe = async () => {
    const execution = await getExecution(services, id);
    last = execution.status;
    return wanted(execution.status) && execution;
  };
  return await waitFor(probe, { what: `${what} of execution ${id}`, timeoutMs, intervalMs: 100 }).catch((error) => {
    throw new Error(`${error.message}; it is ${last}`, { cause: error });
  });
}

/** Waits for the end. */
export async function endOf(services: RunningServices, id: string, timeoutMs?: number): Promise<ExecutionAnswer> {
  const isEnd = (status: string) => isExecutionStatus(status) && isCompleted(status);
  return await reachStatus(services, id, isEnd, 'the end', timeoutMs);
}

/** Asks and waits for the end. */
export async function runToEnd(
  services: RunningServices,
  action: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<ExecutionAnswer> {
  return await endOf(services, (await requestExecution(services, action, parameters)).id);
}

/** Every execution below one, at any depth. */
export async function descendantsOf(services: RunningServices, id: string): Promise<readonly ExecutionAnswer[]> {
  return await services.request<ExecutionAnswer[]>('GET', `/executions/${id}/children?depth=-1`);
}

/** The tasks of a workflow's result, by name. */
export function tasksOf(execution: ExecutionAnswer): ReadonlyMap<string, TaskAnswer> {
  const tasks = execution.result.tasks as readonly TaskAnswer[];
  return new Map(tasks.map((task) => [task.name, task]));
}
