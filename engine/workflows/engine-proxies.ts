import { type ActivityOptions, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities, LocalActivities } from '../contract.ts';

/** An action may take as long as it likes: its own timeout, its runner's lease and the tracker end it, not Temporal. */
const FOR_EVER = '3650 days';

/** Local activities: short looks and writes in the worker itself, tried again until the database answers. */
export const local = proxyLocalActivities<LocalActivities>({
  // Far more than any of them takes: a database under load must not make a workflow repeat a long report for ever.
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

const activityOptions = {
  startToCloseTimeout: FOR_EVER,
  // Not longer: what was away, such as the database, is waited for by many workflows at once.
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  // We do not wait for the other side to agree: the workflow goes on at once.
  cancellationType: 'TRY_CANCEL',
} as const satisfies ActivityOptions;

/** The activities, with an id and a text for the Temporal UI. */
export function activities(activityId: string, summary: string): ReturnType<typeof proxyActivities<Activities>> {
  return proxyActivities<Activities>({ ...activityOptions, activityId, summary });
}
