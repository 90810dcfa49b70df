import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createExecutionAsker } from '../../../engine/activities/ask-for-executions.ts';

interface Asked {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: unknown;
}

describe('asking for executions', () => {
  let server: http.Server;
  let asked: Asked[];
  let answers: (request: Asked) => { readonly status: number; readonly body: unknown };

  before(async () => {
    server = http.createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const one = {
        path: request.url ?? '',
        headers: request.headers,
        body: JSON.parse(String(Buffer.concat(pieces))),
      };
      asked.push(one);
      const { status, body } = answers(one);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  beforeEach(() => {
    asked = [];
    answers = ({ path, body }) =>
      path.endsWith('/bulk')
        ? {
            status: 200,
            body: (body as { readonly key: string }[]).map(({ key }) => ({ status: 201, body: { id: key } })),
          }
        : { status: 201, body: { id: 'alone' } };
  });

  const asker = (quietMs?: number) =>
    createExecutionAsker(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, quietMs);

  /** A task of a workflow, whose tasks are all scheduled at once unless said otherwise. */
  const task = (number: number, more: object = {}) => ({
    token: 'secret',
    workflowId: 'a.b/1',
    scheduledAt: 1_000,
    idempotencyKey: `a.b/1/${number}`,
    body: { action: 'core.noop', parameters: { number } },
    ...more,
  });

  it('asks for one as any client does', async () => {
    const { status, body } = await asker()(task(1));
    assert.deepEqual([status, body], [201, { id: 'alone' }]);
    assert.deepEqual(
      asked.map(({ path }) => path),
      ['/v1/executions'],
    );
    const { headers, body: sent } = asked[0] as Asked;
    assert.equal(headers['idempotency-key'], 'a.b/1/1');
    assert.equal(headers['x-auth-token'], 'secret');
    assert.deepEqual(sent, { action: 'core.noop', parameters: { number: 1 } });
  });

  it('asks for what comes together in one request, and gives each its answer', async () => {
    const refused = { status: 400, body: { faultstring: 'no' } };
    answers = () => ({ status: 200, body: [{ status: 201, body: { id: 'first' } }, refused] });
    const ask = asker();
    const told = await Promise.all([ask(task(1)), ask(task(2))]);
    assert.deepEqual(
      told.map(({ status, body, text }) => [status, body, text]),
      [
        [201, { id: 'first' }, '{"id":"first"}'],
        [400, { faultstring: 'no' }, '{"faultstring":"no"}'],
      ],
    );
    assert.deepEqual(
      asked.map(({ path, headers }) => [path, headers['x-auth-token']]),
      [['/v1/executions/bulk', 'secret']],
    );
    assert.deepEqual(asked[0]?.body, [
      { key: 'a.b/1/1', request: task(1).body },
      { key: 'a.b/1/2', request: task(2).body },
    ]);
  });

  it('parts users from each other, and lets a large one go alone', async () => {
    const ask = asker();
    const large = { body: { action: 'core.noop', parameters: { text: 'x'.repeat(40_000) } } };
    await Promise.all([ask(task(1)), ask(task(2, { token: 'other' })), ask(task(3)), ask(task(4, large))]);
    const keys = asked.map(({ headers, body }) => [
      headers['x-auth-token'],
      Array.isArray(body) ? body.map(({ key }) => key) : headers['idempotency-key'],
    ]);
    assert.deepEqual(
      keys.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
      [
        ['other', 'a.b/1/2'],
        ['secret', 'a.b/1/4'],
        ['secret', ['a.b/1/1', 'a.b/1/3']],
      ],
    );
  });

  it('keeps one of many for the others, and no task of a sequence', async () => {
    const ask = asker(40);
    await ask(task(1));
    const many = [ask(task(2))];
    await sleep(5);
    many.push(ask(task(3)));
    await Promise.all(many);
    assert.deepEqual(
      asked.map(({ path }) => path),
      ['/v1/executions', '/v1/executions/bulk'],
    );
    asked = [];
    await ask(task(4, { scheduledAt: 1_020 }));
    const [next, later] = [
      ask(task(5, { scheduledAt: 1_040 })),
      sleep(15).then(() => ask(task(6, { scheduledAt: 1_060 }))),
    ];
    await Promise.all([next, later]);
    assert.deepEqual(
      asked.map(({ path }) => path),
      ['/v1/executions', '/v1/executions', '/v1/executions'],
    );
  });

  it('waits for as many as the workflow has said, and no longer', async () => {
    const ask = asker(60_000);
    const many = [1, 2, 3].map((number) => ask(task(number, { together: 4 })));
    await sleep(5);
    assert.equal(asked.length, 0);
    many.push(ask(task(4, { together: 4 })));
    await Promise.all(many);
    // The next breath.
    await Promise.all([5, 6].map((number) => ask(task(number, { scheduledAt: 2_000, together: 2 }))));
    assert.deepEqual(
      asked.map(({ body }) => (body as readonly { readonly key: string }[]).length),
      [4, 2],
    );
  });

  it('asks an st2api that takes one at a time for one at a time', async () => {
    answers = ({ path, headers }) =>
      path.endsWith('/bulk') ? { status: 404, body: {} } : { status: 201, body: { id: headers['idempotency-key'] } };
    const ask = asker();
    const told = await Promise.all([ask(task(1)), ask(task(2))]);
    assert.deepEqual(
      told.map(({ body }) => body),
      [{ id: 'a.b/1/1' }, { id: 'a.b/1/2' }],
    );
  });

  it('tells all of an answer to the whole, and of no answer', async () => {
    answers = () => ({ status: 401, body: { faultstring: 'who?' } });
    const ask = asker();
    const told = await Promise.all([ask(task(1)), ask(task(2))]);
    assert.deepEqual(
      told.map(({ status }) => status),
      [401, 401],
    );
    const nobody = createExecutionAsker('http://127.0.0.1:9');
    const failed = await Promise.allSettled([nobody(task(1)), nobody(task(2))]);
    assert.ok(failed.every((one) => one.status === 'rejected' && /does not answer/.test(String(one.reason))));
  });
});
