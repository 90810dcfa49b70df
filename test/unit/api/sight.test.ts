import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ApiRequest } from '../../../api/server/route.ts';
import { createSight, REMEMBERED } from '../../../api/stream/sight.ts';
import { ForbiddenError } from '../../../core/errors.ts';
import type { Config } from '../../../platform/config/load-config.ts';
import type { Stores } from '../../../stores/stores.ts';

/** What Ada sees under permission isolation; executions are stored as those of their owners. */
function sightOfAda(endId?: string, owners: Readonly<Record<string, string>> = {}) {
  const config = { rbac: { enable: true, permission_isolation: true }, system: { user: 'stanley' } };
  const executions = {
    get: async (id: string) => (owners[id] === undefined ? undefined : { context: { user: owners[id] } }),
  };
  const request = { requester: { user: 'ada', roles: [], isAdmin: false } };
  const deps = { config: config as unknown as Config, stores: { executions } as unknown as Stores };
  return createSight(deps, request as unknown as ApiRequest, endId);
}

const change = (executionId: string, owner: string) => ({
  name: 'st2.execution__update',
  data: '',
  executionId,
  owner,
});
const output = (executionId: string) => ({
  name: 'st2.execution.output__create',
  data: '',
  executionId,
  outputId: 'o',
});

describe('events under permission isolation', () => {
  it('are those of own executions, and their output once they were seen', async () => {
    const maySee = await sightOfAda();
    assert.equal(maySee({ name: 'st2.announcement__chat', data: '' }), true);
    assert.equal(maySee(output('own')), false);
    assert.equal(maySee(change('own', 'ada')), true);
    assert.equal(maySee(output('own')), true);
    assert.equal(maySee(change('other', 'bob')), false);
    assert.equal(maySee(output('other')), false);
  });

  it('include the output of the execution that is waited for, unless it is of another user', async () => {
    const maySee = await sightOfAda('own', { own: 'ada' });
    assert.equal(maySee(output('own')), true);
    assert.equal(maySee(change('own', 'bob')), false);
    await assert.rejects(sightOfAda('other', { other: 'bob' }), ForbiddenError);
  });

  it('remember a limited number of executions, those that were heard of last', async () => {
    const maySee = await sightOfAda('waited', { waited: 'ada' });
    maySee(change('first', 'ada'));
    maySee(change('busy', 'ada'));
    for (let index = 0; index < REMEMBERED - 1; index += 1) {
      maySee(change(`e${index}`, 'ada'));
      assert.equal(maySee(output('busy')), true);
    }
    assert.equal(maySee(output('first')), false);
    assert.equal(maySee(output('e0')), true);
    assert.equal(maySee(output('waited')), true);
  });
});
