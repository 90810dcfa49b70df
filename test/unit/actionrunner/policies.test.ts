import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import mongoose from 'mongoose';
import { pino } from 'pino';
import type { PolicyDeps } from '../../../actionrunner/policies/contract.ts';
import { createPolicies } from '../../../actionrunner/policies/policies.ts';
import type { Execution } from '../../../stores/executions.ts';

const LIMIT = {
  ref: 'a.one',
  resource_ref: 'a.b',
  policy_type: 'action.concurrency',
  enabled: true,
  parameters: { threshold: 1 },
};
const execution = { id: '5f0000000000000000000001', action_ref: 'a.b', status: 'requested' } as unknown as Execution;

const policiesThatMeet = (error: Error) =>
  createPolicies({
    stores: {
      policies: { find: async () => [LIMIT], revision: () => 0 },
      concurrencySlots: { find: () => Promise.reject(error) },
    },
    logger: pino({ level: 'silent' }),
  } as unknown as PolicyDeps);

describe('a policy that cannot be applied', () => {
  it('lets nothing run past its limit because the database is away', async () => {
    const policies = policiesThatMeet(new mongoose.mongo.MongoNetworkError('connection 7 closed'));
    await assert.rejects(policies.before(execution), /connection 7 closed/);
  });

  it('is passed over for any other reason', async () => {
    assert.equal(await policiesThatMeet(new Error('broken')).before(execution), 'run');
  });
});
