import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAuthMode } from '../../api/auth/auth-mode.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';

let infrastructure: Provisioned;
let services: RunningServices;

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
  services = await startServices(infrastructure, { only: ['st2api', 'st2auth'], registerPacks: false });
});

after(async () => {
  await services?.stop();
  await infrastructure?.stop();
});

const basic = (name: string, password: string) => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

function login(authorization: string | undefined, body: unknown = {}): Promise<Response> {
  return fetch(`${services.authUrl}/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
    body: JSON.stringify(body),
  });
}

const whoami = (headers: Record<string, string>, query = '') =>
  fetch(`${services.apiUrl}/v1/user${query}`, { headers });

test('a token: given for a password, accepted in header, query and cookie', async () => {
  const { name, password } = services.user;
  const answer = await login(basic(name, password), { ttl: 60 });
  assert.equal(answer.status, 201);
  assert.match(answer.headers.get('x-api-url') ?? '', /^http:\/\/127\.0\.0\.1:\d+$/);
  const { token, user, expiry } = (await answer.json()) as { token: string; user: string; expiry: string };
  assert.equal(user, name);
  assert.match(token, /^[0-9a-f]{32}$/);
  assert.match(expiry, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  const byHeader = await whoami({ 'X-Auth-Token': token });
  assert.equal(byHeader.status, 200);
  assert.match(byHeader.headers.get('set-cookie') ?? '', /^auth-token=.*HttpOnly/);
  assert.equal((await whoami({}, `?x-auth-token=${token}`)).status, 200);
  assert.equal((await whoami({ cookie: `a=b; auth-token=${token}` })).status, 200);
  assert.equal((await whoami({ cookie: 'auth-token=' })).status, 401);
});

test('a login that fails: the same answer for every reason', async () => {
  const { name } = services.user;
  for (const header of [undefined, basic(name, 'wrong'), basic('who', 'x'), 'Digest abc', 'Basic !!!']) {
    const answer = await login(header);
    assert.equal(answer.status, 401);
    assert.deepEqual(await answer.json(), { faultstring: 'Invalid or missing credentials' });
  }
});

test('a ttl: too long, of the wrong type, not positive', async () => {
  const { name, password } = services.user;
  const said = async (ttl: unknown) =>
    ((await (await login(basic(name, password), { ttl })).json()) as { faultstring: string }).faultstring;
  assert.equal(await said(99_999_999), 'TTL specified 99999999 is greater than max allowed 86400.');
  assert.equal(await said('abc'), "'abc' is not of type 'integer', 'null'");
  assert.equal(await said(-5), '-5 is less than the minimum of 1');
});

test('an API key: made once, usable, never shown again, refused when disabled', async () => {
  const made = await services.request<{ id: string; key: string }>('POST', '/apikeys', { metadata: { for: 'test' } });
  assert.equal((await whoami({ 'St2-Api-Key': made.key })).status, 200);
  assert.equal((await whoami({}, `?st2-api-key=${encodeURIComponent(made.key)}`)).status, 200);
  const shown = JSON.stringify(await services.request('GET', `/apikeys/${made.id}`));
  assert.ok(!shown.includes(made.key));
  assert.ok(shown.includes('"key_hash":"********"'));
  await services.request('PUT', `/apikeys/${made.id}`, { enabled: false });
  assert.equal((await whoami({ 'St2-Api-Key': made.key })).status, 401);
});

test('guessing: refused after ten failures, for that user alone', async () => {
  const { name, password } = services.user;
  const statuses: number[] = [];
  for (let guess = 0; guess < 12; guess += 1) statuses.push((await login(basic('victim', `guess-${guess}`))).status);
  assert.equal(statuses[0], 401);
  assert.equal(statuses.at(-1), 429);
  assert.equal((await login(basic(name, password))).status, 201);
});

test('proxy mode: the web server in front names the user; elsewhere than on loopback it is refused', async () => {
  const proxied = await startServices(infrastructure, {
    only: ['st2auth'],
    registerPacks: false,
    env: { ST2_AUTH__MODE: 'proxy' },
  });
  try {
    const ask = async (headers: Record<string, string>) => {
      const json = { ...headers, 'content-type': 'application/json' };
      const answer = await fetch(`${proxied.authUrl}/tokens`, { method: 'POST', headers: json, body: '{}' });
      return [answer.status, ((await answer.json()) as { readonly user?: string }).user];
    };
    assert.deepEqual(await ask({ 'x-forwarded-user': 'from-proxy' }), [201, 'from-proxy']);
    assert.deepEqual(await ask({ authorization: basic('named', 'any') }), [201, 'named']);
    assert.deepEqual(await ask({}), [401, undefined]);
  } finally {
    await proxied.stop();
  }
  assert.throws(() => assertAuthMode({ mode: 'proxy', host: '0.0.0.0' }), /loopback only/);
  assert.throws(() => assertAuthMode({ mode: 'pam', host: '127.0.0.1' }), /standalone, proxy/);
});

test('validation of a token', async () => {
  const token = await services.token();
  const validate = async (given: unknown) => {
    const answer = await fetch(`${services.authUrl}/tokens/validate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-auth-token': token },
      body: JSON.stringify({ token: given }),
    });
    return [answer.status, await answer.json()];
  };
  assert.deepEqual(await validate(token), [200, { valid: true }]);
  assert.deepEqual(await validate('nothing'), [200, { valid: false }]);
  assert.equal((await validate(''))[0], 400);
});
