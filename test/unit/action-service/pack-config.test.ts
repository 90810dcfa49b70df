import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPackConfigs } from '../../../action-service/packs/pack-config.ts';

/** What an action sees of a configuration, with a datastore of plain values and secrets in square brackets. */
function load(attributes: object, values: object, stored: Readonly<Record<string, string>> = {}) {
  const stores = {
    configSchemas: { findOne: async () => ({ attributes }) },
    configs: { findOne: async () => ({ values }) },
  };
  const keyValues = {
    value: async (scope: string, key: string, user: string) =>
      stored[`${scope}:${scope.includes('user') ? `${user}:` : ''}${key}`],
    decrypt: (text: string) => text.replace(/^\[(.*)\]$/, '$1'),
  };
  return createPackConfigs(stores as never, keyValues as never)('pack', 'ada');
}

describe('configuration of a pack', () => {
  it('fills defaults of objects, of objects in objects and of objects in lists', async () => {
    const server = {
      type: 'object',
      properties: {
        host: { type: 'string' },
        port: { type: 'integer', default: 443 },
        tls: { type: 'object', properties: { verify: { type: 'boolean', default: true }, ca: { type: 'string' } } },
      },
    };
    const schema = {
      region: { type: 'string', default: 'eu' },
      retries: { type: 'integer', default: 0 },
      tags: { type: 'array', items: { type: 'string' }, default: ['a', 'b'] },
      primary: server,
      servers: { type: 'array', items: server },
      nothing: { type: 'object', properties: { optional: { type: 'string' } } },
    };
    assert.deepEqual(await load(schema, {}), {
      region: 'eu',
      retries: 0,
      tags: ['a', 'b'],
      primary: { port: 443, tls: { verify: true } },
      servers: [],
      nothing: {},
    });
    const given = {
      region: '',
      tags: [],
      primary: { host: 'one', tls: { verify: false } },
      servers: [{ host: 'two', port: 1 }, { tls: {} }],
      more: { kept: 1 },
    };
    assert.deepEqual(await load(schema, given), {
      region: '',
      retries: 0,
      tags: [],
      primary: { host: 'one', port: 443, tls: { verify: false } },
      servers: [
        { host: 'two', port: 1, tls: { verify: true } },
        { port: 443, tls: { verify: true } },
      ],
      more: { kept: 1 },
      nothing: {},
    });
  });

  it('knows the schemas of patterns, of other properties and of places in lists', async () => {
    const secret = { type: 'object', properties: { key: { type: 'string', secret: true }, port: { default: 80 } } };
    const schema = {
      hosts: { type: 'object', patternProperties: { '^db-': secret }, additionalProperties: { type: 'object' } },
      others: { type: 'object', additionalProperties: secret },
      places: { type: 'array', items: [{ type: 'string' }], additionalItems: secret },
    };
    const key = '{{ st2kv.system.token }}';
    const values = {
      hosts: { 'db-1': { key }, web: { key } },
      others: { any: { key } },
      places: [key, { key }],
    };
    assert.deepEqual(await load(schema, values, { 'system:token': '[hush]' }), {
      hosts: { 'db-1': { key: 'hush', port: 80 }, web: { key: '[hush]' } },
      others: { any: { key: 'hush', port: 80 } },
      places: ['[hush]', { key: 'hush', port: 80 }],
    });
  });

  it('takes a key that does not exist for nothing, and decrypts where the template says so', async () => {
    const values = {
      missing: '{{ st2kv.system.missing }}',
      filtered: 'x-{{ st2kv.user.token | decrypt_kv }}',
      list: ['{{st2kv.user.token|decrypt_kv}}'],
    };
    assert.deepEqual(
      await load({ missing: { type: 'string', default: 'd' } }, values, { 'user:ada:token': '[hush]' }),
      {
        missing: null,
        filtered: 'x-hush',
        list: ['hush'],
      },
    );
    await assert.rejects(
      load({}, { a: [{ b: '{{ st2kv.system.gone | decrypt_kv }}' }] }),
      /key "a\.0\.b" with value "\{\{ st2kv\.system\.gone \| decrypt_kv \}\}" for pack "pack" config: Referenced datastore item "st2kv\.system\.gone" doesn't exist or it contains an empty string/,
    );
  });

  it('takes values of the datastore at any depth, and decrypts those of secret attributes only', async () => {
    const schema = {
      token: { type: 'string', secret: true },
      plain: { type: 'string' },
      hosts: { type: 'array', items: { type: 'object', properties: { key: { type: 'string', secret: true } } } },
    };
    const stored = { 'st2kv.system:token': '[hush]', 'st2kv.system:plain': '[as it is]' };
    const values = {
      token: '{{ st2kv.system.token }}',
      plain: '{{ st2kv.system.plain }}',
      hosts: [{ key: '{{st2kv.system.token}}' }],
    };
    const seen = await load(schema, values, { ...stored, 'system:token': '[hush]', 'system:plain': '[as it is]' });
    assert.deepEqual(seen, { token: 'hush', plain: '[as it is]', hosts: [{ key: 'hush' }] });
  });

  it('names the place of what cannot be rendered', async () => {
    await assert.rejects(load({}, { a: { b: '{{ nope( }}' } }), /dynamic configuration value for key "a\.b"/);
  });
});
