/** A process with a bare Temporal worker: activities that return, and some that complete through a client by workflow and activity id. */
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
    async plain() {
      return { succeeded: true };
    },
    async asynchronous(): Promise<never> {
      const { workflowExecution, activityId } = activityInfo();
      if (workflowExecution === undefined) throw new Error('The activity has no workflow.');
      const { workflowId } = workflowExecution;
      setImmediate(() => void client.activity.complete({ workflowId, activityId }, { succeeded: true }));
      throw new CompleteAsyncError();
    },
  },
});
// The server may be gone already: then a shutdown would wait for it for ever.
const end = () => {
  worker.shutdown();
  setTimeout(() => process.exit(0), 1_000);
};
process.on('SIGTERM', end);
process.on('disconnect', end);
process.send?.({ ready: true });
await worker.run();
process.exit(0);
