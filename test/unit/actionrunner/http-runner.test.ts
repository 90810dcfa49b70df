import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { httpRequestRunner } from '../../../actionrunner/runners/http-request/runner.ts';
import { createAuthority } from '../../support/certificates.ts';
import { runContext } from './support/run-context.ts';

interface HttpResult {
  readonly status_code: number;
  readonly body: unknown;
  readonly parsed: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

describe('http-request', () => {
  let server: Server;
  let base: string;
  let proxied = 0;

  const routes: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse, body: string) => void>> = {
    '/echo': (request, response, body) => {
      response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', 'X-Some': 'a' });
      response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
    },
    '/text': (_request, response) => response.end('plain'),
    '/broken': (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":'),
    '/numbers': (_request, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"id": 1234567890123456789, "most": 9007199254740991, "part": 0.1234567890123456, "text": "\\ud83d"}'),
    '/latin': (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain; charset=iso-8859-1' }).end(Buffer.from([0xe9])),
    '/gzip': (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('unpacked')),
    '/error': (_request, response) => response.writeHead(503).end('no'),
    '/partial': (_request, response) => response.writeHead(206).end('part'),
    '/redirect': (_request, response) => response.writeHead(302, { location: '/echo?from=redirect' }).end(),
    '/loop': (_request, response) => response.writeHead(302, { location: '/loop' }).end(),
    '/away': (_request, response) => response.writeHead(302, { location: 'http://localhost:1/secret' }).end(),
    '/silent': () => undefined,
    '/packed': (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(20_000_000))),
    '/endless': (_request, response) => {
      const timer = setInterval(() => response.write('x'.repeat(100_000)), 1);
      response.on('close', () => clearInterval(timer));
    },
  };

  before(async () => {
    server = createServer(async (request, response) => {
      const body = await text(request);
      if (request.url?.startsWith('http://') === true) proxied += 1;
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      (routes[pathname] ?? ((_request, missing) => missing.writeHead(404).end()))(request, response, body);
    });
    server.on('connect', (request, socket) => {
      proxied += 1;
      const [host, port] = String(request.url).split(':');
      const other = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        other.pipe(socket).pipe(other);
      });
      other.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const run = async (path: string, runnerParameters = {}, actionParameters = {}, env = {}) => {
    const url = path.startsWith('/') ? base + path : path;
    const { status, result } = await httpRequestRunner.run(
      runContext({ runnerParameters: { url, ...runnerParameters }, actionParameters, env }),
    );
    return { status, ...(result as HttpResult) };
  };

  it('asks with query, headers, cookies and basic authentication, and parses JSON', async () => {
    const parameters = { headers: { 'X-Mine': 1 }, cookies: { a: 'b' }, username: 'u', password: 'p:w' };
    const answer = await run('/echo', parameters, { params: { q: 'a b&c', list: [1, 2] } });
    const { headers, url, method } = answer.body as { headers: Record<string, string>; url: string; method: string };
    assert.deepEqual([answer.status, answer.status_code, answer.parsed], ['succeeded', 200, true]);
    assert.equal(answer.headers['X-Some'], 'a');
    assert.deepEqual([method, url], ['GET', '/echo?q=a+b%26c&list=1&list=2']);
    assert.deepEqual(
      [headers['x-mine'], headers.cookie, headers.authorization, headers['x-stanley-action']],
      ['1', 'a=b', `Basic ${Buffer.from('u:p:w').toString('base64')}`, 'action'],
    );
  });

  it('sends bodies: text, JSON, a file', async () => {
    const text = (await run('/echo', {}, { body: 'plain' })).body as { method: string; body: string };
    assert.deepEqual([text.method, text.body], ['POST', 'plain']);
    const json = { headers: { 'Content-Type': 'application/json' } };
    const put = (await run('/echo', json, { method: 'PUT', body: '{"a": 1}' })).body as {
      method: string;
      body: string;
    };
    assert.deepEqual([put.method, JSON.parse(put.body)], ['PUT', { a: 1 }]);
    await assert.rejects(run('/echo', json, { body: 'no json' }), /Request body \(no json\) can't be parsed as JSON/);
    const file = { file_name: 'notes', file_content: 'ünï', file_content_type: 'text/plain' };
    const form = (await run('/echo', {}, file)).body as { body: string; headers: Record<string, string> };
    assert.match(form.headers['content-type'] ?? '', /^multipart\/form-data; boundary=/);
    assert.match(form.body, /name="notes"; filename="notes"\r\nContent-Type: text\/plain\r\n\r\nünï\r\n--/);
  });

  it('takes answers of any kind', async () => {
    assert.deepEqual([(await run('/text')).body, (await run('/text')).parsed], ['plain', false]);
    assert.deepEqual([(await run('/broken')).body, (await run('/broken')).parsed], ['{"a":', false]);
    assert.equal((await run('/latin')).body, 'é');
    const numbers = { id: '1234567890123456789', most: 9007199254740991, part: 0.1234567890123456, text: '\ud83d' };
    assert.deepEqual((await run('/numbers')).body, numbers);
    assert.equal((await run('/gzip')).body, 'unpacked');
    assert.deepEqual([(await run('/error')).status, (await run('/error')).status_code], ['failed', 503]);
    assert.equal((await run('/partial')).status, 'succeeded');
  });

  it('follows redirects only when asked to', async () => {
    assert.deepEqual([(await run('/redirect')).status, (await run('/redirect')).status_code], ['failed', 302]);
    const followed = await run('/redirect', { allow_redirects: true });
    assert.equal((followed.body as { url: string }).url, '/echo?from=redirect');
    await assert.rejects(run('/loop', { allow_redirects: true }), /Exceeded 30 redirects/);
  });

  it('keeps to the lists of hosts, also behind a redirect', async () => {
    await assert.rejects(run('/text', { url_hosts_blacklist: ['127.0.0.1'] }), /is blacklisted/);
    await assert.rejects(run('/text', { url_hosts_whitelist: ['example.com'] }), /is not whitelisted/);
    await assert.rejects(
      run('/away', { allow_redirects: true, url_hosts_whitelist: ['127.0.0.1'] }),
      /is not whitelisted/,
    );
    await assert.rejects(
      run('/text', { url_hosts_whitelist: ['a'], url_hosts_blacklist: ['b'] }),
      /mutually exclusive/,
    );
    assert.equal((await run('/text', { url_hosts_whitelist: ['127.0.0.1'] })).status, 'succeeded');
  });

  it('times out when the other side says nothing', async () => {
    const { status, result } = await httpRequestRunner.run(
      runContext({ runnerParameters: { url: `${base}/silent` }, actionParameters: { timeout: 0.2 } }),
    );
    assert.equal(status, 'timeout');
    assert.match((result as { error: string }).error, /did not answer in time. \(read timeout=0.2\)/);
  });

  it('times out behind a proxy that opens a tunnel to nowhere, and can be canceled there', {
    timeout: 10_000,
  }, async () => {
    const proxy = createServer();
    proxy.on('connect', (_request, socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const https_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const runnerParameters = { url: 'https://behind.example/', https_proxy };
    try {
      const late = await httpRequestRunner.run(runContext({ runnerParameters, actionParameters: { timeout: 0.2 } }));
      assert.equal(late.status, 'timeout');
      const canceled = runContext({ runnerParameters, signal: AbortSignal.timeout(200) });
      await assert.rejects(httpRequestRunner.run(canceled));
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('counts what an answer holds once it is unpacked', async () => {
    const env = { ST2_ACTIONRUNNER__MAX_OUTPUT: '1000000' };
    await assert.rejects(run('/packed', {}, {}, env), /larger than 1000000 bytes/);
  });

  it('refuses endless answers, refused connections and addresses that are none', async () => {
    await assert.rejects(
      run('/endless', {}, {}, { ST2_ACTIONRUNNER__MAX_OUTPUT: '1000000' }),
      /larger than 1000000 bytes/,
    );
    await assert.rejects(run('http://127.0.0.1:1/'), /ECONNREFUSED/);
    await assert.rejects(run('file:///etc/passwd'), /Invalid URL "file:\/\/\/etc\/passwd": only http and https/);
    await assert.rejects(run('not a url'), /Invalid URL/);
  });

  it('asks a server that is named by its address through a tunnel, without a warning', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    const secure = createSecureServer(createAuthority().issue(), (_request, response) => response.end('secret'));
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    process.on('warning', note);
    try {
      const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/`;
      assert.equal((await run(url, { https_proxy: base, verify_ssl_cert: false })).body, 'secret');
      await assert.rejects(run(url, { https_proxy: base }), /certificate/);
      assert.deepEqual(warnings, []);
    } finally {
      process.off('warning', note);
      secure.closeAllConnections();
      secure.close();
    }
  });

  it('asks through a proxy', async () => {
    const before = proxied;
    assert.equal((await run('/text', { http_proxy: base })).body, 'plain');
    assert.equal(proxied, before + 1);
    await assert.rejects(run('https://127.0.0.1:1/', { https_proxy: base }));
    assert.equal(proxied, before + 2);
  });
});
