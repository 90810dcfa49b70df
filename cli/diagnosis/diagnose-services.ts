import type { Client } from '@temporalio/client';
import { errorMessage } from '../../core/errors.ts';
import type { Bus } from '../../platform/bus/bus.ts';
import type { Finding } from './finding.ts';

/** The queues that work stands still without, and who takes from them. */
const QUEUES = [
  ['st2.actionrunner.req', 'st2scheduler', 'Requested executions are not scheduled'],
  ['st2.actionrunner.work', 'st2actionrunner', 'Scheduled executions are not run'],
  ['st2.notifiers.execution.work', 'st2notifier', 'Ends of executions reach no rule and no chat'],
  ['st2.trigger_instances_dispatch.rules_engine', 'st2rulesengine', 'What happens starts nothing by its rules'],
  ['st2.resultstracker.work', 'st2resultstracker', 'Workflows that end are noticed late or never'],
  ['st2.resultstracker.callbacks', 'st2resultstracker', 'Workflows hear of answers and cancels late or never'],
] as const;
/** Temporal's `TASK_QUEUE_TYPE_WORKFLOW`. */
const WORKFLOW_TASKS = 1;

/** Looks whether each kind of work has somebody who takes it. */
export async function diagnoseServices(bus: Bus, client: Client, taskQueue: string): Promise<readonly Finding[]> {
  const queues = await Promise.all(
    QUEUES.map(([queue, service, effect]) => diagnoseQueue(bus, queue, service, effect)),
  );
  return [...queues.flat(), ...(await diagnoseWorkers(client, taskQueue))];
}

async function diagnoseQueue(bus: Bus, queue: string, service: string, effect: string): Promise<readonly Finding[]> {
  try {
    const { messages, consumers } = await bus.inspect(queue);
    if (consumers > 0) return [];
    return [{ why: `${effect}: nobody takes from ${queue}, ${messages} wait.`, advice: `Start ${service}.` }];
  } catch (error) {
    const why = `${effect}: the queue ${queue} cannot be asked for (${errorMessage(error)}).`;
    return [{ why, advice: `Start ${service}, which makes the queue; if it runs, look at the message broker.` }];
  }
}

async function diagnoseWorkers(client: Client, name: string): Promise<readonly Finding[]> {
  try {
    const { namespace } = client.options;
    const request = { namespace, taskQueue: { name }, taskQueueType: WORKFLOW_TASKS };
    const { pollers } = await client.workflowService.describeTaskQueue(request);
    if ((pollers ?? []).length > 0) return [];
    return [{ why: `No worker has polled the task queue "${name}" for minutes.`, advice: 'Start mistral-server.' }];
  } catch (error) {
    return [
      {
        why: `Temporal cannot be asked: ${errorMessage(error)}.`,
        advice: 'Start Temporal, or set TEMPORAL_ADDRESS; workflows go on by themselves when it is back.',
      },
    ];
  }
}
