import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createToken } from '../../action-service/tokens.ts';
import { createApiContext } from '../../api/context.ts';
import { apiRoutes } from '../../api/resources/index.ts';
import { syncDefinitions } from '../../api/resources/rbac/roles.ts';
import type { Grant } from '../../api/server/authorize.ts';
import { isReading, PERMISSIONS_BY_KIND } from '../../api/server/permissions.ts';
import { ANY_USER, type Route } from '../../api/server/route.ts';
import { createBus } from '../../platform/bus/create-bus.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { createLogger } from '../../platform/logging/create-logger.ts';
import { type Connection, connectMongo } from '../../platform/mongo/connect-mongo.ts';
import { newId } from '../../stores/collection.ts';
import type { Execution } from '../../stores/executions.ts';
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

/** An execution of `core.local` that has ended, unless said otherwise; its id. */
async function storeExecution(user: string, more: Partial<Execution> = {}): Promise<string> {
  const time = new Date();
  const { id } = await stores.executions.insert({
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
    ...more,
  });
  return id;
}

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

const reads = (route: Route) => route.permission !== null && isReading(route.permission);

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

test('what is granted by name may be named by its id', async () => {
  const { ask } = await userWith([
    { resource_uid: 'sensor_type:mine:Eye', permission_types: ['sensor_type_modify'] },
    { resource_uid: 'pack:mine', permission_types: ['policy_view'] },
  ]);
  const stored = { pack: 'mine', enabled: true };
  const eye = { ...stored, name: 'Eye', ref: 'mine.Eye', uid: 'sensor_type:mine:Eye' };
  const ear = { ...stored, name: 'Ear', ref: 'mine.Ear', uid: 'sensor_type:mine:Ear' };
  const [own, foreign] = [await stores.sensorTypes.insert(eye), await stores.sensorTypes.insert(ear)];
  for (const name of [own.id, 'mine.Eye']) {
    assert.equal((await ask('PUT', `/sensortypes/${name}`, { enabled: false })).status, 200, name);
    assert.equal((await ask('GET', `/sensortypes/${name}`)).status, 200, name);
  }
  for (const name of [foreign.id, 'mine.Ear'])
    assert.equal((await ask('PUT', `/sensortypes/${name}`, { enabled: false })).status, 403, name);
  const policy = await stores.policies.insert({ ...stored, name: 'p', ref: 'mine.p', uid: 'policy:mine:p' });
  assert.equal((await ask('GET', `/policies/${policy.id}`)).status, 200);
  assert.equal((await ask('DELETE', `/policies/${policy.id}`)).status, 403);
});

test('API keys: nobody makes one for somebody else, or gives one away, but administrators', async () => {
  const { name, ask } = await userWith([{ permission_types: ['api_key_all'] }]);
  const sentence = '"user" attribute can only be provided by admins when RBAC is enabled';
  const made = await ask('POST', '/apikeys', { user: 'admin' });
  assert.deepEqual([made.status, made.says], [403, sentence]);
  const own = await ask('POST', '/apikeys', { user: name });
  assert.equal(own.status, 201);
  const { id } = own.body as { readonly id: string };
  const given = await ask('PUT', `/apikeys/${id}`, { user: 'admin' });
  assert.deepEqual([given.status, given.says], [403, sentence]);
  assert.equal((await ask('PUT', `/apikeys/${id}`, { enabled: false })).status, 200);
  assert.equal((await ask('DELETE', `/apikeys/${id}`)).status, 204);
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

test('of several requests in one, each is allowed or refused by itself', async () => {
  const { ask } = await userWith([{ resource_uid: 'pack:mine', permission_types: ['action_execute'] }]);
  const items = [{ action: 'mine.nothing' }, { action: 'core.local' }, { action: 5 }, {}];
  const { status, body } = await ask(
    'POST',
    '/executions/bulk',
    items.map((request, place) => ({ key: `${place}`, request })),
  );
  assert.equal(status, 200);
  const told = body as readonly { readonly status: number; readonly body: { readonly faultstring: string } }[];
  assert.deepEqual(
    told.map((one) => one.status),
    [400, 403, 400, 400],
  );
  assert.deepEqual(told[0]?.body, { faultstring: 'Action "mine.nothing" cannot be found.' });
  assert.match(told[3]?.body.faultstring ?? '', /'action' is a required property/);
  const { ask: nobody } = await userWith([]);
  assert.equal((await nobody('POST', '/executions/bulk', [])).status, 403);
});

test('isolation: executions and rules are seen and changed by those who made them, and by administrators', async () => {
  const ids: Record<string, string> = {};
  for (const user of ['ann', 'bob']) {
    ids[user] = await storeExecution(user);
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
  assert.equal(await ask(tokens.nobody, 'scope=system'), 200, 'shows what may be seen: nothing');
  assert.equal(await ask(tokens.observer, 'scope=system'), 200);
  assert.equal(await ask(tokens.observer, 'scope=system&decrypt=true'), 403);
  assert.equal(await ask(tokens.admin, 'scope=user&user=nobody'), 200);
});

let users = 0;

interface Told {
  readonly status: number;
  readonly body: unknown;
  /** What an error says. */
  readonly says: string;
}

type Ask = (method: string, path: string, body?: unknown) => Promise<Told>;

/** A new user whose only role has these grants. */
async function userWith(grants: readonly Grant[]): Promise<{ readonly name: string; readonly ask: Ask }> {
  users += 1;
  const name = `user${users}`;
  await stores.roles.insert({ name, system: false, permission_grants: [...grants] });
  await stores.roleAssignments.insert({ user: name, role: name, is_remote: false, source: 'test' });
  const { token } = await createToken(stores, { user: name, ttl: 600 });
  const ask: Ask = async (method, path, body) => {
    const answer = await fetch(`${services.apiUrl}/v1${path}`, {
      method,
      headers: { 'x-auth-token': token, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const told: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: answer.status, body: told, says: String((told as { faultstring?: unknown })?.faultstring) };
  };
  return { name, ask };
}

const TIMER = { type: 'core.st2.IntervalTimer', parameters: { unit: 'hours', delta: 7 } };
const webhook = (url: string) => ({ type: 'core.st2.webhook', parameters: { url } });

test('rules: whoever writes one may run its action and open its address', async () => {
  const { name, ask } = await userWith([
    { resource_uid: 'pack:mine', permission_types: ['rule_all'] },
    { resource_uid: 'action:core:noop', permission_types: ['action_execute'] },
    { resource_uid: 'webhook:granted', permission_types: ['webhook_create'] },
  ]);
  const rule = (action: string, trigger: object, more = {}) => ({
    name: 'granted',
    pack: 'mine',
    trigger,
    action: { ref: action },
    ...more,
  });
  const noAction = `User "${name}" doesn't have required (action_execute) permission to use action core.local`;
  const noHook = `User "${name}" doesn't have required permission (webhook_create) to use trigger core.st2.webhook`;
  const refused = await ask('POST', '/rules', rule('core.local', TIMER));
  assert.deepEqual([refused.status, refused.says], [403, noAction]);
  assert.equal(await stores.triggers.findOne({ 'parameters.delta': 7 }), undefined, 'and leaves no trigger behind');
  const hooked = await ask('POST', '/rules', rule('core.noop', webhook('other')));
  assert.deepEqual([hooked.status, hooked.says], [403, noHook]);
  assert.equal((await ask('POST', '/rules', rule('core.noop', TIMER, { pack: 'other' }))).status, 403);
  assert.equal((await ask('POST', '/rules', rule('core.noop', webhook('/granted')))).status, 201);
  const changed = await ask('PUT', '/rules/mine.granted', rule('core.local', TIMER));
  assert.deepEqual([changed.status, changed.says], [403, noAction]);
  const rehooked = await ask('PUT', '/rules/mine.granted', rule('core.noop', webhook('other')));
  assert.deepEqual([rehooked.status, rehooked.says], [403, noHook]);
  assert.equal((await ask('PUT', '/rules/mine.granted', rule('core.noop', TIMER, { pack: 'other' }))).status, 403);
  assert.equal((await ask('PUT', '/rules/mine.granted', rule('core.noop', TIMER))).status, 200);
});

test('chat commands: allowed to who may run the action behind the alias', async () => {
  for (const [alias, action] of [
    ['granted', 'mine.nothing'],
    ['foreign', 'core.local'],
  ] as const) {
    const made = { name: alias, pack: 'mine', ref: `mine.${alias}`, uid: `action_alias:mine:${alias}` };
    await stores.aliases.insert({ ...made, action_ref: action, formats: [`${alias} now`], enabled: true });
  }
  for (const grant of ['action:mine:nothing', 'pack:mine']) {
    const { name, ask } = await userWith([{ resource_uid: grant, permission_types: ['action_execute'] }]);
    const commands = async (alias: string) => [
      await ask('POST', '/aliasexecution', {
        name: alias,
        format: `${alias} now`,
        command: `${alias} now`,
        source_channel: 'c',
      }),
      await ask('POST', '/aliasexecution/match_and_execute', {
        command: `${alias} now`,
        source_channel: 'c',
        user: 'ann',
      }),
    ];
    for (const { status, says } of await commands('granted')) {
      assert.deepEqual([status, says], [400, 'Action "mine.nothing" cannot be found.'], 'allowed, and not there');
    }
    for (const { status, says } of await commands('foreign')) {
      const sentence = `User "${name}" doesn't have required permission "action_execute" on resource "action:core:local"`;
      assert.deepEqual([status, says], [403, sentence]);
    }
  }
});

/** Who has the permission alone may use the route: name, object, method, path, body. */
const ROUTES_OF_PERMISSIONS: readonly (readonly [string, string | undefined, string, string, unknown?])[] = [
  ['pack_install', undefined, 'POST', '/packs/install', { packs: [] }],
  ['pack_create', undefined, 'POST', '/packs/install', { packs: [] }],
  ['pack_uninstall', undefined, 'POST', '/packs/uninstall', { packs: [] }],
  ['pack_uninstall', undefined, 'POST', '/packs/uninstall/none'],
  ['pack_delete', undefined, 'POST', '/packs/uninstall/none'],
  ['pack_register', undefined, 'POST', '/packs/register', { types: ['rule'], packs: ['none'] }],
  ['pack_config', undefined, 'PUT', '/configs/none', {}],
  ['pack_modify', 'pack:none', 'PUT', '/configs/none', {}],
  ['pack_search', undefined, 'GET', '/packs/index'],
  ['pack_search', undefined, 'POST', '/packs/index/search', { query: 'x' }],
  ['pack_views_index_health', undefined, 'GET', '/packs/index/health'],
  ['pack_all', undefined, 'GET', '/packs/index/health'],
  ['webhook_send', 'webhook:hook/of/mine', 'POST', '/webhooks/hook/of/mine', {}],
  ['webhook_execute', 'webhook:hook', 'POST', '/webhooks/hook', {}],
  ['webhook_all', 'webhook:hook', 'POST', '/webhooks/hook', {}],
  ['inquiry_respond', undefined, 'PUT', '/inquiries/5f5f5f5f5f5f5f5f5f5f5f5f', { id: 'x', response: {} }],
  ['inquiry_view', undefined, 'PUT', '/inquiries/5f5f5f5f5f5f5f5f5f5f5f5f', { id: 'x', response: {} }],
  ['inquiry_respond', undefined, 'GET', '/inquiries/5f5f5f5f5f5f5f5f5f5f5f5f'],
  ['action_alias_match', undefined, 'POST', '/actionalias/match', { command: 'x' }],
  ['action_alias_help', undefined, 'GET', '/actionalias/help'],
  ['action_alias_create', 'pack:mine', 'POST', '/actionalias', { name: 'made', pack: 'mine', action_ref: 'mine.x' }],
  ['action_create', 'pack:mine', 'POST', '/actions', { name: 'made', pack: 'mine', runner_type: 'none' }],
  ['key_value_pair_view', 'key_value_pair:st2kv.system:none', 'GET', '/keys/none'],
  ['key_value_pair_set', 'key_value_pair:st2kv.system:made', 'PUT', '/keys/made', { name: 'made', value: '1' }],
  ['key_value_pair_all', 'key_value_pair:st2kv.system:made', 'DELETE', '/keys/made'],
];

test('the names of StackStorm, and older ones, open the routes they are for, and nothing is open without', async () => {
  const { ask: askWithout } = await userWith([]);
  for (const [permission, uid, method, path, body] of ROUTES_OF_PERMISSIONS) {
    const { ask } = await userWith([{ ...(uid && { resource_uid: uid }), permission_types: [permission] }]);
    const { status, says } = await ask(method, path, body);
    assert.ok(status !== 403 && status !== 401, `${permission}: ${method} ${path}: ${status} ${says}`);
    assert.equal((await askWithout(method, path, body)).status, 403, `${method} ${path}`);
  }
});

test('executions are stopped and seen by who may run and see their action', async () => {
  const local = 'action:core:local';
  const cases: readonly (readonly [string, string, string, boolean])[] = [
    ['action_execute', local, 'DELETE', true],
    ['action_all', 'pack:core', 'DELETE', true],
    ['execution_stop', local, 'DELETE', true],
    ['execution_modify', local, 'DELETE', true],
    ['execution_all', local, 'DELETE', true],
    ['action_view', local, 'DELETE', false],
    ['action_view', local, 'GET', true],
    ['action_all', 'action:core:other', 'GET', false],
  ];
  for (const [permission, uid, method, allowed] of cases) {
    const { name, ask } = await userWith([{ resource_uid: uid, permission_types: [permission] }]);
    const id = await storeExecution(name);
    const { status, says } = await ask(method, `/executions/${id}`);
    assert.equal(status !== 403, allowed, `${permission} on ${uid}: ${method}: ${status} ${says}`);
    if (!allowed && method === 'DELETE') assert.match(says, /"execution_stop"/);
  }
});

test('values of the system: those that are granted, and no others', async () => {
  const { ask: setAny } = await userWith([{ permission_types: ['key_value_pair_all'] }]);
  for (const name of ['seen', 'changed', 'hidden']) {
    assert.equal((await setAny('PUT', `/keys/${name}`, { name, value: name })).status, 200);
  }
  const { name, ask } = await userWith([
    { resource_uid: 'key_value_pair:st2kv.system:seen', permission_types: ['key_value_pair_view'] },
    { resource_uid: 'key_value_pair:st2kv.system:changed', permission_types: ['key_value_pair_set'] },
  ]);
  const list = async (query: string) =>
    ((await ask('GET', `/keys?${query}`)).body as readonly { readonly name: string }[]).map((one) => one.name);
  assert.deepEqual(await list('scope=system'), ['seen', 'changed']);
  assert.deepEqual(await list('scope=system&prefix=s'), ['seen']);
  assert.deepEqual(await list('scope=system&name=hidden'), []);
  assert.equal((await ask('GET', '/keys/seen')).status, 200);
  assert.equal((await ask('GET', '/keys/changed')).status, 200);
  assert.equal((await ask('GET', '/keys/hidden')).status, 403);
  assert.equal((await ask('PUT', '/keys/changed', { name: 'changed', value: '2' })).status, 200);
  const refused = await ask('PUT', '/keys/seen', { name: 'seen', value: '2' });
  const sentence = `User "${name}" doesn't have required permission "key_value_pair_set" on resource "key_value_pair:st2kv.system:seen"`;
  assert.deepEqual([refused.status, refused.says], [403, sentence]);
  assert.equal((await ask('DELETE', '/keys/changed')).status, 403);
});

test('content is moved and copied only from where and to where its author may', async () => {
  const grants = ['action', 'action_alias', 'policy'].map((kind) => `${kind}_all`);
  const { ask } = await userWith([{ resource_uid: 'pack:mine', permission_types: grants }]);
  for (const pack of ['mine', 'other']) {
    const path = join(infrastructure.folder, 'moved', pack);
    await mkdir(join(path, 'actions'), { recursive: true });
    await stores.packs.upsert({ ref: pack }, {
      ref: pack,
      uid: `pack:${pack}`,
      name: pack,
      version: '1.0.0',
      path,
    } as never);
    const action = { name: 'source', pack, runner_type: 'noop', enabled: true, entry_point: '', parameters: {} };
    const named = { ref: `${pack}.source`, uid: `action:${pack}:source` };
    await stores.actions.upsert({ ref: named.ref }, { ...action, ...named, tags: [], notify: {} } as never);
  }
  await stores.runnerTypes.upsert({ name: 'noop' }, {
    name: 'noop',
    uid: 'runner_type:noop',
    runner_parameters: {},
  } as never);
  const kinds = [
    ['/actions', { runner_type: 'noop' }],
    ['/actionalias', { action_ref: 'core.noop' }],
    ['/policies', { resource_ref: 'core.noop', policy_type: 'action.concurrency', parameters: { threshold: 1 } }],
  ] as const;
  for (const [place, rest] of kinds) {
    const content = { name: 'moved', pack: 'mine', ...rest };
    assert.equal((await ask('POST', place, content)).status, 201, place);
    assert.equal((await ask('PUT', `${place}/mine.moved`, content)).status, 200, place);
    assert.equal((await ask('PUT', `${place}/mine.moved`, { ...content, pack: 'other' })).status, 403, place);
  }
  const copy = (from: string, dest_action: string, overwrite = false) =>
    ['POST', `/actions/${from}/clone`, { dest_pack: 'mine', dest_action, overwrite }] as const;
  assert.equal((await ask(...copy('mine.source', 'copy'))).status, 201);
  assert.equal((await ask(...copy('other.source', 'foreign'))).status, 403);
  const { ask: maker } = await userWith([
    { resource_uid: 'pack:mine', permission_types: ['action_create', 'action_view'] },
  ]);
  assert.equal((await maker(...copy('mine.source', 'copy', true))).status, 403);
});

test('questions are answered by who may run their workflow', async () => {
  const parent = await storeExecution('admin', { action_ref: 'mine.flow', runner_type: 'orquesta', status: 'paused' });
  const question = { action_ref: 'core.ask', runner_type: 'inquirer', status: 'pending', parent } as const;
  const id = await storeExecution('admin', question);
  const { ask } = await userWith([{ resource_uid: 'pack:mine', permission_types: ['action_execute'] }]);
  assert.equal((await ask('GET', `/inquiries/${id}`)).status, 200);
  const { ask: foreign } = await userWith([{ resource_uid: 'pack:core', permission_types: ['action_execute'] }]);
  assert.equal((await foreign('GET', `/inquiries/${id}`)).status, 403);
});

test('role files: all names there are are taken, others are refused by file and name, and change nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roles-'));
  const logger = createLogger('test', 'error');
  try {
    for (const name of ['roles', 'assignments']) await mkdir(join(folder, name));
    const write = (name: string, types: readonly string[]) =>
      writeFile(
        join(folder, 'roles', `${name}.yaml`),
        `name: ${name}\npermission_grants:\n  - permission_types: [${types.join(', ')}]\n`,
      );
    await write('a', [
      ...[...PERMISSIONS_BY_KIND.values()].flat(),
      'execution_modify',
      'webhook_execute',
      'inquiry_modify',
    ]);
    await write('b', ['action_foo_bar_invalid']);
    await assert.rejects(syncDefinitions({ stores, logger }, folder), {
      message: `${join(folder, 'roles', 'b.yaml')}: the role "b" grants "action_foo_bar_invalid", which is not a permission.`,
    });
    assert.equal(await stores.roles.findOne({ name: 'a' }), undefined);
    await rm(join(folder, 'roles', 'b.yaml'));
    await syncDefinitions({ stores, logger }, folder);
    assert.ok(await stores.roles.findOne({ name: 'a' }));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('assignment files: several processes may read them at once, and a wrong one takes no role away', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roles-'));
  const logger = createLogger('test', 'error');
  const assign = (name: string, roles: string) =>
    writeFile(join(folder, 'assignments', `${name}.yaml`), `username: ${name}\nroles: [${roles}]\n`);
  const assigned = async () =>
    (await stores.roleAssignments.find({ user: { $in: ['cyd', 'dan'] } })).map(({ user, role }) => `${user} ${role}`);
  try {
    for (const name of ['roles', 'assignments']) await mkdir(join(folder, name));
    await assign('cyd', 'observer, admin');
    await Promise.all([1, 2, 3].map(() => syncDefinitions({ stores, logger }, folder)));
    assert.deepEqual((await assigned()).sort(), ['cyd admin', 'cyd observer']);
    await assign('dan', 'no_such');
    await assert.rejects(syncDefinitions({ stores, logger }, folder), /the role "no_such" does not exist/);
    assert.deepEqual((await assigned()).sort(), ['cyd admin', 'cyd observer']);
    await assign('dan', 'observer');
    await assign('cyd', 'observer');
    await syncDefinitions({ stores, logger }, folder);
    assert.deepEqual((await assigned()).sort(), ['cyd observer', 'dan observer']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
