/** Changes by the API that fail, or come at the same time, leave things as they were; those that replace something replace all of it. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';

let infrastructure: Provisioned;
let services: RunningServices;
let token: string;
let actions: string;

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
  const packs = path.join(infrastructure.folder, 'own-packs');
  actions = path.join(packs, 'mine', 'actions');
  await mkdir(actions, { recursive: true });
  const files = {
    '../pack.yaml': 'name: mine\ndescription: d\nversion: 1.0.0\nauthor: a\nemail: a@example.com\n',
    'one.yaml': 'name: one\nrunner_type: local-shell-script\nentry_point: one.sh\n',
    'one.sh': 'echo one\n',
    'two.yaml': 'name: two\nrunner_type: local-shell-script\nentry_point: two.sh\n',
    'two.sh': 'echo two\n',
    'lost.yaml': 'name: lost\nrunner_type: local-shell-script\nentry_point: lost.sh\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(actions, name), text);
  services = await startServices(infrastructure, { only: ['st2api', 'st2auth'], packFolders: [packs] });
  token = await services.token();
});

after(async () => {
  await services?.stop();
  await infrastructure?.stop();
});

async function ask<T = Record<string, unknown>>(method: string, place: string, body?: unknown) {
  const answer = await fetch(`${services.apiUrl}/v1${place}`, {
    method,
    headers: { 'x-auth-token': token, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    body: (text === '' ? {} : JSON.parse(text)) as T & { readonly faultstring?: string },
  };
}

test('an action copied onto itself stays, and one that cannot be copied costs none that was there', async () => {
  const self = await ask('POST', '/actions/mine.one/clone', { dest_pack: 'mine', dest_action: 'one', overwrite: true });
  assert.equal(self.status, 400);
  const broken = { dest_pack: 'mine', dest_action: 'two', overwrite: true };
  const copied = await ask('POST', '/actions/mine.lost/clone', broken);
  assert.deepEqual(
    [copied.status, copied.body.faultstring],
    [400, 'The file "lost.sh" of the action "mine.lost" does not exist.'],
  );
  for (const name of ['one', 'two']) {
    assert.equal((await ask('GET', `/actions/mine.${name}`)).status, 200, name);
    assert.equal(await readFile(path.join(actions, `${name}.sh`), 'utf8'), `echo ${name}\n`);
    assert.match(await readFile(path.join(actions, `${name}.yaml`), 'utf8'), new RegExp(`^name: ${name}`));
  }
  assert.equal((await ask('POST', '/actions/mine.one/clone', broken)).status, 201);
  assert.equal(await readFile(path.join(actions, 'two.sh'), 'utf8'), 'echo one\n');
});

test('an action whose files cannot be written is neither made nor changed', async () => {
  const action = { name: 'writer', pack: 'mine', runner_type: 'noop' };
  for (const file_path of ['../../x', '', 'a\0b', 'x'.repeat(300), 'one.sh/below']) {
    const sent = { ...action, data_files: [{ file_path, content: 'x' }] };
    assert.equal((await ask('POST', '/actions', sent)).status, 400, file_path);
    assert.equal((await ask('GET', '/actions/mine.writer')).status, 404, file_path);
  }
});

test('a rule that cannot be changed leaves no timer behind', async () => {
  const rule = (name: string, seconds: number) => ({
    name,
    pack: 'mine',
    trigger: { type: 'core.st2.IntervalTimer', parameters: { unit: 'seconds', delta: seconds } },
    action: { ref: 'core.noop' },
    enabled: false,
  });
  for (const name of ['a', 'b']) assert.equal((await ask('POST', '/rules', rule(name, 1_000))).status, 201);
  assert.equal((await ask('PUT', '/rules/mine.a', rule('b', 2_000))).status, 409);
  const timers = await ask<{ readonly parameters: { readonly delta: number } }[]>('GET', '/timers');
  assert.deepEqual(
    timers.body.map(({ parameters }) => parameters.delta),
    [1_000],
  );
});

test('what is replaced without a description has none', async () => {
  const trigger = { type: 'core.st2.webhook', parameters: { url: 'plain' } };
  const resources = [
    ['/rules', { name: 'plain', pack: 'mine', trigger, action: { ref: 'core.noop' } }],
    ['/actionalias', { name: 'plain', pack: 'mine', action_ref: 'core.noop', formats: ['plain'] }],
    [
      '/policies',
      {
        name: 'plain',
        pack: 'mine',
        resource_ref: 'core.noop',
        policy_type: 'action.concurrency',
        parameters: { threshold: 1 },
      },
    ],
    ['/triggers', { name: 'plain', pack: 'mine', type: 'core.st2.webhook', parameters: { url: 'other' } }],
  ] as const;
  for (const [place, body] of resources) {
    const made = await ask<{ readonly id: string }>('POST', place, { ...body, description: 'told' });
    assert.equal(made.status, 201, place);
    const changed = await ask('PUT', `${place}/${made.body.id}`, body);
    assert.deepEqual([changed.status, changed.body.description], [200, undefined], place);
  }
});

test('configurations that are set at the same time are each whole', async () => {
  const values = Array.from({ length: 20 }, (_, index) => ({ text: String(index).repeat(10_000) }));
  const answers = await Promise.all(values.map((one) => ask('PUT', '/configs/mine', one)));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
});

test('times beyond what a date can be are refused', async () => {
  const key = await ask('PUT', '/keys/far', { name: 'far', value: 'v', ttl: 1e15 });
  assert.equal(key.status, 400);
  assert.equal((await ask('GET', '/keys/far')).status, 404);
  for (const place of ['/executions', '/executions/last/re_run'])
    assert.equal((await ask('POST', place, { action: 'core.noop', delay: 1e17 })).status, 400, place);
});

test('a trigger type that is given another name takes no place of another one', async () => {
  const type = (name: string, about: string) => ({
    name,
    pack: 'mine',
    payload_schema: { type: 'object', title: about },
  });
  for (const name of ['first', 'second'])
    assert.equal((await ask('POST', '/triggertypes', type(name, name))).status, 201);
  assert.equal((await ask('PUT', '/triggertypes/mine.first', type('second', 'first'))).status, 409);
  const second = await ask<{ readonly payload_schema: { readonly title: string } }>('GET', '/triggertypes/mine.second');
  assert.equal(second.body.payload_schema.title, 'second');
  assert.equal((await ask('PUT', '/triggertypes/mine.first', type('third', 'first'))).status, 200);
  assert.equal((await ask('GET', '/triggertypes/mine.first')).status, 404);
  assert.equal((await ask('GET', '/triggertypes/mine.third')).status, 200);
});

test('a rule shows no secret parameter of its action, and keeps it when it is written as it was shown', async () => {
  await ask('POST', '/actions', {
    name: 'login',
    pack: 'mine',
    runner_type: 'noop',
    parameters: { user: { type: 'string' }, password: { type: 'string', secret: true } },
  });
  const parameters = { user: 'ann', password: 'hush-hush' };
  const trigger = { type: 'core.st2.webhook', parameters: { url: 'secret' } };
  const rule = { name: 'secret', pack: 'mine', trigger, action: { ref: 'mine.login', parameters } };
  type Shown = { readonly ref?: string; readonly action: { readonly parameters: Record<string, string> } };
  const inClear = async () =>
    (await ask<Shown>('GET', '/rules/mine.secret?show_secrets=true')).body.action.parameters.password;
  const masked = { user: 'ann', password: '********' };

  const made = await ask<Shown>('POST', '/rules', rule);
  assert.deepEqual([made.status, made.body.action.parameters], [201, masked]);
  for (const place of ['/rules/mine.secret', '/rules/views/mine.secret']) {
    assert.deepEqual((await ask<Shown>('GET', place)).body.action.parameters, masked, place);
  }
  for (const place of ['/rules', '/rules/views']) {
    const { body } = await ask<readonly Shown[]>('GET', `${place}?pack=mine`);
    assert.deepEqual(body.find(({ ref }) => ref === 'mine.secret')?.action.parameters, masked, place);
  }
  assert.equal(await inClear(), 'hush-hush');

  const enabled = { ...rule, enabled: true, action: { ...rule.action, parameters: masked } };
  const changed = await ask<Shown>('PUT', '/rules/mine.secret', enabled);
  assert.deepEqual([changed.status, changed.body.action.parameters], [200, masked]);
  assert.equal(await inClear(), 'hush-hush');
  const other = { ...rule, action: { ...rule.action, parameters: { ...parameters, password: 'other' } } };
  await ask('PUT', '/rules/mine.secret', other);
  assert.equal(await inClear(), 'other');
});
