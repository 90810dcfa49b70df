/** Lists whose order, limits and attributes clients of StackStorm count on; each was read from its release 3.9. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createApiKey } from '../../action-service/tokens.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { createLogger } from '../../platform/logging/create-logger.ts';
import { type Connection, connectMongo } from '../../platform/mongo/connect-mongo.ts';
import { newId } from '../../stores/collection.ts';
import { createStores, type Stores } from '../../stores/stores.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';

let infrastructure: Provisioned;
let services: RunningServices;
let connection: Connection;
let stores: Stores;
let token: string;

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
  services = await startServices(infrastructure, { only: ['st2api', 'st2auth'] });
  token = await services.token();
  const config = loadConfig(services.env);
  connection = await connectMongo(config, createLogger('test', 'error'));
  stores = createStores(connection);
});

after(async () => {
  await connection?.close();
  await services?.stop();
  await infrastructure?.stop();
});

async function ask<T = Record<string, unknown>[]>(path: string, method = 'GET', sent?: unknown) {
  const answer = await fetch(`${services.apiUrl}/v1${path}`, {
    method,
    headers: { 'x-auth-token': token, ...(sent === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: (text === '' ? undefined : JSON.parse(text)) as T };
}

const DAY = (day: number) => new Date(`2026-01-0${day}T00:00:00Z`);

/** Executions of three days; their ids in the order of the days. */
async function storeExecutions(more: object): Promise<string[]> {
  const made = [1, 2, 3].map((day) =>
    stores.executions.insert({
      liveaction_id: newId(),
      action_ref: 'core.ask',
      runner_type: 'inquirer',
      action_snapshot: '',
      runner_snapshot: '',
      status: 'succeeded',
      parameters: {},
      context: { user: 'ann', trace_context: { trace_tag: `day ${day}` } },
      start_timestamp: DAY(day),
      updated_at: DAY(day),
      log: [],
      ...more,
    }),
  );
  return (await Promise.all(made)).map(({ id }) => id);
}

const idsOf = (items: readonly Record<string, unknown>[]) => items.map(({ id }) => id);

test('executions: a span of time, in the direction in which it is written', async () => {
  const [first, second, third] = await storeExecutions({ action_ref: 'core.spanned' });
  const list = async (span: string) =>
    idsOf((await ask(`/executions?action=core.spanned&include_attributes=id&timestamp=${span}`)).body);
  const [from, to] = ['2026-01-01T12:00:00Z', '2026-01-03T00:00:00.000Z'];
  assert.deepEqual(await list(`${from}..${to}`), [second, third]);
  assert.deepEqual(await list(`${to}..${from}`), [third, second]);
  assert.deepEqual(await list('2026-01-01T00:00:00Z'), [first]);
  assert.equal((await ask('/executions?timestamp=2026-01-01..2026-01-02')).status, 400);
});

test('executions: filtered by what stands in their context, and not by what there is not', async () => {
  const [, second] = await storeExecutions({ action_ref: 'core.filtered' });
  const filter = (text: string) => ask(`/executions?include_attributes=id&filter=${encodeURIComponent(text)}`);
  const found = await filter('action.ref:core.filtered context.trace_context.trace_tag:day');
  assert.deepEqual([found.status, found.body], [200, []]);
  await stores.executions.updateOne({ id: second }, { $set: { 'context.trace_context.trace_tag': 'second' } });
  const one = await filter('action.ref:core.filtered context.trace_context.trace_tag:second');
  assert.deepEqual(idsOf(one.body), [second]);
  for (const [text, name] of [
    ['no.such:x', 'no'],
    ['status.below:x', 'below'],
    ['parameters.password:x', 'password'],
  ] as const) {
    const { status, body } = await filter(text);
    assert.deepEqual([status, body], [400, { faultstring: `Cannot resolve field "${name}"` }]);
  }
});

test('the result of an execution as a file', async () => {
  const [id] = await storeExecutions({ action_ref: 'core.told', result: { a: [1] } });
  const get = async (query: string) => {
    const answer = await fetch(`${services.apiUrl}/v1/executions/${id}/result${query}`, {
      headers: { 'x-auth-token': token },
    });
    const [type, disposition] = ['content-type', 'content-disposition'].map((name) => answer.headers.get(name));
    return [type, disposition, await answer.text()];
  };
  assert.deepEqual(await get(''), ['text/json', null, '{"a":[1]}']);
  const name = `attachment; filename=execution_${id}_result.json`;
  assert.deepEqual(await get('?download=true&pretty_format=1'), ['text/json', name, '{\n  "a": [\n    1\n  ]\n}']);
  assert.deepEqual(await get('?download=1&compress=1'), ['application/x-gzip', `${name}.gz`, '{"a":[1]}']);
});

test('questions: the longest waiting first, with the attributes asked for', async () => {
  const result = { route: 'r', ttl: 5, users: [], roles: [], schema: {} };
  const ids = await storeExecutions({ status: 'pending', result });
  const all = await ask('/inquiries');
  assert.deepEqual(idsOf(all.body), ids);
  assert.deepEqual([all.headers.get('x-total-count'), all.headers.get('x-limit')], ['3', '20']);
  assert.deepEqual((await ask('/inquiries?limit=1&include_attributes=ttl,none')).body, [{ ttl: 5, id: ids[0] }]);
  const [first = {}] = (await ask('/inquiries?exclude_attributes=schema,users')).body;
  assert.deepEqual(Object.keys(first).sort(), ['id', 'roles', 'route', 'ttl']);
  assert.equal((await ask('/inquiries?exclude_attributes=schema&include_attributes=id')).status, 400);
});

test('API keys: in the order in which they were made', async () => {
  const made: string[] = [];
  for (const user of ['zoe', 'ann']) made.push((await createApiKey(stores, { user })).record.id);
  assert.deepEqual(idsOf((await ask('/apikeys')).body), made);
});

test('values of the datastore: a hundred of them unless more are asked for', async () => {
  const record = { scope: 'st2kv.system', value: 'v', secret: false, encrypted: false };
  await stores.keys.insertMany(Array.from({ length: 120 }, (_, index) => ({ ...record, name: `many.${index}` })));
  assert.equal((await ask('/keys?prefix=many.')).body.length, 100);
  assert.equal((await ask('/keys?prefix=many.&limit=-1')).body.length, 120);
});

test('trigger instances: newest first whatever limits are given; those of a type, whatever trigger is named', async () => {
  const trigger = 'core.st2.generic.actiontrigger';
  const instances = [1, 2, 3].map((day) =>
    stores.triggerInstances.insert({ trigger, payload: {}, status: 'processed', occurrence_time: DAY(day) }),
  );
  const [, second, third] = (await Promise.all(instances)).map(({ id }) => id);
  const limits = 'timestamp_gt=2026-01-01T12:00:00Z&timestamp_lt=2026-01-04T00:00:00Z';
  assert.deepEqual(idsOf((await ask(`/triggerinstances?trigger=${trigger}&${limits}`)).body), [third, second]);
  const ofType = await ask(`/triggerinstances?trigger=core.other&trigger_type=${trigger}&${limits}`);
  assert.deepEqual(idsOf(ofType.body), [third, second]);
  const none = await ask('/triggerinstances?trigger_type=no.such');
  assert.deepEqual([none.body, none.headers.get('x-total-count'), none.headers.get('x-limit')], [[], null, null]);
});

test('views of rules: a description that there is not is null, that of what there is not is empty', async () => {
  const type = { name: 'told', pack: 'default', payload_schema: {}, parameters_schema: {} };
  assert.equal((await ask('/triggertypes', 'POST', type)).status, 201);
  assert.equal((await ask('/actions', 'POST', { name: 'untold', pack: 'default', runner_type: 'noop' })).status, 201);
  const rule = { pack: 'default', trigger: { type: 'default.told' } };
  const described = async (name: string, action: string) => {
    assert.equal((await ask('/rules', 'POST', { ...rule, name, action: { ref: action } })).status, 201);
    const { body } = await ask<Record<string, { readonly description: unknown }>>(`/rules/views/default.${name}`);
    return [body.trigger?.description, body.action?.description];
  };
  assert.deepEqual(await described('a', 'default.untold'), [null, null]);
  assert.deepEqual(await described('b', 'no.such'), [null, '']);
  await stores.triggers.updateOne({ ref: 'default.told' }, { $set: { description: 'of the trigger' } });
  assert.deepEqual(await described('c', 'no.such'), ['of the trigger', '']);
});

test('a trigger type that is changed keeps the file that it is from', async () => {
  const type = { name: 'filed', pack: 'default', metadata_file: 'triggers/filed.yaml' };
  assert.equal((await ask('/triggertypes', 'POST', type)).status, 201);
  const { metadata_file: _file, ...rest } = type;
  const changed = await ask<Record<string, unknown>>('/triggertypes/default.filed', 'PUT', rest);
  assert.equal(changed.body.metadata_file, 'triggers/filed.yaml');
});
