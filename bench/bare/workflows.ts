/** What a developer would write by hand on Temporal: the yardstick for the whole path. */
import { proxyActivities } from '@temporalio/workflow';

interface Activities {
  /** Completes through a client, as what waits for somebody else does. */
  asynchronous(name: string): Promise<unknown>;
  /** Returns. */
  plain(name: string): Promise<unknown>;
}

const activities = proxyActivities<Activities>({ startToCloseTimeout: '1 hour', retry: { maximumAttempts: 1 } });

/** One activity after the other. */
export async function linear(tasks: number, way: keyof Activities): Promise<number> {
  for (let task = 0; task < tasks; task += 1) await activities[way](`t${task}`);
  return tasks;
}

/** All activities at once, then one more. */
export async function fanOut(tasks: number, way: keyof Activities): Promise<number> {
  await Promise.all(Array.from({ length: tasks }, (_, task) => activities[way](`t${task}`)));
  await activities[way]('join');
  return tasks;
}
