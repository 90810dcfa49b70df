import { type ActivityOptions, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities, LocalActivities } from '../contract.ts';
import { LOST_SECONDS, MARGIN_SECONDS } from '../outside-limits.ts';

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

/** Comes back in a later workflow task, in which the workflow goes on. */
export const comeBack: Activities['engine.come_back'] = proxyActivities<Pick<Activities, 'engine.come_back'>>({
  // Its worker may have died with it.
  startToCloseTimeout: '5 seconds',
  summary: 'goes on in the next workflow task',
})['engine.come_back'];

/** Looks into other executions. A local activity would keep its workflow task, and with it the place of those that it asks. */
export const lookUp: Activities['engine.look_up'] = proxyActivities<Pick<Activities, 'engine.look_up'>>({
  startToCloseTimeout: '1 minute',
  retry: activityOptions.retry,
  summary: 'looks into other executions',
})['engine.look_up'];

/** Activities that the worker itself carries out to their end. */
type OutsideActivities = Omit<Activities, 'st2.action' | 'engine.come_back' | 'engine.look_up'>;

/** The activity of StackStorm's actions, with an id and a text for the Temporal UI. */
export function st2Activities(
  activityId: string,
  summary: string,
): ReturnType<typeof proxyActivities<Pick<Activities, 'st2.action'>>> {
  return proxyActivities<Pick<Activities, 'st2.action'>>({ ...activityOptions, activityId, summary });
}

/**
 * Activities that act on the outside in the worker itself. They have one attempt, as a repeated request may do its work twice, and
 * fail when their process is lost.
 *
 * @param seconds how long the activity itself gives the action
 */
export function outsideActivities(
  activityId: string,
  summary: string,
  seconds: number,
): ReturnType<typeof proxyActivities<OutsideActivities>> {
  return proxyActivities<OutsideActivities>({
    ...activityOptions,
    startToCloseTimeout: Math.ceil(seconds + MARGIN_SECONDS) * 1_000,
    heartbeatTimeout: LOST_SECONDS * 1_000,
    retry: { maximumAttempts: 1 },
    activityId,
    summary,
  });
}
