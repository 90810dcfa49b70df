import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

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

interface Asked {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Asked> {
  const sent = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${services.apiUrl}${path}`, {
    method,
    headers: {
      'x-auth-token': token,
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const fault = (asked: Asked) => (asked.body as { faultstring?: string }).faultstring;

test('paths: three shapes and slashes at the end mean the same', async () => {
  const shapes = [
    '/api/v1/actions/core.local',
    '/v1/actions/core.local',
    '/actions/core.local',
    '/v1/actions/core.local/',
  ];
  for (const path of shapes) {
    const asked = await ask('GET', path);
    assert.equal(asked.status, 200, path);
    assert.equal((asked.body as { ref: string }).ref, 'core.local');
  }
  assert.equal((await ask('GET', '/v1/nothing/here')).status, 404);
  assert.equal((await ask('GET', '/actionexecutions')).status, 200);
});

test('an execution: requested once a key, found, listed, canceled', async () => {
  const request = { action: 'core.local', parameters: { cmd: 'date' }, context: { note: 'x' } };
  const headers = { 'idempotency-key': 'one', 'st2-context': '{"parent": {"pack": "x"}}' };
  const first = await ask('POST', '/v1/executions', request, headers);
  assert.equal(first.status, 201);
  const { id, status, context } = first.body as { id: string; status: string; context: Record<string, unknown> };
  assert.equal(status, 'requested');
  assert.equal(context.user, services.user.name);
  assert.deepEqual(context.parent, { pack: 'x' });
  const again = await ask('POST', '/v1/executions', request, headers);
  assert.equal((again.body as { id: string }).id, id);
  const brief = await ask('POST', '/v1/executions', request, { ...headers, prefer: 'wait=1, return = "minimal"; a=b' });
  const whole = await ask('POST', '/v1/executions', request, { ...headers, prefer: 'wait=1; return=minimal' });
  assert.deepEqual(brief.body, { id, status });
  assert.equal(brief.headers.get('preference-applied'), 'return=minimal');
  assert.equal((whole.body as { action: { ref: string } }).action.ref, 'core.local');
  const last = await ask('GET', '/v1/executions/last?include_attributes=status,action.ref');
  assert.equal((last.body as { id: string }).id, id);
  assert.equal((last.body as { action: { ref: string } }).action.ref, 'core.local');
  const list = await ask('GET', `/v1/executions?action=core.local&limit=1&include_attributes=id`);
  assert.equal(list.headers.get('x-limit'), '1');
  assert.deepEqual(list.body, [{ id }]);
  const canceled = await ask('DELETE', `/v1/executions/${id}`);
  assert.equal((canceled.body as { status: string }).status, 'canceled');
  const ended = await ask('POST', '/v1/executions', request, { ...headers, prefer: 'return=minimal' });
  assert.equal((ended.body as { status: string }).status, 'canceled');
  assert.equal((ended.body as { liveaction: { action: string } }).liveaction.action, 'core.local');
  assert.equal(
    fault(await ask('PUT', `/v1/executions/${id}`, { status: 'pausing' })),
    'Execution is already in completed state.',
  );
});

test('headers beyond what a server takes are refused as such', async () => {
  const refused = await ask('GET', '/v1/actions', undefined, { 'st2-context': 'x'.repeat(20_000) });
  assert.equal(refused.status, 431);
  assert.equal(fault(refused), 'Request Header Fields Too Large');
});

test('bad bodies: 400 with the sentence of StackStorm, or 413', async () => {
  assert.equal(
    fault(await ask('POST', '/v1/executions', '{"action": ')),
    'Failed to parse request body: unexpected end of data: line 1 column 12 (char 11)',
  );
  assert.equal(fault(await ask('POST', '/v1/executions', '[]')), "[] is not of type 'object'");
  assert.equal(fault(await ask('POST', '/v1/executions', {})), "'action' is a required property");
  assert.equal(fault(await ask('POST', '/v1/executions', { action: 'no.such' })), 'Action "no.such" cannot be found.');
  const deep = await ask('POST', '/v1/executions', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`);
  assert.equal(deep.status, 400);
  const polluted = await ask(
    'POST',
    '/v1/executions',
    '{"action": "core.local", "parameters": {"__proto__": {"polluted": 1}}}',
  );
  assert.equal(polluted.status, 400);
  const large = await ask('POST', '/v1/executions', `{"action": "${'x'.repeat(21 * 1024 * 1024)}"}`);
  assert.equal(large.status, 413);
  assert.equal((await ask('GET', '/healthz')).status, 200);
});

test('operators of the database: never reach it', async () => {
  const everything = await ask('GET', '/v1/actions?pack[$ne]=x');
  assert.equal(everything.status, 200);
  assert.deepEqual((await ask('GET', '/v1/actions?pack={"$ne":"x"}')).body, []);
  assert.equal((await ask('GET', '/v1/actions/%7B%22$ne%22:1%7D')).status, 404);
  assert.equal((await ask('GET', '/v1/executions/[$ne]')).status, 404);
  const operator = await ask('POST', '/v1/executions', { action: { $ne: '' } });
  assert.equal(operator.status, 400);
  const filter = await ask('GET', '/v1/executions?filter=$where:1');
  assert.equal(filter.status, 400);
});

test('answers carry a request id, CORS headers and no trace of the inside', async () => {
  const asked = await ask('GET', '/v1/executions/nonsense', undefined, {
    'x-request-id': 'abc',
    origin: 'http://evil',
  });
  assert.equal(asked.headers.get('x-request-id'), 'abc');
  assert.equal(asked.headers.get('access-control-allow-origin'), 'http://127.0.0.1:3000');
  assert.equal(asked.headers.get('access-control-expose-headers'), 'Content-Type,X-Limit,X-Total-Count,X-Request-ID');
  assert.deepEqual(asked.body, { faultstring: 'Unable to identify resource with id "nonsense".' });
});

test('files of packs: nothing outside of the pack can be read or written', async () => {
  assert.equal((await ask('GET', '/v1/packs/views/file/core/pack.yaml')).status, 200);
  for (const path of ['..%2fexamples%2fpack.yaml', '..%2f..%2fpackage.json', '%2fetc%2fpasswd']) {
    assert.ok([400, 404].includes((await ask('GET', `/v1/packs/views/file/core/${path}`)).status), path);
  }
  const action = { name: 'writer', pack: 'default', runner_type: 'noop' };
  const written = await ask('POST', '/v1/actions', { ...action, data_files: [{ file_path: '../../x', content: 'x' }] });
  assert.equal(written.status, 400);
});

test('a webhook: 202 only for what is stored, with the names of headers as Python gives them', async () => {
  const rule = {
    name: 'hook',
    pack: 'default',
    enabled: true,
    trigger: { type: 'core.st2.webhook', parameters: { url: 'a/b' } },
    criteria: {},
    action: { ref: 'core.noop' },
  };
  assert.equal((await ask('POST', '/v1/webhooks/a/b', {})).status, 404);
  assert.equal((await ask('POST', '/v1/rules', rule)).status, 201);
  const sent = await ask('POST', '/v1/webhooks/a/b/', { x: 1 }, { 'x-custom-name': 'y' });
  assert.equal(sent.status, 202);
  assert.deepEqual(sent.body, { x: 1 });
  const instances = await ask('GET', '/v1/triggerinstances?trigger_type=core.st2.webhook');
  const [instance] = instances.body as { payload: { headers: Record<string, string>; body: unknown } }[];
  assert.deepEqual(instance?.payload.body, { x: 1 });
  assert.equal(instance?.payload.headers['X-Custom-Name'], 'y');
  assert.equal(instance?.payload.headers['X-Auth-Token'], undefined);
  assert.equal((await ask('DELETE', '/v1/rules/default.hook')).status, 204);
  assert.equal((await ask('POST', '/v1/webhooks/a/b', {})).status, 404);
});

test('the OpenAPI document describes every route', async () => {
  const { status, body } = await ask('GET', '/openapi.json');
  assert.equal(status, 200);
  type Operation = { readonly parameters?: readonly { readonly in: string; readonly name: string }[] };
  const { paths, openapi } = body as { openapi: string; paths: Record<string, Record<string, Operation>> };
  assert.equal(openapi, '3.0.3');
  assert.ok(Object.keys(paths).length > 80);
  assert.ok(paths['/executions/{id}']?.put !== undefined);
  const asked = paths['/executions/']?.post ?? paths['/executions']?.post;
  const headers = asked?.parameters?.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
  assert.deepEqual(headers, ['idempotency-key', 'prefer', 'st2-context']);
});

test('readiness: told by the database and the bus', async () => {
  assert.equal((await ask('GET', '/readyz')).status, 200);
});

test('keys: what has expired takes no place on a page', async () => {
  for (const [name, ttl] of [
    // The first on the page, and given its time last, so that none of it is spent on the others.
    ['page-a', undefined],
    ['page-b', undefined],
    ['page-c', undefined],
    ['page-a', 3],
  ] as const) {
    const { status } = await ask('PUT', `/v1/keys/${name}`, {
      name,
      value: 'v',
      ...(ttl === undefined ? {} : { ttl }),
    });
    assert.equal(status, 200);
  }
  const names = async () => {
    const { body } = await ask('GET', '/v1/keys?prefix=page-&limit=2');
    return (body as { name: string }[]).map(({ name }) => name).join(' ');
  };
  assert.equal(await names(), 'page-a page-b');
  await waitFor(async () => (await names()) === 'page-b page-c', { what: 'the next key on the page' });
});
