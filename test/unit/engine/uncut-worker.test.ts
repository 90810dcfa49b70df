import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from '@temporalio/worker';
import { UncutWorker } from '../../../engine/worker/uncut-worker.ts';

/** What is behind `protected`. */
interface Creating {
  createWorkflowCreator(bundle: object, options: object, logger: object): Promise<unknown>;
}

test('the sandbox gets no limit of time, which costs a thread a step, and all other options', async (context) => {
  const create = context.mock.method(Worker as unknown as Creating, 'createWorkflowCreator', async () => 'made');
  const options = { isolateExecutionTimeoutMs: 5_000, workflowThreadPoolSize: 1 };
  const [bundle, logger] = [{}, {}];

  assert.equal(await (UncutWorker as unknown as Creating).createWorkflowCreator(bundle, options, logger), 'made');

  assert.deepEqual(create.mock.calls[0]?.arguments, [
    bundle,
    { isolateExecutionTimeoutMs: undefined, workflowThreadPoolSize: 1 },
    logger,
  ]);
});

test('the SDK makes its sandbox by the method that is overridden', () => {
  assert.match(String(Worker.create), /this\.createWorkflowCreator\(/);
});
