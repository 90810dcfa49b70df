/** What `std.*` actions do outside when their answer or their process is lost. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { type MistralAnswer as Answer, mistralCalls } from '../support/mistral-calls.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

let infrastructure: Provisioned;
let services: RunningServices;
const { call, start, untilState } = mistralCalls(() => services);

before(async () => {
  infrastructure = await provisioned({ bus: 'local' });
  services = await startServices(infrastructure, { only: ['mistral-api', 'mistral-server'], registerPacks: false });
});

after(async () => {
  await services?.stop();
  await infrastructure?.stop();
});

/** Answers nothing but to `/callback`, and breaks off in the body of `/reset`; says what it was asked for. */
async function startOddServer() {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(String(request.url));
    if (request.url === '/callback') return void response.end('{}');
    if (request.url !== '/reset') return;
    response.writeHead(200, { 'content-length': '100' });
    response.write('begun', () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: (target: string) => asked.filter((one) => one === target).length,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const outside = `
version: '2.0'
t.outside:
  input: [url]
  tasks:
    send: {action: std.http, input: {url: <% $.url %>, method: POST}}
t.callback:
  input: [url]
  output: {got: <% task(send).result %>}
  tasks:
    send: {action: std.mistral_http, input: {url: <% $.url %>, method: POST}}
`;

/** The task with its result, as text. */
async function resultOfSend(id: string): Promise<string> {
  const { body } = await call('GET', `/executions/${id}/tasks`);
  const [task] = (body as { tasks: Answer[] }).tasks;
  return JSON.stringify((await call('GET', `/tasks/${task?.id}`)).body);
}

/** Whether the request of a `t.callback` has its answer, on record. */
async function isAnswered(id: string): Promise<boolean> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = infrastructure.env;
  const connection = await Connection.connect({ address });
  try {
    const { workflow } = new Client({ connection, namespace });
    const { events } = await workflow.getHandle(`t.callback/${id}`).fetchHistory();
    const ofRequest = (events ?? []).filter(
      ({ activityTaskScheduledEventAttributes: made }) => made?.activityType?.name === 'std.mistral_http',
    );
    return (events ?? []).some(({ activityTaskCompletedEventAttributes: done }) =>
      ofRequest.some(({ eventId }) => String(done?.scheduledEventId) === String(eventId)),
    );
  } finally {
    await connection.close();
  }
}

test('a request is sent once: what breaks off fails, and so does what loses its process', async () => {
  const server = await startOddServer();
  try {
    const broken = await start(outside, 't.outside', { url: `${server.url}/reset` });
    await untilState(broken, 'ERROR');
    assert.match(await resultOfSend(broken), /Failed to send HTTP request: /);
    assert.equal(server.asked('/reset'), 1);

    const stopped = await start(outside, 't.outside', { url: `${server.url}/stopped` });
    await waitFor(() => server.asked('/stopped') > 0, { what: 'the request' });
    await services.stopService('mistral-server');
    await services.restart('mistral-server');
    await untilState(stopped, 'ERROR');
    assert.match(await resultOfSend(stopped), /mistral-server was stopped while the action was under way/);

    const called = await start(outside, 't.callback', { url: `${server.url}/callback` });
    await waitFor(() => isAnswered(called), { what: 'the answer to the callback on record' });
    const lost = await start(outside, 't.outside', { url: `${server.url}/lost` });
    const lostCall = await start(outside, 't.callback', { url: `${server.url}/lost-call` });
    const urls = ['/callback', '/lost', '/lost-call'];
    await waitFor(() => urls.every((url) => server.asked(url) > 0), { what: 'the requests' });
    await services.kill('mistral-server');
    await services.restart('mistral-server');
    for (const id of [lost, lostCall]) {
      await untilState(id, 'ERROR');
      assert.match(await resultOfSend(id), /The process that ran the action was lost/);
    }
    // Its request was answered: it waits as long as it has to.
    const { body } = await call('GET', '/action_executions?workflow_name=t.callback');
    const run = (body as { action_executions: Answer[] }).action_executions.find((one) => one.state === 'RUNNING');
    await call('PUT', `/action_executions/${run?.id}`, { state: 'SUCCESS', output: '"told"' });
    assert.deepEqual(JSON.parse(String((await untilState(called, 'SUCCESS')).output)), { got: 'told' });
    for (const url of [...urls, '/stopped']) assert.equal(server.asked(url), 1, url);
  } finally {
    server.close();
  }
});
