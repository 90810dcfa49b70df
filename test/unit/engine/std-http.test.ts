import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { ACTION_FAILURE } from '../../../core/action-outcome.ts';
import { createMistralHttp, sendHttp } from '../../../engine/activities/std-http.ts';
import { httpSeconds } from '../../../engine/outside-limits.ts';

let server: http.Server;
let url: string;

/** `/reset` and `/stall` break off in the middle of their body, `/late` answers after some milliseconds. */
before(async () => {
  server = http.createServer((request, response) => {
    const [, ms] = /^\/late\?ms=(\d+)$/.exec(request.url ?? '') ?? [];
    if (ms !== undefined) {
      setTimeout(() => response.end('late'), Number(ms));
      return;
    }
    response.writeHead(200, { 'content-length': '100' });
    response.write('begun', () => {
      if (request.url === '/reset') response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

async function assertFails(work: Promise<unknown>, reason: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof ApplicationFailure, String(error));
    assert.equal(error.type, ACTION_FAILURE);
    assert.equal(error.nonRetryable, true);
    assert.match(String((error.details?.[0] as { result: unknown } | undefined)?.result), reason);
    return true;
  });
}

test('a body that breaks off is the failure of the action', async () => {
  await assertFails(sendHttp({ url: `${url}/reset` }), /^Failed to send HTTP request: /);
});

test('the timeout holds for the body as well', async () => {
  await assertFails(sendHttp({ url: `${url}/stall`, timeout: 0.2 }), /^Failed to send HTTP request: .*timeout/);
});

test('an answer may be silent for as long as the timeout allows', async () => {
  const place = globalThis as unknown as Record<symbol, { readonly constructor: new (options: object) => never }>;
  const symbol = Symbol.for('undici.globalDispatcher.1');
  await sendHttp({ url: `${url}/late?ms=0` });
  const usual = place[symbol];
  assert.ok(usual !== undefined, 'the dispatcher of fetch is known');
  place[symbol] = new usual.constructor({ headersTimeout: 300, bodyTimeout: 300 });
  try {
    await assert.rejects(fetch(`${url}/late?ms=2500`), TypeError);
    const { content } = (await sendHttp({ url: `${url}/late?ms=2500`, timeout: 10 })) as { readonly content: unknown };
    assert.equal(content, 'late');
    await assertFails(sendHttp({ url: `${url}/late?ms=2500`, timeout: 0.2 }), /timeout/);
  } finally {
    place[symbol] = usual;
  }
});

test('a request whose completion comes later fails the same way', async () => {
  const send = createMistralHttp('http://127.0.0.1/v2');
  const run = { id: 'r', uuid: 'u', task_id: 't', task_name: 'n' };
  const request = { run, input: { url: `${url}/reset` }, workflow: { execution_id: 'e', name: 'w' } };
  await assertFails(send(request), /^Failed to send HTTP request: /);
});

test('a timeout that is no number is named', async () => {
  await assertFails(sendHttp({ url, timeout: 'soon' }), /The timeout "soon" is no number of seconds/);
});

test('limits of requests are such that timers can hold them', () => {
  assert.equal(httpSeconds({}), 600);
  assert.equal(httpSeconds({ timeout: null }), 600);
  assert.equal(httpSeconds({ timeout: '2.5' }), 2.5);
  assert.equal(httpSeconds({ timeout: 1e12 }), 2_147_483);
  assert.equal(httpSeconds({ timeout: 'soon' }), undefined);
  assert.equal(httpSeconds({ timeout: -1 }), undefined);
});
