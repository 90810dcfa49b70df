/** Requests that are wrong or odd get the status and the sentence that StackStorm's own API gives; each was asked of release 3.9. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';

let infrastructure: Provisioned;
let services: RunningServices;
let token: string;

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
  services = await startServices(infrastructure, { only: ['st2api', 'st2auth'] });
  token = await services.token();
});

after(async () => {
  await services?.stop();
  await infrastructure?.stop();
});

const NO_ID = '000000000000000000000000';
const rule = {
  name: 'odd',
  trigger: { type: 'core.st2.webhook', parameters: { url: 'odd' } },
  action: { ref: 'core.noop' },
};
const alias = { name: 'odd', pack: 'default', action_ref: 'core.local', formats: ['odd {{cmd}}'] };
const action = { name: 'odd', pack: 'default', runner_type: 'noop' };
const policy = {
  name: 'odd',
  pack: 'default',
  resource_ref: 'core.noop',
  policy_type: 'action.concurrency',
  parameters: { threshold: 1 },
};
const json = 'application/json';

type Case = readonly [
  method: string,
  path: string,
  body: unknown,
  status: number,
  sentence?: string | RegExp,
  type?: string,
];

const REF_OF_NOTHING = 'Both pack and name needed for building ref. pack=default, name=';
const noId = (id: string) => `'${id}' is not a valid ObjectId, it must be a 12-byte input or a 24-character hex string`;

const cases: readonly Case[] = [
  ['GET', '/actions?id=zzz', undefined, 400, noId('zzz')],
  ['GET', '/executions?id=zz', undefined, 400, noId('zz')],
  [
    'GET',
    `/executions/${NO_ID}?include_attributes=nonsense`,
    undefined,
    400,
    'Invalid or unsupported include attribute specified: Cannot resolve field "nonsense"',
  ],
  ['GET', '/keys?id=zzz', undefined, 400, noId('zzz')],
  ['GET', '/configs?id=', undefined, 400, noId('')],
  ['GET', '/policies?id=zzz', undefined, 200],
  ['GET', '/rules?include_attributes=', undefined, 400, /include attribute specified: Cannot resolve field ""$/],
  ['GET', '/rules?enabled=bogus', undefined, 400, 'Invalid bool representation "bogus" provided.'],
  ['GET', '/rules?show_secrets=maybe', undefined, 400, 'Parameter "show_secrets" is not of type boolean'],
  ['GET', '/ruletypes/x', undefined, 404, `Database lookup for id="x" resulted in exception. ${noId('x')}`],
  [
    'GET',
    '/actions/views/parameters/no.such',
    undefined,
    404,
    'Database lookup for ref="no.such" resulted in exception. Referenced action "no.such" doesnt exist',
  ],
  ['GET', '/executions/zzz/attribute/status', undefined, 400, noId('zzz')],
  ['GET', `/executions/${NO_ID}/result`, undefined, 404, 'The resource could not be found.'],
  ['GET', '/webhooks/nosuch', undefined, 404, 'Unhandled exception'],
  [
    'GET',
    '/timers?timer_type=bogus',
    undefined,
    400,
    /not in supported types - dict_keys\(\['core\.st2\.IntervalTimer'/,
  ],
  ['GET', '/executions?timestamp_gt=2026-01-01', undefined, 400, 'Datetime value does not match expected format.'],
  [
    'GET',
    '/actions/%ff',
    undefined,
    400,
    'Failed to parse request path "/v1/actions/\u00ff". URL likely contains invalid or incorrectly URL encoded values.',
  ],
  ['GET', '/actions/50%', undefined, 404, 'Resource with a reference or id "50%" not found'],
  ['GET', `/actions/${'x'.repeat(3_000)}`, undefined, 414, /max param length/],
  ['POST', '/actionalias/match', { command: 'x y', more: 1 }, 400, "Command 'x y' matched no patterns"],
  [
    'POST',
    '/aliasexecution/match_and_execute',
    { command: 'x', source_channel: 'c' },
    400,
    "'user' is a required property",
  ],
  [
    'POST',
    '/webhooks/nosuch',
    '--x--',
    404,
    'Webhook nosuch not registered with st2',
    'multipart/form-data; boundary=x',
  ],
  [
    'POST',
    '/webhooks/nosuch',
    'a%00=b',
    400,
    'Failed to parse request body: a key must not contain null characters',
    'application/x-www-form-urlencoded',
  ],
  ['POST', '/webhooks/nosuch', '"x"', 400, "'x' is not of type 'object', 'array'", json],
  ['POST', '/rules', 'a=b', 400, "'a=b' is not of type 'object'", 'text/plain'],
  ['GET', '/webhooks/no/such', undefined, 404, 'The resource could not be found.'],
  ['POST', '/workflows/inspect', 'a=b', 200, undefined, 'text/plain'],
  ['PUT', `/triggertypes/${NO_ID}`, {}, 404, `Resource with a reference or id "${NO_ID}" not found`],
  ['PUT', `/triggers/${NO_ID}`, {}, 404, `Unable to find the TriggerDB instance. {'id': '${NO_ID}'}`],
  ['PUT', '/keys/odd', { value: 'v' }, 400, "'name' is a required property"],
  ['PUT', '/keys/odd', { name: 'odd', value: 'v', scope: 'all' }, 400, /^Scope all is not in allowed scopes list/],
  ['PUT', '/keys/odd', { name: 'odd', value: 'v', surplus: 1, ttl: 0 }, 200],
  ['GET', '/keys/odd', undefined, 200],
  ['PUT', '/configs/nosuch', { x: 1 }, 404, "Unable to find the ConfigSchemaDB instance. {'pack': 'nosuch'}"],
  ['POST', '/triggers', { name: 'odd', pack: 'default', type: 'no.such', more: 1 }, 201],
  ['POST', '/triggers', { name: 'odd', pack: 'default', type: 'no.other' }, 201],
  ['POST', '/triggertypes', {}, 400, `${REF_OF_NOTHING}None`],
  ['POST', '/rules', { ...rule, name: '' }, 400, REF_OF_NOTHING],
  ['POST', '/rules', { ...rule, pack: '' }, 400, 'Both pack and name needed for building ref. pack=, name=odd'],
  ['POST', '/rules', { ...rule, type: {} }, 400, "'ref' is a required property"],
  [
    'POST',
    '/rules',
    { ...rule, action: { ref: 'core.noop', more: 1 } },
    400,
    "Additional properties are not allowed ('more' was unexpected)",
  ],
  [
    'POST',
    '/rules',
    { ...rule, type: { ref: 'standard', more: 1 } },
    400,
    "Additional properties are not allowed ('more' was unexpected)",
  ],
  ['POST', '/rules', { trigger: 1, more: 1 }, 400, "Additional properties are not allowed ('more' was unexpected)"],
  ['POST', '/policies', { enabled: 'x' }, 400, "'name' is a required property"],
  ['PUT', '/keys/odd', { value: 1 }, 400, "'name' is a required property"],
  ['POST', '/actions', { name: 1 }, 400, "'runner_type' is a required property"],
  [
    'POST',
    '/policies',
    { ...policy, resource_ref: 'core.local', parameters: { colour: 1 } },
    400,
    "Additional properties are not allowed ('colour' was unexpected)",
  ],
  ['POST', '/executions', { parameters: [] }, 400, "[] is not of type 'object'"],
  ['POST', '/executions', { action: 'core.noop', status: 'none' }, 400, /^'none' is not one of \['requested', /],
  [
    'POST',
    '/rules',
    { ...rule, criteria: { 'trigger.x': { type: 'likes', pattern: 'y' } } },
    400,
    /^For field: trigger\.x, operator likes not in list of allowed operators: \['matchwildcard', .* 'nin', 'search'\]$/,
  ],
  ['POST', '/rules', { ...rule, tags: 1 }, 400, "1 is not of type 'array', 'null'"],
  ['POST', '/rules', { ...rule, enabled: 'x' }, 400, "'x' is not of type 'boolean'"],
  ['POST', '/rules', { ...rule, trigger: { type: 'webhook' } }, 400, 'Invalid resource reference: webhook'],
  ['POST', '/rules', { ...rule, pack: null, enabled: null, criteria: null, tags: null }, 201],
  ['POST', '/actionalias', { ...alias, name: '' }, 400, REF_OF_NOTHING],
  ['POST', '/actionalias', { ...alias, formats: [{ representation: 'y' }] }, 400, "'y' is not of type 'array'"],
  ['POST', '/actionalias', { ...alias, ack: { enabled: 'x' } }, 400, "'x' is not of type 'boolean', 'null'"],
  ['POST', '/actionalias', { ...alias, result: { format: 1 } }, 400, "1 is not of type 'string', 'null'"],
  ['POST', '/actionalias', { ...alias, ack: null, enabled: null }, 201],
  ['POST', '/policies', { ...policy, policy_type: 'nosuch' }, 400, 'Invalid reference: nosuch'],
  ['POST', '/policies', policy, 201],
  ['POST', '/policies', { ...policy, name: 'second' }, 409, /^Tried to save duplicate unique keys/],
  ['POST', '/actions', { ...action, description: 1 }, 400, "1 is not of type 'string'"],
  [
    'POST',
    '/actions',
    { ...action, notify: { x: 1 } },
    400,
    "Additional properties are not allowed ('x' was unexpected)",
  ],
  [
    'POST',
    '/actions',
    { ...action, parameters: { a: { x: 1 } } },
    400,
    "Additional properties are not allowed ('x' was unexpected)",
  ],
  [
    'POST',
    '/actions',
    { ...action, parameters: { a: { type: 'x' } } },
    400,
    "'x' is not valid under any of the given schemas",
  ],
  ['POST', '/actions', { ...action, parameters: { a: { required: 'yes' } } }, 400, "'yes' is not of type 'boolean'"],
  ['POST', '/executions', { action: 'core.noop', parameters: null }, 400, "None is not of type 'object'"],
  ['POST', '/executions', { action: 'core.noop', delay: -1 }, 400, '-1 is less than the minimum of 0'],
  ['POST', '/executions', { action: 'core.noop', notify: { x: {} } }, 400, /^Additional properties are not allowed/],
  ['PUT', `/executions/${NO_ID}`, { status: 1 }, 400, "1 is not of type 'string'"],
];

for (const [method, path, body, status, sentence, type] of cases) {
  const shown = body === undefined ? '' : ` ${typeof body === 'string' ? body : JSON.stringify(body)}`;
  test(`${method} ${path}${shown}: ${status}`, async () => {
    const sent = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
    const answer = await fetch(`${services.apiUrl}/v1${path}`, {
      method,
      headers: { 'x-auth-token': token, ...(sent === undefined ? {} : { 'content-type': type ?? json }) },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const answered = (await answer.json()) as { faultstring?: string };
    assert.equal(answer.status, status, JSON.stringify(answered));
    if (sentence instanceof RegExp) assert.match(String(answered.faultstring), sentence);
    else if (sentence !== undefined) assert.equal(answered.faultstring, sentence);
  });
}

test('the head alone can be asked for of the probes only', async () => {
  const head = async (path: string) => {
    const answer = await fetch(`${services.apiUrl}${path}`, { method: 'HEAD', headers: { 'x-auth-token': token } });
    return answer.status;
  };
  assert.deepEqual(
    await Promise.all(['/healthz', '/readyz', '/v1/actions', '/v1/nothing'].map(head)),
    [200, 200, 404, 404],
  );
});

test('payloads: a pattern cannot hang, and all of the schema counts', async () => {
  const ask = async (path: string, body: unknown) => {
    const answer = await fetch(`${services.apiUrl}/v1${path}`, {
      method: 'POST',
      headers: { 'x-auth-token': token, 'content-type': json },
      body: JSON.stringify(body),
    });
    return { status: answer.status, says: String(((await answer.json()) as { faultstring?: string }).faultstring) };
  };
  const properties = {
    text: { type: 'string', pattern: '^(a+)+$' },
    items: { type: 'array', uniqueItems: true },
  };
  const type = { name: 'schemed', pack: 'default', payload_schema: { type: 'object', properties } };
  assert.equal((await ask('/triggertypes', type)).status, 201);
  const fire = (payload: unknown) => ask('/webhooks/st2', { trigger: 'default.schemed', payload });
  assert.match((await fire({ text: `${'a'.repeat(50)}!` })).says, /does not match '\^\(a\+\)\+\$'$/);
  assert.match((await fire({ items: [1, 1] })).says, /\[1, 1\] has non-unique elements$/);
  assert.equal((await fire({ text: 'aa', items: null })).status, 202);
});

test('packs/register: an empty list of packs means all of them', async () => {
  const answer = await fetch(`${services.apiUrl}/v1/packs/register`, {
    method: 'POST',
    headers: { 'x-auth-token': token, 'content-type': json },
    body: JSON.stringify({ packs: [], types: ['action'] }),
  });
  assert.equal(answer.status, 200);
  assert.ok(((await answer.json()) as { actions: number }).actions > 0);
});

test('permission types: each with what it allows', async () => {
  const answer = await fetch(`${services.apiUrl}/v1/rbac/permission_types/pack`, {
    headers: { 'x-auth-token': token },
  });
  const types = (await answer.json()) as Readonly<Record<string, unknown>>;
  assert.ok('pack_view' in types && Object.values(types).every((text) => typeof text === 'string'));
});
