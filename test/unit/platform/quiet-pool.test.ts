import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mock, test } from 'node:test';

const mongoose = createRequire(import.meta.url).resolve('mongoose');
const { ConnectionPool } = createRequire(mongoose)('mongodb/lib/cmap/connection_pool.js');
const ofDriver = mock.method(ConnectionPool.prototype, 'ensureMinPoolSize', () => undefined);

test('a pool that is to keep no connections is never looked at, others as the driver does it', async () => {
  const { quietPools } = await import('../../../platform/mongo/quiet-pool.ts');
  quietPools();
  const look = (minPoolSize: number) => ConnectionPool.prototype.ensureMinPoolSize.call({ options: { minPoolSize } });
  look(0);
  assert.equal(ofDriver.mock.callCount(), 0);
  look(2);
  assert.equal(ofDriver.mock.callCount(), 1);
});
