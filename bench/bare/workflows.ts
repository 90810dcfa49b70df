/** What a developer would write by hand on Temporal: the yardstick for the whole path. */
import { proxyActivities } from '@temporalio/workflow';

const { noop } = proxyActivities<{ noop(name: string): Promise<unknown> }>({
  startToCloseTimeout: '1 hour',
  retry: { maximumAttempts: 1 },
});

/** One activity after the other. */
export async function linear(tasks: number): Promise<number> {
  for (let task = 0; task < tasks; task += 1) await noop(`t${task}`);
  return tasks;
}

/** All activities at once, then one more. */
export async function fanOut(tasks: number): Promise<number> {
  await Promise.all(Array.from({ length: tasks }, (_, task) => noop(`t${task}`)));
  await noop('join');
  return tasks;
}
