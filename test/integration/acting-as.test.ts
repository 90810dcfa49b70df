/** In whose name: with RBAC and tokens on every API, nobody acts as somebody else. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createToken } from '../../action-service/tokens.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { createLogger } from '../../platform/logging/create-logger.ts';
import { type Connection, connectMongo } from '../../platform/mongo/connect-mongo.ts';
import { createStores, type Stores } from '../../stores/stores.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices, workflowServices } from '../support/running-services.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly state: string;
  readonly state_info: string;
  readonly faultstring: string;
  readonly context: { readonly user: string };
}
interface Answered {
  readonly status: number;
  readonly body: Shown;
}

/** The pack `again`, whose workflow `fails`. */
const PACK: Readonly<Record<string, string>> = {
  'pack.yaml': 'name: again\ndescription: What is run again.\nversion: 1.0.0\nauthor: Tramontane\n',
  'actions/fails.yaml': 'name: fails\nrunner_type: mistral-v2\nentry_point: workflows/fails.yaml\n',
  'actions/workflows/fails.yaml':
    "version: '2.0'\nagain.fails:\n  tasks:\n    one:\n      action: core.local\n      input: {cmd: 'exit 1'}\n",
};

let packs: Awaited<ReturnType<typeof temporaryFolder>>;
let infrastructure: Provisioned;
let services: RunningServices;
let connection: Connection;
let stores: Stores;
/** A workflow's execution of the administrator. */
let ofRoot: string;
const tokens: Record<string, string> = {};

before(async () => {
  packs = await temporaryFolder();
  for (const [file, text] of Object.entries(PACK)) {
    const place = path.join(packs.path, 'again', file);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, text);
  }
  infrastructure = await provisioned();
  services = await startServices(infrastructure, {
    only: workflowServices,
    packFolders: [packs.path],
    env: { ST2_RBAC__ENABLE: 'true', MISTRAL_API__AUTH: 'true' },
  });
  connection = await connectMongo(loadConfig(services.env), createLogger('test', 'error'));
  stores = createStores(connection);
  const grants = ['core', 'again'].map((pack) => ({
    resource_uid: `pack:${pack}`,
    permission_types: ['action_execute'],
  }));
  await stores.roles.insert({
    name: 'caller',
    system: false,
    permission_grants: [...grants, { permission_types: ['execution_all'] }],
  });
  for (const [user, role] of [
    ['root', 'admin'],
    ['ann', 'caller'],
  ]) {
    await stores.roleAssignments.insert({ user, role, is_remote: false, source: 'test' });
    tokens[String(user)] = (await createToken(stores, { user: String(user), ttl: 600 })).token;
  }
});

after(async () => {
  await connection?.close();
  await services?.stop();
  await infrastructure?.stop();
  await packs?.remove();
});

async function ask(
  user: string,
  method: string,
  url: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const response = await fetch(url, {
    method,
    headers: {
      'x-auth-token': String(tokens[user]),
      ...(typeof body === 'object' ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Shown };
}

const execute = (user: string, request: object, stContext?: object) =>
  ask(
    user,
    'POST',
    `${services.apiUrl}/v1/executions`,
    { action: 'core.noop', ...request },
    stContext === undefined ? {} : { 'st2-context': JSON.stringify(stContext) },
  );

async function ended(id: string): Promise<Shown> {
  return await waitFor(
    async () => {
      const { body } = await ask('root', 'GET', `${services.apiUrl}/v1/executions/${id}`);
      return ['succeeded', 'failed', 'abandoned'].includes(body.status) ? body : undefined;
    },
    { what: `the end of ${id}` },
  );
}

test('a workflow runs as its user where mistral-api asks for tokens', async () => {
  const { body, status } = await execute('root', { action: 'testpack.wftest' });
  assert.equal(status, 201, JSON.stringify(body));
  ofRoot = body.id;
  assert.equal((await ended(ofRoot)).status, 'succeeded');
  const [child] = await stores.executions.find({ parent: ofRoot });
  assert.equal(child?.context.user, 'root');
});

test('what is run again runs as who has asked for that', async () => {
  const { body: first } = await execute('ann', { action: 'again.fails' });
  assert.equal((await ended(first.id)).status, 'failed');
  const url = `${services.apiUrl}/v1/executions/${first.id}/re_run`;
  const { body: again, status } = await ask('root', 'POST', url, { tasks: ['one'] });
  assert.equal(status, 201, JSON.stringify(again));
  assert.equal((await ended(again.id)).status, 'failed');
  const userOf = async (parent: string) =>
    (await stores.executions.find({ parent })).map(({ context }) => context.user);
  assert.deepEqual([await userOf(first.id), await userOf(again.id)], [['ann'], ['root']]);
});

test('a request names no other user', async () => {
  assert.equal((await execute('ann', {})).status, 201);
  for (const [stContext, request] of [
    [{ user: 'root' }, {}],
    [{ parent: { user: 'root' } }, {}],
    [{ api_user: 'root' }, {}],
    [{ 're-run': { ref: ofRoot } }, {}],
    [{ policies: { retry: {} } }, {}],
    [{ mistral: { execution_id: 'any' } }, {}],
    [{ parent: { execution_id: ofRoot } }, {}],
    [{}, { user: 'root' }],
    [{}, { context: { parent: { user: 'root' } } }],
    [{}, { callback: { source: 'mistral_v2', workflow_id: `testpack.wftest/${ofRoot}`, activity_id: '1' } }],
    [{}, { callback: { source: 'mistral_v2', workflow_id: 'any', activity_id: '1' } }],
  ] as const) {
    const answer = await execute('ann', request, stContext);
    assert.equal(answer.status, 403, JSON.stringify([stContext, request, answer.body]));
    assert.equal((await execute('root', request, stContext)).status, 201);
  }
});

test('a key of another request gives nothing away', async () => {
  const url = `${services.apiUrl}/v1/executions`;
  const key = { 'idempotency-key': 'of-root' };
  assert.equal((await ask('root', 'POST', url, { action: 'core.noop' }, key)).status, 201);
  assert.equal((await ask('ann', 'POST', url, { action: 'core.noop' }, key)).status, 403);
});

const calling = `
version: '2.0'
calling:
  tasks:
    call:
      action: st2.action
      input: {ref: core.noop, st2_context: {parent: {pack: core}}}
`;

test('a workflow of mistral-api belongs to no execution of another user, and acts as who has started it', async () => {
  const made = await ask('ann', 'POST', `${services.mistralUrl}/workflows`, calling);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const start = (user: string, params: object) =>
    ask(user, 'POST', `${services.mistralUrl}/executions`, { workflow_name: 'calling', params });
  for (const st2_execution_id of [ofRoot, '5f5f5f5f5f5f5f5f5f5f5f5f', 'any']) {
    const refused = await start('ann', { env: { st2_execution_id } });
    assert.equal(refused.status, 403, JSON.stringify(refused.body));
    assert.match(refused.body.faultstring, /is no execution of the user "ann"/);
  }
  const states: Record<string, string> = {};
  for (const user of ['root', 'ann']) {
    const { body } = await start(user, {});
    const url = `${services.mistralUrl}/executions/${body.id}`;
    const end = await waitFor(
      async () => {
        const { body: shown } = await ask('root', 'GET', url);
        return shown.state === 'RUNNING' ? undefined : shown;
      },
      { what: `the end of the workflow of ${user}` },
    );
    states[user] = end.state;
    if (user === 'ann') assert.match(end.state_info, /workflow of its own user only/);
    const refused = await ask('ann', 'PUT', url, { params: { env: { st2_execution_id: ofRoot } } });
    assert.equal(refused.status, 403, JSON.stringify(refused.body));
  }
  // Without an execution of StackStorm, only administrators may have st2api tell a workflow.
  assert.deepEqual(states, { root: 'SUCCESS', ann: 'ERROR' });
});
