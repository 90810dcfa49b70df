import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { withDatabase } from '../../../platform/mongo/with-database.ts';

const logger = pino({ level: 'silent' });

class MongoNetworkError extends Error {
  override readonly name = 'MongoNetworkError';
}

/** Work that fails so many times with an error. */
function failing(times: number, error: Error) {
  let calls = 0;
  const work = async () => {
    calls += 1;
    if (calls <= times) throw error;
    return calls;
  };
  return { work, calls: () => calls };
}

describe('work that needs the database', () => {
  it('is repeated while the database is away', async () => {
    const { work } = failing(2, new MongoNetworkError('connection 3 to 127.0.0.1:1 closed'));
    assert.equal(await withDatabase(logger, work), 3);
  });

  it('is not repeated for any other reason', async () => {
    const { work, calls } = failing(1, new Error('no such action'));
    await assert.rejects(withDatabase(logger, work), /no such action/);
    assert.equal(calls(), 1);
  });
});
