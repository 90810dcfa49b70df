import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import amqp from 'amqplib';
import { pino } from 'pino';
import { loadConfig } from '../../platform/config/load-config.ts';
import { type Connection, connectMongo } from '../../platform/mongo/connect-mongo.ts';
import type { OpenRecord } from '../../stores/records.ts';
import { createStores, type Stores } from '../../stores/stores.ts';
import { mistralCalls } from '../support/mistral-calls.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RealClients, realClients } from '../support/real-clients.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

const definition = `
version: '2.0'
on_event:
  input: [word: none]
  output:
    word: <% $.word %>
    event: <% execution().params.get(event_params) %>
    place: <% env().get(place) %>
  tasks:
    done: {action: std.noop}
`;

interface Execution {
  readonly id: string;
  readonly state: string;
  readonly output: string;
  readonly description: string;
}

const LATE = new Date(Date.now() - 60_000);

let infrastructure: Provisioned;
let services: RunningServices;
let clients: RealClients;
let connection: Connection;
let stores: Stores;
const { call } = mistralCalls(() => services);

before(async () => {
  infrastructure = await provisioned({ own: true, bus: 'rabbitmq' });
  services = await startServices(infrastructure, { only: ['mistral-api', 'mistral-server', 'st2resultstracker'] });
  clients = await realClients(services, path.join(infrastructure.folder, 'clients'));
  const file = path.join(infrastructure.folder, 'on-event.yaml');
  await writeFile(file, definition);
  await clients.mistral(['workflow-create', file]);
  connection = await connectMongo(loadConfig(services.env), pino({ level: 'silent' }));
  stores = createStores(connection);
});

after(async () => {
  await connection?.close();
  await services?.stop();
  await infrastructure?.stop();
});

/** Makes a trigger with the real client; its id. */
async function makeTrigger(exchange: string, event: string, ...input: string[]): Promise<string> {
  const words = ['event-trigger-create', 'on', await workflowId(), exchange, 'notifications', event, ...input];
  const { output } = await clients.mistral([...words, '-f', 'json']);
  const { ID: id } = JSON.parse(output) as { ID: string };
  await waitFor(() => isBound(exchange), { what: `the exchange ${exchange} to be heard` });
  return id;
}

async function workflowId(): Promise<string> {
  const { body } = await call('GET', '/workflows/on_event');
  return (body as { id: string }).id;
}

/** A cron trigger that is due. */
async function makeDue(name: string, fields: object = {}): Promise<void> {
  await stores.cronTriggers.insert({
    name,
    workflow_name: 'on_event',
    workflow_id: await workflowId(),
    workflow_input: '{}',
    workflow_params: '{}',
    pattern: '0 0 1 1 *',
    remaining_executions: null,
    next_execution_time: LATE,
    ...fields,
  });
}

async function cronTrigger(name: string): Promise<OpenRecord | undefined> {
  return await stores.cronTriggers.findOne({ name });
}

async function onChannel<T>(use: (channel: amqp.ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await amqp.connect(String(services.env.ST2_MESSAGING__URL));
  // A broker that still recovers refuses: the call fails, and the event of the same refusal must not end the test.
  connection.on('error', () => undefined);
  try {
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    return await use(channel);
  } finally {
    await connection.close();
  }
}

/** A message that reaches no queue comes back. */
async function isBound(exchange: string): Promise<boolean> {
  return await onChannel(async (channel) => {
    await channel.checkExchange(exchange);
    let isReturned = false;
    channel.on('return', () => {
      isReturned = true;
    });
    const nothing = Buffer.from('{"event_type": "nothing"}');
    channel.publish(exchange, 'notifications.info', nothing, { mandatory: true });
    await channel.waitForConfirms();
    return !isReturned;
  });
}

/** Announces as a service of OpenStack does. */
async function announce(exchange: string, event_type: string, payload: unknown, options: Partial<Announcement> = {}) {
  const { key = 'notifications.info', message_id = randomUUID() } = options;
  const notification = {
    message_id,
    publisher_id: 'compute.host1',
    event_type,
    priority: 'INFO',
    payload,
    timestamp: '2026-01-01 10:00:00.000000',
    _context_project_id: 'p1',
    _context_user_id: 'u1',
  };
  const text = JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(notification) });
  await onChannel(async (channel) => {
    channel.publish(exchange, key, Buffer.from(text), { contentType: 'application/json', persistent: true });
    await channel.waitForConfirms();
  });
}

interface Announcement {
  readonly key: string;
  readonly message_id: string;
}

async function executionsOf(trigger: string): Promise<readonly Execution[]> {
  const { body } = await call('GET', '/executions?include_output=true');
  const { executions } = body as { executions: readonly Execution[] };
  return executions.filter(({ description }) => description.includes(trigger));
}

async function ended(trigger: string, count = 1): Promise<readonly Execution[]> {
  return await waitFor(
    async () => {
      const found = await executionsOf(trigger);
      return found.length >= count && found.every(({ state }) => state === 'SUCCESS') && found;
    },
    { what: `${count} workflows of the trigger` },
  );
}

test('an event starts the workflow of its trigger, once, and says what has happened', async () => {
  const trigger = await makeTrigger('openstack', 'compute.instance.create.end', '{"word": "hello"}');
  await announce('openstack', 'compute.instance.create.end.other', {});
  await announce('openstack', 'compute.instance.create.end', {}, { key: 'others.info' });
  const message_id = randomUUID();
  for (let time = 0; time < 2; time += 1) {
    await announce('openstack', 'compute.instance.create.end', { instance_id: 'i1' }, { message_id });
  }
  await announce('openstack', 'compute.instance.create.end', 'last', { key: 'notifications.error' });
  const found = await ended(trigger, 2);
  assert.equal(found.length, 2);
  const { body } = await call('GET', `/executions/${found[0]?.id}`);
  const { output, description } = body as Execution;
  assert.deepEqual(JSON.parse(output), {
    word: 'hello',
    place: null,
    event: {
      service: 'compute.host1',
      project_id: 'p1',
      user_id: 'u1',
      timestamp: '2026-01-01 10:00:00.000000',
      event_type: 'compute.instance.create.end',
      payload: { instance_id: 'i1' },
    },
  });
  assert.deepEqual(JSON.parse(description), {
    description: `Workflow execution created by event trigger '(${trigger})'.`,
    triggered_by: { type: 'event_trigger', id: trigger, name: 'on' },
  });
});

test('what is no notification is dropped, and the next event is heard', async () => {
  const trigger = await makeTrigger('odd', 'made');
  await onChannel(async (channel) => {
    for (const text of ['no JSON', 'null', '[]', '{"oslo.message": "{"}', '{"event_type": {"$ne": null}}']) {
      channel.publish('odd', 'notifications.info', Buffer.from(text));
    }
    await channel.waitForConfirms();
  });
  await announce('odd', 'made', 1);
  assert.equal((await ended(trigger)).length, 1);
});

test('an exchange that another system has declared is taken as it is', async () => {
  await onChannel(async (channel) => {
    await channel.assertExchange('declared', 'topic', { durable: true, autoDelete: false });
  });
  const trigger = await makeTrigger('declared', 'made');
  await announce('declared', 'made', 1);
  await ended(trigger);
});

test('a changed trigger gives its new input, a removed one starts nothing', async () => {
  const trigger = await makeTrigger('changed', 'made', '{"word": "old"}');
  const other = await makeTrigger('changed', 'other');
  const changed = await call('PUT', `/event_triggers/${trigger}`, {
    name: 'renamed',
    workflow_input: '{"word": "new"}',
  });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  await announce('changed', 'made', 1);
  const [first] = await ended(trigger);
  const { body } = await call('GET', `/executions/${first?.id}`);
  assert.equal(JSON.parse((body as Execution).output).word, 'new');
  await clients.mistral(['event-trigger-delete', trigger]);
  await announce('changed', 'made', 2);
  await announce('changed', 'other', 3);
  await ended(other);
  assert.equal((await executionsOf(trigger)).length, 1);
  await clients.mistral(['event-trigger-delete', other]);
  await waitFor(async () => !(await isBound('changed')), { what: 'the exchange to be heard no more' });
});

test('wrong triggers are refused with a sentence', async () => {
  const right = { name: 'x', workflow_id: await workflowId(), exchange: 'e', topic: 't', event: 'v' };
  const refused = async (body: unknown, status: number, text: RegExp) => {
    const answer = await call('POST', '/event_triggers', body);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.match((answer.body as { faultstring: string }).faultstring, text);
  };
  await refused({ ...right, exchange: '' }, 400, /exchange must be provided/);
  await refused({ ...right, workflow_id: undefined }, 400, /workflow_id must be provided/);
  await refused({ ...right, workflow_id: randomUUID() }, 404, /Workflow not found/);
  await refused({ ...right, workflow_input: '{"unknown": 1}' }, 400, /Invalid input .*unexpected=\['unknown'\]/);
  await refused({ ...right, topic: 't'.repeat(81) }, 400, /"topic" must have no more than 80 characters/);
  const { status, body } = await call('POST', '/event_triggers', right);
  assert.equal(status, 201);
  await refused(right, 409, /Duplicate entry for EventTrigger/);
  const { id } = body as { id: string };
  const moved = await call('PUT', `/event_triggers/${id}`, { exchange: 'other' });
  assert.equal(moved.status, 400);
  assert.equal((await call('DELETE', '/workflows/on_event')).status, 400);
  assert.equal((await call('DELETE', `/event_triggers/${id}`)).status, 204);
  assert.equal((await call('GET', `/event_triggers/${id}`)).status, 404);
});

test('triggers know environments by name', async () => {
  await call('POST', '/environments', { name: 'prod', variables: JSON.stringify({ place: 'production' }) });
  const workflow_params = JSON.stringify({ env: 'prod' });
  const trigger = {
    name: 'e',
    workflow_id: await workflowId(),
    exchange: 'placed',
    topic: 'notifications',
    event: 'made',
  };
  const { body } = await call('POST', '/event_triggers', { ...trigger, workflow_params });
  await waitFor(() => isBound('placed'), { what: 'the exchange to be heard' });
  await announce('placed', 'made', 1);
  await makeDue('placed', { workflow_params });
  const found = [...(await ended((body as { id: string }).id)), ...(await ended("cron trigger 'placed'"))];
  for (const { id } of found) {
    const { output } = (await call('GET', `/executions/${id}`)).body as Execution;
    assert.equal(JSON.parse(output).place, 'production');
  }
});

test('a cron trigger that cannot start or go on does not keep the others from firing', async () => {
  await makeDue('bad-pattern', { pattern: 'x' });
  await makeDue('bad-workflow', { workflow_id: randomUUID(), workflow_name: 'no.such' });
  await makeDue('used-up', { remaining_executions: 0 });
  await makeDue('good', { remaining_executions: 2 });
  await ended("cron trigger 'good'");
  const good = await waitFor(
    async () => {
      const found = await cronTrigger('good');
      return Number(found?.remaining_executions) === 1 ? found : undefined;
    },
    { what: 'the trigger to move on' },
  );
  assert.ok((good.next_execution_time as Date) > new Date());
  await waitFor(async () => (await cronTrigger('bad-pattern'))?.next_execution_time === null, { what: 'the bad one' });
  await waitFor(async () => (await cronTrigger('used-up')) === undefined, { what: 'the end of the used up one' });
  const moved = async () => ((await cronTrigger('bad-workflow'))?.next_execution_time as Date) > new Date();
  await waitFor(moved, { what: 'the next time of the one without workflow' });
  assert.equal((await executionsOf("cron trigger 'good'")).length, 1);
});

test('events are heard after the broker was killed; they and cron triggers wait while Temporal is away', async () => {
  const trigger = await makeTrigger('lasting', 'made');
  await infrastructure.kill('bus');
  infrastructure.restart('bus');
  await waitFor(() => isBound('lasting'), { what: 'the exchange to be heard again' });
  // Two that try, for one start.
  const another = await services.startAnother('st2resultstracker');
  await infrastructure.kill('temporal');
  await announce('lasting', 'made', 1);
  await makeDue('lasting', { pattern: null, remaining_executions: 1 });
  await waitFor(
    async () => {
      const log = await readFile(services.process('st2resultstracker').logFile, 'utf8');
      const notes = ['an event waits for its workflows to be startable', 'a cron trigger waits for its workflow'];
      return notes.every((note) => log.includes(note));
    },
    { what: 'the event and the cron trigger to wait' },
  );
  infrastructure.restart('temporal');
  assert.equal((await ended(trigger)).length, 1);
  await waitFor(async () => (await cronTrigger('lasting')) === undefined, { what: 'the trigger to have fired' });
  assert.equal((await ended("cron trigger 'lasting'")).length, 1);
  await another.kill();
});
