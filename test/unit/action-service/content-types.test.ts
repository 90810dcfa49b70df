import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONTENT_TYPES, type RegistrationContext } from '../../../action-service/packs/content-types.ts';

describe('the policy of a pack', () => {
  /** What is stored of a policy with these parameters. */
  async function registered(policy_type: string, parameters?: object): Promise<unknown> {
    let stored: { readonly parameters?: unknown } | undefined;
    const policies = {
      async upsert(_filter: unknown, record: object) {
        stored = record;
      },
    };
    const context = { stores: { policies }, pack: 'one', packPath: '/one', file: 'policies/limit.yaml' };
    const metadata = { name: 'limit', resource_ref: 'one.run', policy_type, parameters };
    const type = CONTENT_TYPES.find(({ name }) => name === 'policy');
    await type?.register(metadata, context as unknown as RegistrationContext);
    return stored?.parameters;
  }

  it('is stored with the defaults of its type', async () => {
    const limit = { threshold: 2, action: 'delay' };
    assert.deepEqual(await registered('action.concurrency', { threshold: 2 }), limit);
    const attributes = { ...limit, attributes: ['a'] };
    assert.deepEqual(await registered('action.concurrency.attr', { threshold: 2, attributes: ['a'] }), attributes);
    assert.deepEqual(await registered('action.retry', { retry_on: 'timeout', delay: 1.5 }), {
      retry_on: 'timeout',
      max_retry_count: 2,
      delay: 1.5,
    });
  });

  it('is refused when it does not fit its type', async () => {
    const refusals: readonly (readonly [string, object | undefined, RegExp])[] = [
      ['action.concurrency', undefined, /'threshold' is a required property/],
      ['action.concurrency', { threshold: '2' }, /'2' is not of type 'integer'/],
      ['action.concurrency', { threshold: 2, action: 'wait' }, /'wait' is not one of \['delay', 'cancel'\]/],
      ['action.retry', { retry_on: 'failure', max_retry_count: 9 }, /9 is greater than the maximum of 5/],
      ['action.retry', { retry_on: 'failure', retries: 1 }, /Additional properties are not allowed \('retries' was/],
      ['action.other', {}, /Referenced policy_type "action.other" doesnt exist/],
    ];
    for (const [type, parameters, message] of refusals)
      await assert.rejects(registered(type, parameters), { code: 'VALIDATION', message });
  });
});
