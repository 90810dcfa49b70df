/** One HTTP exchange with what the runner needs of a client: proxies, redirects, certificates, inactivity timeout, a limit. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { addAbortSignal, type Duplex } from 'node:stream';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, type ZlibOptions } from 'node:zlib';
import { errorCode } from '../../../core/errors.ts';

const MAX_REDIRECTS = 30;

export interface HttpExchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  /** Seconds without a sign of the other side. */
  readonly timeout: number;
  readonly followRedirects: boolean;
  readonly verifyCertificate: boolean;
  readonly proxies: { readonly http?: string; readonly https?: string };
  /** Largest body, bytes. */
  readonly maxBody: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** With the names as they came; of those that came more than once, the values joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The other side gave no sign of life in time. */
export class HttpTimeoutError extends Error {
  constructor(url: URL, seconds: number) {
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    super(`The server at ${url.hostname}:${port} did not answer in time. (read timeout=${seconds})`);
    this.name = 'HttpTimeoutError';
  }
}

function joinHeaders(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    const [name = '', value = ''] = message.rawHeaders.slice(index, index + 2);
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

type Decoder = (body: Buffer, options: Pick<ZlibOptions, 'maxOutputLength'>) => Buffer;

const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  // Servers send both forms under this name.
  deflate: (body, options) =>
    ((body[0] ?? 0) & 0x0f) === 8 ? inflateSync(body, options) : inflateRawSync(body, options),
  br: brotliDecompressSync,
};

const tooLarge = (limit: number) => new Error(`The answer is larger than ${limit} bytes.`);

/** Packed, a few kilobytes may stand for gigabytes: the limit holds for what comes out. */
function decode(body: Buffer, encoding: string | undefined, limit: number): Buffer {
  const decoder = DECODERS[encoding?.trim().toLowerCase() ?? ''];
  if (decoder === undefined || body.length === 0) return body;
  try {
    return decoder(body, { maxOutputLength: limit });
  } catch (error) {
    throw errorCode(error) === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(limit) : error;
  }
}

async function readBody(message: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks), message.headers['content-encoding'], limit);
}

function proxyHeaders(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** What the certificate has to speak for. An address is checked as well, but is no name that a server can be asked for. */
function nameForTls({ hostname }: URL): Pick<ConnectionOptions, 'host' | 'servername'> {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? { host, servername: host } : { host };
}

/** A connection to the server through a proxy (CONNECT), with TLS inside. */
function tunnel(proxy: URL, exchange: HttpExchange): Promise<Duplex> {
  const { url, signal, verifyCertificate } = exchange;
  const target = `${url.hostname}:${url.port || 443}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: proxy.hostname,
      port: proxy.port || 80,
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyHeaders(proxy) },
      signal,
      timeout: exchange.timeout * 1000,
    });
    request.once('timeout', () => request.destroy(new HttpTimeoutError(url, exchange.timeout)));
    request.once('error', reject);
    request.once('connect', (answer, socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy();
        reject(new Error(`The proxy ${proxy.host} refused a tunnel to ${target}: ${answer.statusCode}`));
        return;
      }
      const secure = tlsConnect({ socket, ...nameForTls(url), rejectUnauthorized: verifyCertificate });
      // The request for the tunnel is done, and with it its limits: these are those of what the tunnel leads to.
      addAbortSignal(signal, secure);
      secure.setTimeout(exchange.timeout * 1000, () => secure.destroy(new HttpTimeoutError(url, exchange.timeout)));
      secure.once('secureConnect', () => {
        secure.setTimeout(0);
        resolve(secure);
      });
      secure.once('error', reject);
    });
    request.end();
  });
}

async function send(exchange: HttpExchange): Promise<HttpAnswer> {
  const { url, method, headers, body, timeout, signal, verifyCertificate, proxies } = exchange;
  const secure = url.protocol === 'https:';
  const proxyText = secure ? proxies.https : proxies.http;
  const proxy =
    proxyText === undefined ? undefined : new URL(proxyText.includes('://') ? proxyText : `http://${proxyText}`);
  const options: RequestOptions = { method, headers, timeout: timeout * 1000, signal };
  const connection = proxy !== undefined && secure ? await tunnel(proxy, exchange) : undefined;
  return new Promise((resolve, reject) => {
    const request =
      proxy !== undefined && !secure
        ? httpRequest({
            ...options,
            host: proxy.hostname,
            port: proxy.port || 80,
            path: url.href,
            headers: { ...headers, host: url.host, ...proxyHeaders(proxy) },
          })
        : connection !== undefined
          ? httpRequest(url.href.replace(/^https:/, 'http:'), {
              ...options,
              createConnection: () => connection as never,
            })
          : secure
            ? httpsRequest(url, { ...options, rejectUnauthorized: verifyCertificate })
            : httpRequest(url, options);
    request.once('timeout', () => request.destroy(new HttpTimeoutError(url, timeout)));
    request.once('error', reject);
    request.once('response', (message) => {
      readBody(message, exchange.maxBody).then(
        (content) => resolve({ status: message.statusCode ?? 0, headers: joinHeaders(message), body: content }),
        reject,
      );
    });
    request.end(body);
  });
}

function locationOf(answer: HttpAnswer): string | undefined {
  if (![301, 302, 303, 307, 308].includes(answer.status)) return undefined;
  return Object.entries(answer.headers).find(([name]) => name.toLowerCase() === 'location')?.[1];
}

/** The request that follows a redirect: as browsers and Python's requests do it. */
function follow(exchange: HttpExchange, status: number, location: string): HttpExchange {
  const url = new URL(location, exchange.url);
  const dropsBody = status === 303 || ((status === 301 || status === 302) && exchange.method === 'POST');
  const sameOrigin = url.origin === exchange.url.origin;
  const dropped = [
    ...(dropsBody ? ['content-length', 'content-type', 'transfer-encoding'] : []),
    ...(sameOrigin ? [] : ['authorization', 'cookie']),
  ];
  const headers = Object.fromEntries(
    Object.entries(exchange.headers).filter(([name]) => !dropped.includes(name.toLowerCase())),
  );
  if (!dropsBody || exchange.method === 'HEAD') return { ...exchange, url, headers };
  return { ...exchange, url, headers, method: 'GET', body: undefined };
}

/**
 * @param allowed called with each address before it is asked, also those of redirects; throws to refuse
 * @throws HttpTimeoutError, or what the connection failed with
 */
export async function exchangeHttp(first: HttpExchange, allowed: (url: URL) => void): Promise<HttpAnswer> {
  let exchange = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    allowed(exchange.url);
    const answer = await send(exchange);
    const location = exchange.followRedirects ? locationOf(answer) : undefined;
    if (location === undefined) return answer;
    exchange = follow(exchange, answer.status, location);
  }
  throw new Error(`Exceeded ${MAX_REDIRECTS} redirects.`);
}
