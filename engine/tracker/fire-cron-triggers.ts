import { errorMessage } from '../../core/errors.ts';
import type { OpenRecord } from '../../stores/records.ts';
import { fromText } from '../executions/execution-records.ts';
import { startExecution } from '../executions/start-execution.ts';
import { nextTime } from '../mistral-api/resources/cron-triggers.ts';
import type { TrackerContext } from './tracker-context.ts';

/** Starts the workflows of the cron triggers that are due; each time is taken by one tracker. */
export async function fireCronTriggers(context: TrackerContext): Promise<void> {
  const { stores, logger } = context;
  try {
    const due = await stores.cronTriggers.find({ next_execution_time: { $lte: new Date() } });
    for (const trigger of due) if (await take(context, trigger)) await fire(context, trigger);
  } catch (error) {
    logger.warn({ reason: errorMessage(error) }, 'looking for due cron triggers failed');
  }
}

/** Moves the trigger on to its next time, or removes it after its last. */
async function take({ stores }: TrackerContext, trigger: OpenRecord): Promise<boolean> {
  const { id, pattern, next_execution_time, remaining_executions: remaining } = trigger;
  const unchanged = { id, next_execution_time };
  const left = typeof remaining === 'number' ? remaining - 1 : null;
  if (left === 0 || typeof pattern !== 'string') return (await stores.cronTriggers.removeOne(unchanged)) !== undefined;
  const change = { next_execution_time: nextTime(pattern), remaining_executions: left, updated_at: new Date() };
  return (await stores.cronTriggers.updateOne(unchanged, { $set: change })) !== undefined;
}

async function fire(context: TrackerContext, trigger: OpenRecord): Promise<void> {
  try {
    await startExecution(context, {
      workflow_id: String(trigger.workflow_id),
      workflow_name: String(trigger.workflow_name),
      namespace: '',
      input: fromText(trigger.workflow_input) as Readonly<Record<string, unknown>>,
      params: fromText(trigger.workflow_params) as Readonly<Record<string, unknown>>,
      description: `Workflow execution created by cron trigger '${trigger.name}'.`,
    });
  } catch (error) {
    context.logger.error(
      { trigger: trigger.name, reason: errorMessage(error) },
      'cron trigger could not start its workflow',
    );
  }
}
