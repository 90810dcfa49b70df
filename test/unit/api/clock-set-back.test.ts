import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLoginThrottle } from '../../../api/auth/throttle.ts';
import { createAuthorizer } from '../../../api/server/authorize.ts';
import type { Stores } from '../../../stores/stores.ts';
import { clockSetBack } from '../../support/clock-set-back.ts';

it('a role that was taken away ends after seconds, also when the clock was set back', async (test) => {
  let roles = [{ role: 'admin' }];
  const stores = { roleAssignments: { find: async () => roles }, roles: { find: async () => [] } } as unknown as Stores;
  const rbac = { enable: true, permission_isolation: false };
  const authorizer = createAuthorizer(stores, { rbac, system: { user: 'stanley' } });
  assert.deepEqual(await authorizer.rolesOf('ann'), ['admin']);
  roles = [];
  clockSetBack(test, 2_000);
  assert.deepEqual(await authorizer.rolesOf('ann'), []);
});

it('who has mistyped a password waits no longer when the clock was set back', (test) => {
  const throttle = createLoginThrottle();
  for (let tries = 0; tries < 30; tries += 1) throttle.failed('ann');
  assert.notEqual(throttle.waitFor('ann'), 0);
  clockSetBack(test, 3_600_000);
  assert.equal(throttle.waitFor('ann'), 0);
});
