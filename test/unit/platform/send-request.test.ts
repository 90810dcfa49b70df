import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { sendRequest } from '../../../platform/http/send-request.ts';

test('sendRequest: sends text as it is and gives status, headers and text of the answer', async (t) => {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    response.writeHead(409, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] });
    response.end(`${request.headers['content-type']} ${request.headers['x-mine']} ${Buffer.concat(pieces)}`);
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/executions`);
  const headers = { 'content-type': 'application/json', 'x-mine': 'yes' };
  const answer = await sendRequest(url, { method: 'POST', headers, body: '{"a":"Grüße 你好"}' });
  assert.equal(answer.status, 409);
  assert.equal(answer.text, 'application/json yes {"a":"Grüße 你好"}');
  assert.equal(answer.headers['set-cookie'], 'a=1, b=2');
});

test('sendRequest: a refused connection is an error with its cause', async () => {
  const url = new URL('http://127.0.0.1:1/');
  await assert.rejects(sendRequest(url, { method: 'POST', headers: {}, body: '{}' }), { code: 'ECONNREFUSED' });
});

test('sendRequest: a service that does not answer in time is an error', async (t) => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const refused = sendRequest(url, { method: 'GET', headers: {}, timeoutMs: 50 });
  await assert.rejects(refused, (error: Error) => String(error.cause).includes('timeout'));
});
