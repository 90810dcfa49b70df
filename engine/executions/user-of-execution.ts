import type { Stores } from '../../stores/stores.ts';

/** The user in whose name an execution of ours runs, as stored; `undefined` when there is none with that id. */
export async function userOfExecution({ executions }: Stores, id: string): Promise<string | undefined> {
  const execution = await executions.get(id, { include: ['context'] });
  return typeof execution?.context?.user === 'string' ? execution.context.user : undefined;
}
