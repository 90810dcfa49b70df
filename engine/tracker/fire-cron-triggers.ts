import { errorMessage } from '../../core/errors.ts';
import type { OpenRecord } from '../../stores/records.ts';
import { isPassingFailure } from '../executions/passing-failure.ts';
import { startExecution } from '../executions/start-execution.ts';
import { nextTime } from '../mistral-api/resources/cron-triggers.ts';
import type { TrackerContext } from './tracker-context.ts';
import { triggerRequest } from './trigger-request.ts';

/** A tracker that has claimed a trigger and not moved it on by then is gone: another goes on. Milliseconds. */
const CLAIM_MS = 60_000;
/** Triggers under way at once. */
const AT_ONCE = 10;

/**
 * Starts the workflows of the cron triggers that are due. A trigger moves on to its next time when its workflow was started, or cannot
 * be: while Temporal or the database is away its time waits.
 */
export async function fireCronTriggers(context: TrackerContext): Promise<void> {
  const { stores, logger } = context;
  try {
    const due = await stores.cronTriggers.find({ next_execution_time: { $lte: new Date() } });
    for (let start = 0; start < due.length; start += AT_ONCE) {
      const handled = await Promise.all(due.slice(start, start + AT_ONCE).map((trigger) => handle(context, trigger)));
      // All of them wait: so would the rest, each for its own time-out.
      if (!handled.includes(true)) return;
    }
  } catch (error) {
    logger.warn({ reason: errorMessage(error) }, 'looking for due cron triggers failed');
  }
}

/** @returns false when the trigger has to wait; none keeps the others from firing */
async function handle(context: TrackerContext, trigger: OpenRecord): Promise<boolean> {
  try {
    if (!(await claim(context, trigger))) return true;
    const isOver = await fire(context, trigger);
    await (isOver ? moveOn(context, trigger) : release(context, trigger));
    return isOver;
  } catch (error) {
    context.logger.warn({ trigger: trigger.name, reason: errorMessage(error) }, 'a due cron trigger waits');
    return false;
  }
}

/** This time of the trigger, as long as nobody has moved it on. */
function thisTime({ id, next_execution_time }: OpenRecord) {
  return { id, next_execution_time };
}

/** One tracker at a time starts the workflow of a trigger. */
async function claim({ stores }: TrackerContext, trigger: OpenRecord): Promise<boolean> {
  const isFree = { $or: [{ claimed_until: null }, { claimed_until: { $lte: new Date() } }] };
  const claimed = { $set: { claimed_until: new Date(Date.now() + CLAIM_MS) } };
  return (await stores.cronTriggers.updateOne({ ...thisTime(trigger), ...isFree }, claimed)) !== undefined;
}

/** For the next second. */
async function release({ stores }: TrackerContext, trigger: OpenRecord): Promise<void> {
  await stores.cronTriggers.updateOne(thisTime(trigger), { $set: { claimed_until: null } });
}

/** @returns false when the same may succeed later */
async function fire(context: TrackerContext, trigger: OpenRecord): Promise<boolean> {
  const { logger } = context;
  try {
    await startExecution(context, toRequest(trigger));
  } catch (error) {
    const note = { trigger: trigger.name, reason: errorMessage(error) };
    if (isPassingFailure(error)) {
      logger.warn(note, 'a cron trigger waits for its workflow to be startable');
      return false;
    }
    logger.error(note, 'cron trigger could not start its workflow');
  }
  return true;
}

function toRequest(trigger: OpenRecord) {
  return triggerRequest(trigger, {
    occasion: (trigger.next_execution_time as Date).toISOString(),
    description: `Workflow execution created by cron trigger '${trigger.name}'.`,
  });
}

/** Moves the trigger on to its next time, or removes it after its last. */
async function moveOn(context: TrackerContext, trigger: OpenRecord): Promise<void> {
  const { cronTriggers } = context.stores;
  const { pattern, remaining_executions: remaining } = trigger;
  const left = typeof remaining === 'number' ? remaining - 1 : null;
  if ((left !== null && left <= 0) || typeof pattern !== 'string') {
    await cronTriggers.removeOne(thisTime(trigger));
    return;
  }
  const next_execution_time = timeAfter(context, trigger, pattern);
  const change = { next_execution_time, remaining_executions: left, claimed_until: null, updated_at: new Date() };
  await cronTriggers.updateOne(thisTime(trigger), { $set: change });
}

/** A pattern that was stored unchecked has no next time. */
function timeAfter({ logger }: TrackerContext, { name }: OpenRecord, pattern: string): Date | null {
  try {
    return nextTime(pattern);
  } catch (error) {
    logger.error({ trigger: name, reason: errorMessage(error) }, 'cron trigger does not fire again');
    return null;
  }
}
