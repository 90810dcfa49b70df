import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import mongoose from 'mongoose';
import { pino } from 'pino';
import { takeSurely } from '../../../actionrunner/dispatcher/take-surely.ts';
import { createTaker, type TakerDeps } from '../../../actionrunner/dispatcher/taker.ts';
import type { Execution } from '../../../stores/executions.ts';

const execution = { id: '5f0000000000000000000001', status: 'running' } as unknown as Execution;
const logger = pino({ level: 'silent' });
const isAway = () => Promise.reject(new mongoose.mongo.MongoNetworkError('connection 7 closed'));

describe('an execution that is taken while the database goes away', () => {
  it('is found by its lease where the answer to its taking was lost', async () => {
    const answers = [isAway, async () => undefined];
    const taken = await takeSurely({
      take: () => (answers.shift() ?? isAway)(),
      findTaken: async () => execution,
      signal: new AbortController().signal,
      logger,
    });
    assert.equal(taken, execution);
  });

  it('is taken later where nothing was written', async () => {
    const answers = [isAway, isAway, async () => execution];
    const taken = await takeSurely({
      take: () => (answers.shift() ?? isAway)(),
      findTaken: () => assert.fail('it is not looked for what was taken just now'),
      signal: new AbortController().signal,
      logger,
    });
    assert.equal(taken, execution);
  });

  it('is not looked for where the database has said that another one has it', async () => {
    const taken = await takeSurely({
      take: async () => undefined,
      findTaken: () => assert.fail('an answer came'),
      signal: new AbortController().signal,
      logger,
    });
    assert.equal(taken, undefined);
  });

  it('is left to others when the process stops meanwhile', async () => {
    const stopping = new AbortController();
    let asked = 0;
    const taken = takeSurely({
      take: () => {
        asked += 1;
        stopping.abort(new Error('stopping'));
        return isAway();
      },
      findTaken: async () => execution,
      signal: stopping.signal,
      logger,
    });
    await assert.rejects(taken, /stopping/);
    assert.equal(asked, 1);
  });
});

describe('what a process may find that it has taken', () => {
  const wanted = {
    id: execution.id,
    from: 'scheduled',
    isLate: false,
    result: undefined,
    orderedAt: undefined,
    isEarly: false,
  } as const;
  /** Takes while the database goes away, of which an execution is read afterwards whose lease ends in so many seconds. */
  const takeWhere = (leaseEndsIn: number, owner = 'host:7') => {
    const answers = [isAway, async () => undefined];
    const stored = { ...execution, lease: { owner, expires_at: new Date(Date.now() + leaseEndsIn * 1000) } };
    return createTaker({
      stores: { executions: { get: async () => stored } },
      actions: { changeStatus: () => (answers.shift() ?? isAway)() },
      owner: 'host:7',
      seconds: 30,
      signal: new AbortController().signal,
      logger,
    } as unknown as TakerDeps)(wanted);
  };

  it('is what has a lease of its name, taken since it began to try', async () => {
    assert.equal((await takeWhere(31))?.id, execution.id);
  });

  it('is not what an earlier process of its name has run', async () => {
    assert.equal(await takeWhere(20), undefined);
  });

  it('is not what another process has', async () => {
    assert.equal(await takeWhere(31, 'host:8'), undefined);
  });
});
