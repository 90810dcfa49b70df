/** A process with a bare Temporal worker whose activities complete asynchronously, through a client, by workflow and activity id. */
import { fileURLToPath } from 'node:url';
import { activityInfo, CompleteAsyncError } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';

const address = process.env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233';
const taskQueue = process.argv[2] ?? 'bare';
const client = new Client({ connection: await Connection.connect({ address }) });
const suffix = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowsPath: fileURLToPath(new URL(`./workflows.${suffix}`, import.meta.url)),
  activities: {
    async noop(): Promise<never> {
      const { workflowExecution, activityId } = activityInfo();
      if (workflowExecution === undefined) throw new Error('The activity has no workflow.');
      const { workflowId } = workflowExecution;
      setImmediate(() => void client.activity.complete({ workflowId, activityId }, { succeeded: true }));
      throw new CompleteAsyncError();
    },
  },
});
process.on('SIGTERM', () => worker.shutdown());
process.on('disconnect', () => worker.shutdown());
process.send?.({ ready: true });
await worker.run();
process.exit(0);
