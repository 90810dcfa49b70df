import type { FastifyInstance } from 'fastify';
import type { ApiContext } from '../api-context.ts';

/** Temporal's `TASK_QUEUE_TYPE_WORKFLOW`, an enum of its protocol. */
const WORKFLOW_QUEUE = 1;

/** `/`, `/v2` and `/v2/services`: what is here, and who works. */
export function registerServices(app: FastifyInstance, { client, taskQueue }: ApiContext): void {
  app.get('/services', async () => {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOW_QUEUE,
    });
    const names = [...new Set((pollers ?? []).map(({ identity }) => identity ?? 'unknown'))];
    return { services: names.map((name) => ({ name, type: 'engine_group' })) };
  });
}
