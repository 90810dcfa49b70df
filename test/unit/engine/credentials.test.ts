import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCredentials } from '../../../engine/worker/credentials.ts';
import type { Config } from '../../../platform/config/load-config.ts';
import type { Stores } from '../../../stores/stores.ts';

const config = { auth: { enable: false, service_token_ttl: 60 }, system: { user: 'stanley' } } as unknown as Config;

/** Executions by id, and which of them were looked up. */
function credentials(users: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const executions = {
    async get(id: string) {
      asked.push(id);
      return users[id] === undefined ? undefined : { id, context: { user: users[id] } };
    },
  };
  return { asked, of: createCredentials({ executions } as unknown as Stores, config) };
}

describe('in whose name the actions of a workflow run', () => {
  it('that of the user of its execution, looked up once for all that ask', async () => {
    const { asked, of } = credentials({ one: 'ann' });
    const both = await Promise.all([of({ st2_execution_id: 'one' }), of({ st2_execution_id: 'one', owner: 'eve' })]);
    assert.deepEqual(
      both.map(({ user }) => user),
      ['ann', 'ann'],
    );
    assert.deepEqual(asked, ['one']);
  });

  it('not looked up where it is known since the start', async () => {
    const { asked, of } = credentials({});
    assert.equal((await of({ st2_execution_id: 'one', owner: 'eve', acting_user: 'ann' })).user, 'ann');
    assert.deepEqual(asked, []);
  });

  it('that of who has started it when it belongs to no execution, and of the system when nobody was asked', async () => {
    const { of } = credentials({});
    assert.equal((await of({ owner: 'eve' })).user, 'eve');
    assert.equal((await of({})).user, 'stanley');
    assert.equal((await of({ st2_execution_id: 'gone' })).user, 'stanley');
  });
});
