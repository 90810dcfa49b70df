import assert from 'node:assert/strict';
import { it, mock } from 'node:test';
import { ActivityNotFoundError, type Client } from '@temporalio/client';
import { createMistralV2Callback } from '../../../action-service/callbacks/mistral-v2.ts';
import type { Execution } from '../../../stores/executions.ts';

const execution = { id: 'a', status: 'succeeded', result: 5, log: [] } as unknown as Execution;
const activity = { workflowId: 'w', activityId: 't' };
const callback = { source: 'mistral_v2', workflow_id: 'w', run_id: 'r1', activity_id: 't' };

/** Delivers to a Temporal in which the activity waits in the given run. @returns what was asked of it */
async function deliver(waitsIn: string | undefined): Promise<unknown[]> {
  const asked: unknown[] = [];
  const complete = async (id: { runId?: string }) => {
    asked.push(id);
    if (waitsIn === undefined || (id.runId ?? waitsIn) !== waitsIn) throw new ActivityNotFoundError('Not found');
  };
  const client = { activity: { complete } };
  await createMistralV2Callback(async () => client as unknown as Client).deliver(callback, execution);
  return asked;
}

it('completes the activity of the run that asked', async () => {
  assert.deepEqual(await deliver('r1'), [{ ...activity, runId: 'r1' }]);
});

it('completes the activity of a later run, in which the workflow goes on', async () => {
  assert.deepEqual(await deliver('r2'), [{ ...activity, runId: 'r1' }, activity]);
});

it('takes it well that nobody waits', async () => {
  assert.equal((await deliver(undefined)).length, 2);
});

it('waits no longer than half a minute for a Temporal that hangs', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const client = { activity: { complete: () => new Promise(() => undefined) } };
    const delivering = createMistralV2Callback(async () => client as unknown as Client).deliver(callback, execution);
    const failed = assert.rejects(delivering, { code: 'UNAVAILABLE', message: 'Temporal does not answer.' });
    await new Promise((resolve) => setImmediate(resolve));
    mock.timers.tick(30_000);
    await failed;
  } finally {
    mock.timers.reset();
  }
});
