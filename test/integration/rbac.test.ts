import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createToken } from '../../action-service/tokens.ts';
import { createApiContext } from '../../api/context.ts';
import { apiRoutes } from '../../api/resources/index.ts';
import { ANY_USER, type Route } from '../../api/server/route.ts';
import { createBus } from '../../platform/bus/create-bus.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { createLogger } from '../../platform/logging/create-logger.ts';
import { type Connection, connectMongo } from '../../platform/mongo/connect-mongo.ts';
import { newId } from '../../stores/collection.ts';
import { createStores, type Stores } from '../../stores/stores.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';

const DEAD_ADDRESS = 'http://127.0.0.1:9/index.json';

let infrastructure: Provisioned;
let services: RunningServices;
let connection: Connection;
let stores: Stores;
let routes: readonly Route[];
const tokens: Record<string, string> = {};

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
  services = await startServices(infrastructure, {
    only: ['st2api'],
    registerPacks: false,
    env: {
      ST2_RBAC__ENABLE: 'true',
      ST2_RBAC__PERMISSION_ISOLATION: 'true',
      ST2_CONTENT__INDEX_URL: DEAD_ADDRESS,
      ST2_LOG_LEVEL: 'error',
    },
  });
  const config = loadConfig(services.env);
  const logger = createLogger('test', 'error');
  connection = await connectMongo(config, logger);
  stores = createStores(connection);
  routes = apiRoutes(createApiContext(config, logger, stores, createBus(config, logger)));
  const roles = {
    admin: 'admin',
    root: 'system_admin',
    observer: 'observer',
    packer: 'packer',
    ann: 'maker',
    bob: 'maker',
  };
  for (const [user, role] of Object.entries(roles)) {
    await stores.roleAssignments.insert({ user, role, is_remote: false, source: 'test' });
  }
  await stores.roles.insert({
    name: 'packer',
    system: false,
    permission_grants: [{ resource_uid: 'pack:mine', permission_types: ['action_all'] }],
  });
  await stores.roles.insert({
    name: 'maker',
    system: false,
    permission_grants: [{ permission_types: ['execution_all', 'rule_all'] }],
  });
  for (const user of [...Object.keys(roles), 'nobody']) {
    tokens[user] = (await createToken(stores, { user, ttl: 600 })).token;
  }
  tokens.expired = (await createToken(stores, { user: 'admin', ttl: -1 })).token;
});

after(async () => {
  await connection?.close();
  await services?.stop();
  await infrastructure?.stop();
});

/** The route with names that nothing has in place of its parameters. */
function addressOf(route: Route): string {
  const path = route.path
    .replace(/:(ref_or_id|rule_ref_or_id)/, 'nopack.nothing')
    .replace(/:[a-z_]+/g, '5f5f5f5f5f5f5f5f5f5f5f5f')
    .replace('*', 'nothing');
  // Values of the system have a test of their own below; those of the user are open to everybody.
  const query = path.startsWith('/keys') ? '?scope=user' : '';
  return `${services.apiUrl}/v1${path}${query}`;
}

async function ask(route: Route, token: string | undefined): Promise<number> {
  const hasBody = route.method === 'POST' || route.method === 'PUT';
  const answer = await fetch(addressOf(route), {
    method: route.method,
    headers: {
      ...(token === undefined ? {} : { 'x-auth-token': token }),
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
    },
    ...(hasBody ? { body: '{"packs": "none"}' } : {}),
  });
  await answer.arrayBuffer();
  return answer.status;
}

const reads = (route: Route) => /_(view|list)$/.test(route.permission ?? '');

/** Expected statuses by who asks; a status that is not listed for `allowed` is 401 or 403. */
const WHO = {
  'no token': () => 401,
  'a wrong token': () => 401,
  'an expired token': () => 401,
  'the admin': () => undefined,
  'the system admin': () => undefined,
  'the observer': (route: Route) => (reads(route) ? undefined : 403),
  'a user without a role': (route: Route) => (route.permission === ANY_USER ? undefined : 403),
} as const satisfies Record<string, (route: Route) => number | undefined>;

const tokenOf: Readonly<Record<keyof typeof WHO, () => string | undefined>> = {
  'no token': () => undefined,
  'a wrong token': () => '0'.repeat(32),
  'an expired token': () => tokens.expired,
  'the admin': () => tokens.admin,
  'the system admin': () => tokens.root,
  'the observer': () => tokens.observer,
  'a user without a role': () => tokens.nobody,
};

for (const who of Object.keys(WHO) as (keyof typeof WHO)[]) {
  test(`every route, asked by ${who}`, async () => {
    assert.ok(routes.length > 100, `only ${routes.length} routes are known`);
    const wrong: string[] = [];
    for (const route of routes) {
      const expected = route.permission === null ? undefined : WHO[who](route);
      const status = await ask(route, tokenOf[who]());
      const fits = expected === undefined ? status !== 401 && status !== 403 && status !== 500 : status === expected;
      if (!fits) wrong.push(`${route.method} ${route.path}: ${status}, expected ${expected ?? 'to be allowed'}`);
    }
    assert.deepEqual(wrong, []);
  });
}

test('a granted pack: its actions may be changed, those of others may not be seen', async () => {
  const put = async (ref: string) => {
    const answer = await fetch(`${services.apiUrl}/v1/actions/${ref}`, {
      headers: { 'x-auth-token': tokens.packer ?? '' },
    });
    return answer.status;
  };
  assert.equal(await put('mine.any'), 404);
  assert.equal(await put('core.any'), 403);
});

test('running is granted by action and by pack', async () => {
  const run = async (action: string) => {
    const answer = await fetch(`${services.apiUrl}/v1/executions`, {
      method: 'POST',
      headers: { 'x-auth-token': tokens.packer ?? '', 'content-type': 'application/json' },
      body: JSON.stringify({ action }),
    });
    return answer.status;
  };
  assert.equal(await run('mine.nothing'), 400, 'allowed, and not there');
  assert.equal(await run('core.local'), 403);
});

test('isolation: executions and rules are seen and changed by those who made them, and by administrators', async () => {
  const ids: Record<string, string> = {};
  for (const user of ['ann', 'bob']) {
    const time = new Date();
    const made = await stores.executions.insert({
      liveaction_id: newId(),
      action_ref: 'core.local',
      runner_type: 'local-shell-cmd',
      action_snapshot: '',
      runner_snapshot: '',
      status: 'succeeded',
      parameters: {},
      context: { user },
      start_timestamp: time,
      updated_at: time,
      log: [],
    });
    ids[user] = made.id;
    const rule = { name: user, pack: 'mine', ref: `mine.${user}`, uid: `rule:mine:${user}`, context: { user } };
    await stores.rules.insert({ ...rule, trigger: { type: 'core.x', ref: 'core.x', parameters: {} } });
  }
  const ask = async (user: string, path: string, method = 'GET') => {
    const headers = { 'x-auth-token': tokens[user] ?? '' };
    const answer = await fetch(`${services.apiUrl}/v1${path}`, { method, headers });
    const body = (await answer.json()) as readonly { readonly id: string; readonly name?: string }[];
    return { status: answer.status, total: answer.headers.get('x-total-count'), body };
  };
  const own = await ask('ann', '/executions');
  assert.deepEqual([own.total, own.body.map((one) => one.id)], ['1', [ids.ann]]);
  assert.equal((await ask('admin', '/executions')).total, '2');
  for (const path of ['', '/children', '/output', '/attribute/status', '/result']) {
    assert.equal((await ask('ann', `/executions/${ids.bob}${path}`)).status, 403, path);
  }
  assert.equal((await ask('ann', `/executions/${ids.bob}`, 'DELETE')).status, 403);
  assert.equal((await ask('ann', `/executions/${ids.ann}`)).status, 200);
  for (const path of ['/rules', '/rules/views']) {
    assert.deepEqual(
      (await ask('bob', path)).body.map((rule) => rule.name),
      ['bob'],
    );
  }
  assert.equal((await ask('bob', '/rules/mine.ann')).status, 403);
  assert.equal((await ask('bob', '/rules/views/mine.ann')).status, 403);
});

test('values of other users: refused to everybody but administrators', async () => {
  const ask = async (token: string | undefined, query: string) => {
    const answer = await fetch(`${services.apiUrl}/v1/keys?${query}`, { headers: { 'x-auth-token': token ?? '' } });
    return answer.status;
  };
  assert.equal(await ask(tokens.nobody, 'scope=user'), 200);
  assert.equal(await ask(tokens.nobody, 'scope=user&user=admin'), 403);
  assert.equal(await ask(tokens.nobody, 'scope=system'), 403);
  assert.equal(await ask(tokens.observer, 'scope=system'), 200);
  assert.equal(await ask(tokens.observer, 'scope=system&decrypt=true'), 403);
  assert.equal(await ask(tokens.admin, 'scope=user&user=nobody'), 200);
});
