import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  byPosition,
  cast,
  maskSecrets,
  mergeParameterSchemas,
  type ParameterSchemas,
  parametersView,
  refuseImmutable,
  renderFinalParams,
  renderLiveParams,
  resolveLiveParams,
  validateConfig,
  validateParams,
  validateValues,
} from '../../../core/params/index.ts';

const definitions = {
  runner: { hosts: { type: 'string', default: 'localhost' }, timeout: { type: 'integer', default: 60 } },
  action: {
    cmd: { type: 'string', required: true },
    list: { type: 'array' },
    port: { type: 'integer', default: '{{ config_context.port }}' },
  },
};
const context = { actionContext: { user: 'bob' }, config: { port: 8080 } };

describe('rendering of parameters', () => {
  test('templates see other parameters, defaults and the configuration; casts give the types back', () => {
    const live = renderLiveParams(definitions, { cmd: 'ping {{ hosts }}', list: '{{ [port, cmd] }}' }, context);
    assert.deepEqual(live, { cmd: 'ping localhost', list: ['8080', 'ping localhost'], port: 8080 });
  });

  test('the final step fills defaults and splits into runner and action', () => {
    assert.deepEqual(renderFinalParams(definitions, { cmd: 'x', port: 1 }, context), {
      runner: { hosts: 'localhost', timeout: 60 },
      action: { cmd: 'x', list: null, port: 1 },
    });
  });

  test('an item that is exactly a reference keeps its type', () => {
    const live = renderLiveParams(definitions, { cmd: 'x', list: ['{{timeout}}', '{{ timeout }}'] }, context);
    assert.deepEqual(live.list, [60, '60']);
  });

  test('missing names, cycles and failing templates are named', () => {
    const render = (cmd: string) => () => renderLiveParams(definitions, { cmd }, context);
    assert.throws(render('{{ nope }}'), { code: 'VALIDATION', message: 'Dependency unsatisfied in variable "nope"' });
    assert.throws(render('{{ cmd }}'), { message: /^Cyclic dependency found in the following variables: cmd\./ });
    assert.throws(render('{{ config_context.zz }}'), { message: /^Failed to render parameter "cmd": / });
    assert.throws(() => renderLiveParams(definitions, { cmd: 'x', port: 'y' }, context), {
      message: /^Parameter "port": /,
    });
  });

  test('items of the datastore are fetched once each, for the right user', async () => {
    const asked: string[] = [];
    const live = await resolveLiveParams(
      definitions,
      { cmd: '{{ st2kv.system.a.b }} {{ st2kv.user.c }} {{ st2kv.system.a.b }}' },
      {
        ...context,
        fetch: async ({ scope, user, key }) => {
          asked.push(`${scope}/${user ?? ''}/${key}`);
          return scope === 'system' ? 'S' : undefined;
        },
      },
    );
    assert.equal(live.cmd, 'S  S');
    assert.deepEqual(asked, ['system//a.b', 'user/bob/c']);
  });

  test('encrypted items are decrypted by the host only', () => {
    const keyValues = () => 'cipher';
    const render = (decrypt?: (text: string) => string) =>
      renderLiveParams(definitions, { cmd: '{{ st2kv.system.k | decrypt_kv }}' }, { ...context, keyValues, decrypt });
    assert.equal(render((text) => `plain ${text}`).cmd, 'plain cipher');
    assert.throws(() => render(), { code: 'VALIDATION' });
  });
});

describe('casts', () => {
  const CASES: readonly (readonly [string, unknown, unknown])[] = [
    ['integer', ' 7 ', 7],
    ['integer', 5.9, 5],
    ['number', '1e3', 1000],
    ['boolean', 'tRuE', true],
    ['boolean', '0', 0],
    ['array', "[1, 'a', None]", [1, 'a', null]],
    ['object', '{"a": 1}', { a: 1 }],
    ['object', "{'a': (1, 2)}", { a: [1, 2] }],
    ['string', '%*****__%NONE%__*****%', null],
    ['unknown', 'x', 'x'],
  ];
  for (const [type, value, expected] of CASES) {
    test(`${type} ${JSON.stringify(value)}`, () => assert.deepEqual(cast(type, value), expected));
  }
  for (const [type, value] of [
    ['integer', '5.5'],
    ['boolean', 'yes'],
    ['array', '[1'],
    ['object', '__import__("os")'],
    ['string', 5],
  ] as const) {
    test(`${type} ${JSON.stringify(value)} is refused`, () =>
      assert.throws(() => cast(type, value), { code: 'PYTHON' }));
  }
});

describe('validation', () => {
  const REFUSED: readonly (readonly [Record<string, unknown>, string])[] = [
    [{}, "'cmd' is a required property"],
    [{ cmd: 5 }, "5 is not of type 'string'"],
    [{ cmd: 'x', zz: 1 }, "Additional properties are not allowed ('zz' was unexpected)"],
    [{ cmd: 'x', list: 'no' }, "'no' is not of type 'array', 'null'"],
  ];
  test('an integer of more digits than a number holds is the text of its digits', () => {
    const long = {
      runner: {},
      action: { id: { type: 'integer' }, list: { type: 'array', items: { type: 'number' } } },
    };
    const digits = '1234567890123456789';
    validateParams(long, { id: digits, list: [digits] });
    for (const id of ['12345', '1234567890123456789 ', '1e300'])
      assert.throws(() => validateParams(long, { id }), { code: 'VALIDATION' });
  });

  for (const [params, message] of REFUSED) {
    test(message, () =>
      assert.throws(() => validateParams(definitions, { port: 1, ...params }), { code: 'VALIDATION', message }),
    );
  }

  test('defaults are filled in, nested ones too, and optional values may be null', () => {
    const nested = {
      runner: {},
      action: {
        o: {
          type: 'object',
          properties: { a: { type: 'integer', default: 1 }, b: { type: 'string', required: true } },
        },
        e: { type: 'string', enum: ['x', 'y'] },
      },
    };
    assert.deepEqual(validateParams(nested, { o: { b: 'q' }, e: null }), { o: { a: 1, b: 'q' }, e: null });
    assert.throws(() => validateParams(nested, { o: {} }), { message: "'b' is a required property" });
    assert.throws(() => validateParams(nested, { e: 'z' }), { code: 'VALIDATION' });
  });

  test('choices are named as they are written, and defaults of an object reach into it', () => {
    const choice = { runner: {}, action: { e: { type: 'string', enum: ['x', 'y'] } } };
    assert.throws(() => validateParams(choice, { e: 'z' }), { message: "'z' is not one of ['x', 'y']" });
    const inner = { type: 'object', default: {}, properties: { a: { type: 'integer', required: true, default: 1 } } };
    assert.deepEqual(validateParams({ runner: {}, action: { o: inner } }, {}), { o: { a: 1 } });
  });

  test('the value of a secret is told by no error', () => {
    const secret = { runner: {}, action: { s: { type: 'integer', secret: true }, e: { secret: true, enum: ['a'] } } };
    assert.throws(() => renderLiveParams(secret, { s: 'hush' }, context), {
      message: 'Parameter "s": the secret value given for it cannot be cast to type \'integer\'',
    });
    assert.throws(() => validateParams(secret, { s: 'hush' }), {
      message: "'********' is not of type 'integer', 'null'",
    });
    assert.throws(() => validateParams(secret, { e: 'hush' }), { message: "'********' is not one of ['a']" });
  });

  test('an action may change only some attributes of a parameter of its runner', () => {
    const change = (schema: Record<string, unknown>) => () =>
      mergeParameterSchemas(definitions.runner, { timeout: schema }, 'p.a');
    assert.deepEqual(change({ default: 5 })().timeout, { type: 'integer', default: 5 });
    assert.throws(change({ type: 'string' }), {
      message: 'The attribute "type" for the runner parameter "timeout" in action "p.a" cannot be overridden.',
    });
  });

  test('immutable parameters cannot be given', () => {
    const fixed = { runner: {}, action: { a: { type: 'string', immutable: true, default: 'x' } } };
    assert.throws(() => refuseImmutable(fixed, { a: 'y' }), { code: 'VALIDATION' });
    assert.equal(parametersView({ a: { immutable: true } }, { a: { immutable: false } }).a?.immutable, true);
  });

  test('position decides the order', () => {
    assert.deepEqual(byPosition({ b: {}, a: {}, z: { position: 0 } }), ['z', 'a', 'b']);
  });
});

describe('configuration of a pack', () => {
  const schemas: ParameterSchemas = {
    url: { type: 'string', required: true, default: 'http://x' },
    region: { type: 'string', required: true },
    port: { type: 'integer' },
    token: { type: 'string', secret: true },
    free: {},
    server: { type: 'object', properties: { host: { type: 'string', required: true }, port: { default: 80 } } },
    hosts: { type: 'object', patternProperties: { '^p': { type: 'string' } }, additionalProperties: false },
    list: { type: 'array', items: { type: 'object', properties: { key: { type: 'string' } } } },
  };
  const check = (values: object) => () => validateConfig('pack', schemas, { region: 'eu', ...values });

  test('defaults need not be given, nor what is optional; more than the schema says is allowed', () => {
    for (const values of [{}, { port: null, free: 5, more: [1] }, { server: { host: 'h' } }, { hosts: { p1: 'x' } }]) {
      check(values)();
    }
    check({ token: '{{ st2kv.system.token }}', region: '{{ st2kv.user.region }}' })();
  });

  const REFUSED: readonly (readonly [object, string, string])[] = [
    [{ region: null }, 'region', "None is not of type 'string'"],
    [{ port: '{{ st2kv.system.port }}' }, 'port', "'{{ st2kv.system.port }}' is not of type 'integer', 'null'"],
    [{ server: {} }, 'server.host', "'host' is a required property"],
    [{ hosts: { x: '' } }, 'hosts', "'x' does not match any of the regexes: '^p'"],
    [{ list: [{ key: 'a' }, { key: 1 }] }, 'list.1.key', "1 is not of type 'string', 'null'"],
    [{ token: '{{ st2kv.system.t | decrypt_kv }}' }, 'token', 'Values specified as "secret: True" in config schema'],
  ];
  for (const [values, attribute, reason] of REFUSED) {
    test(`${attribute}: ${reason}`, () => {
      const start = `Failed validating attribute "${attribute}" in config for pack "pack" (pack.yaml): ${reason}`;
      assert.throws(check(values), ({ message }: Error) => message.startsWith(start));
    });
  }

  test('a required attribute without a default is named', () => {
    assert.throws(() => validateConfig('pack', schemas, {}), {
      code: 'VALIDATION',
      message:
        'Failed validating attribute "region" in config for pack "pack" (pack.yaml): \'region\' is a required property',
    });
  });
});

test('secrets are masked at any depth', () => {
  const schemas = {
    p: { type: 'string', secret: true },
    o: { type: 'object', properties: { k: { type: 'string', secret: true }, v: { type: 'string' } } },
    l: { type: 'array', items: { type: 'object', properties: { k: { type: 'string', secret: true } } } },
    w: { type: 'object', secret: true },
  };
  const values = { p: 's', o: { k: 's', v: 'v' }, l: [{ k: 's' }, 1], w: { a: 1 }, other: 's' };
  assert.deepEqual(maskSecrets(schemas, values), {
    p: '********',
    o: { k: '********', v: 'v' },
    l: [{ k: '********' }, 1],
    w: '********',
    other: 's',
  });
  assert.equal(values.o.k, 's');
});

describe('of several problems the one nearest to the root is told', () => {
  const text = { type: 'string', required: true } as const;
  const number = { type: 'integer' } as const;
  const inner = { type: 'object', properties: { text }, additionalProperties: false } as const;
  const schema = { type: 'object', properties: { text, number, inner }, additionalProperties: false };
  const cases: readonly (readonly [object, string])[] = [
    [{ more: 1, number: 'x' }, "Additional properties are not allowed ('more' was unexpected)"],
    [{ number: 'x' }, "'text' is a required property"],
    [{ text: 'a', number: 'x', inner: { more: 1 } }, "'x' is not of type 'integer', 'null'"],
    [{ text: 'a', inner: { more: 1 } }, "Additional properties are not allowed ('more' was unexpected)"],
  ];
  for (const [values, message] of cases) {
    test(JSON.stringify(values), () => assert.throws(() => validateValues(schema, values), { message }));
  }

  test('of a choice, the way that has come furthest', () => {
    const choice = { anyOf: [{ type: 'string' }, { type: 'object', properties: { text } }], required: true };
    const check = (value: unknown) => validateValues({ type: 'object', properties: { choice } }, { choice: value });
    assert.throws(() => check({}), { message: "'text' is a required property" });
    assert.throws(() => check(1), { message: "1 is not of type 'string'" });
    const both = { oneOf: [{ type: 'number' }, { type: 'integer' }] };
    assert.throws(() => validateValues({ properties: { both } }, { both: 7 }), {
      message: "7 is valid under each of {'type': 'integer'}, {'type': 'number'}",
    });
  });

  test('patterns cannot hang, and wrong ones are told', () => {
    const check = (pattern: string) =>
      validateValues({ properties: { a: { type: 'string', pattern } } }, { a: `${'a'.repeat(40)}!` });
    assert.throws(() => check('^(a+)+$'), /does not match/);
    assert.throws(() => check('('), { code: 'VALIDATION', message: /^The schema cannot be used: / });
  });
});
