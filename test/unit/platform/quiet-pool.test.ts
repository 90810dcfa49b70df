import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { driverModule } from '../../../platform/mongo/driver-module.ts';
import { type DriverPool, quietPools } from '../../../platform/mongo/quiet-pool.ts';

const { ConnectionPool } = driverModule<{ ConnectionPool: DriverPool }>('cmap/connection_pool.js');
const ofDriver = mock.method(ConnectionPool.prototype, 'ensureMinPoolSize', () => undefined);

test('a pool that is to keep no connections is never looked at, others as the driver does it', () => {
  quietPools();
  const look = (minPoolSize: number) => ConnectionPool.prototype.ensureMinPoolSize.call({ options: { minPoolSize } });
  look(0);
  assert.equal(ofDriver.mock.callCount(), 0);
  look(2);
  assert.equal(ofDriver.mock.callCount(), 1);
});
