/** Re-run of tasks that failed, in the same workflow execution. */
import type { RunContext, Values } from '../contract.ts';
import type { MistralClient, MistralTask } from './mistral-client.ts';
import { workflowEnvironment } from './start-options.ts';

/** What a re-run asks for (`context['re-run']`). */
export interface RerunOptions {
  readonly ref: string;
  readonly tasks: readonly string[];
  readonly reset: readonly string[];
}

export function rerunOptions(context: Values): RerunOptions | undefined {
  const given = context['re-run'] as
    | { readonly ref?: unknown; readonly tasks?: unknown; readonly reset?: unknown }
    | undefined;
  if (typeof given?.ref !== 'string' || !Array.isArray(given.tasks) || given.tasks.length === 0) return undefined;
  return {
    ref: given.ref,
    tasks: given.tasks.map(String),
    reset: Array.isArray(given.reset) ? given.reset.map(String) : [],
  };
}

/** The failed tasks of a name; a dotted one (`task1.task2`) walks into the workflows that the first part started. */
async function findTasks(client: MistralClient, executionId: string, name: string): Promise<readonly MistralTask[]> {
  const tasks = await client.tasks(executionId);
  const dot = name.indexOf('.');
  if (dot === -1) return tasks.filter((task) => task.name === name && task.state === 'ERROR');
  const found: MistralTask[] = [];
  for (const parent of tasks.filter((task) => task.name === name.slice(0, dot))) {
    for (const child of await client.executionsOfTask(parent.id)) {
      found.push(...(await findTasks(client, child.id, name.slice(dot + 1))));
    }
  }
  return found;
}

/** Children of a re-run hang under the new execution: the environment of the workflow and its sub-workflows is replaced. */
async function replaceEnvironment(client: MistralClient, executionId: string, env: Values): Promise<void> {
  await client.updateExecution(executionId, { env });
  for (const task of await client.tasks(executionId)) {
    for (const child of await client.executionsOfTask(task.id)) await replaceEnvironment(client, child.id, env);
  }
}

/** @throws Error in StackStorm's words when the tasks cannot be run again */
export async function rerunTasks(context: RunContext, client: MistralClient, options: RerunOptions) {
  const before = await context.services.stores.executions.get(options.ref, { include: ['context'] });
  const mistral = before?.context.mistral as { readonly execution_id?: string } | undefined;
  if (mistral?.execution_id === undefined) throw new Error('Unable to rerun because mistral execution_id is missing.');
  const execution = await client.execution(mistral.execution_id);
  if (execution.state !== 'ERROR') throw new Error('Workflow execution is not in a rerunable state.');
  const env = workflowEnvironment(context);
  const found = await failedTasks(client, execution.id, options);
  await replaceEnvironment(client, execution.id, env);
  await rerunEach(client, found, options, env);
  return execution;
}

/**
 * Runs tasks of a workflow again that is held by them; it stays the same execution.
 *
 * @throws Error in StackStorm's words when the tasks cannot be run again
 */
export async function rerunHeldTasks(client: MistralClient, executionId: string, options: RerunOptions): Promise<void> {
  await rerunEach(client, await failedTasks(client, executionId, options), options, {});
}

type FoundTasks = ReadonlyMap<string, readonly MistralTask[]>;

async function failedTasks(client: MistralClient, executionId: string, options: RerunOptions): Promise<FoundTasks> {
  const found = new Map<string, readonly MistralTask[]>();
  for (const name of options.tasks) found.set(name, await findTasks(client, executionId, name));
  const missing = options.tasks.filter((name) => found.get(name)?.length === 0);
  if (missing.length === 0) return found;
  throw new Error(
    `Only tasks in error state can be rerun. Unable to identify rerunable tasks: ${missing.join(', ')}. ` +
      'Please make sure that the task name is correct and the task is in rerunable state.',
  );
}

async function rerunEach(client: MistralClient, found: FoundTasks, options: RerunOptions, env: Values): Promise<void> {
  for (const [name, tasks] of found) {
    for (const task of tasks) await client.rerunTask(task.id, options.reset.includes(name), env);
  }
}
