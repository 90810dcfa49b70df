import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { findFreePorts } from '../../../platform/network/ports.ts';
import { isTemporalFailure } from '../../../platform/temporal/temporal-failure.ts';

it('a server that is away is told from a mistake', async () => {
  const [port = 0] = await findFreePorts(1);
  const connection = Connection.lazy({ address: `127.0.0.1:${port}`, connectTimeout: 500 });
  const { workflow } = new Client({ connection });
  const start = connection.withDeadline(Date.now() + 1_000, () =>
    workflow.start('any', { taskQueue: 'any', workflowId: 'any' }),
  );
  const error = await start.then(
    () => assert.fail('nobody answers there'),
    (reason: unknown) => reason,
  );
  assert.equal(isTemporalFailure(error), true, String(error));
  assert.equal(isTemporalFailure(new Error('no such workflow')), false);
  await connection.close();
});
