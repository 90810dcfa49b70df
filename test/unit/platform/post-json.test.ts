import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { postJson } from '../../../platform/http/post-json.ts';

test('postJson: sends text as it is and gives status, headers and text of the answer', async (t) => {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    response.writeHead(409, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] });
    response.end(`${request.headers['content-type']} ${request.headers['x-mine']} ${Buffer.concat(pieces)}`);
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/executions`);
  const answer = await postJson(url, { 'x-mine': 'yes' }, '{"a":"Grüße 你好"}');
  assert.equal(answer.status, 409);
  assert.equal(answer.text, 'application/json yes {"a":"Grüße 你好"}');
  assert.equal(answer.headers['set-cookie'], 'a=1, b=2');
});

test('postJson: a refused connection is an error with its cause', async () => {
  await assert.rejects(postJson(new URL('http://127.0.0.1:1/'), {}, '{}'), { code: 'ECONNREFUSED' });
});
