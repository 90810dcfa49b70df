/** Makes an HTTP request as StackStorm's http_runner does: same parameters, same shape of the result. */
import { randomBytes } from 'node:crypto';
import { parseExactly } from '../../../core/python/exact-json.ts';
import { pyStr } from '../../../core/python/repr.ts';
import type { RunContext, Runner, RunOutcome, Values } from '../contract.ts';
import { exchangeHttp, type HttpAnswer, HttpTimeoutError } from './http-client.ts';

const DEFAULT_TIMEOUT = 60;
const USER_AGENT = 'st2/v3.9.0';

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function toTexts(given: unknown): Record<string, string> {
  if (typeof given !== 'object' || given === null) return {};
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name, pyStr(value)]),
  );
}

function headerOf(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** The address with the query parameters added; lists repeat a name. */
function toUrl(address: string, params: unknown): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new Error(`Invalid URL "${address}"`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error(`Invalid URL "${address}": only http and https.`);
  if (typeof params === 'object' && params !== null) {
    for (const [name, value] of Object.entries(params)) {
      for (const item of Array.isArray(value) ? value : [value]) {
        if (item !== null && item !== undefined) url.searchParams.append(name, pyStr(item));
      }
    }
  }
  return url;
}

/** Refuses hosts by the lists of the action. @throws Error in StackStorm's words */
function hostCheck(parameters: Values): (url: URL) => void {
  const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  const refused = list(parameters.url_hosts_blacklist);
  const allowed = list(parameters.url_hosts_whitelist);
  if (refused.length > 0 && allowed.length > 0) {
    throw new Error(
      '"url_hosts_blacklist" and "url_hosts_whitelist" parameters are mutually exclusive. Only one should be provided.',
    );
  }
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (refused.includes(host)) throw new Error(`URL "${url.href}" is blacklisted`);
    if (allowed.length > 0 && !allowed.includes(host)) throw new Error(`URL "${url.href}" is not whitelisted`);
  };
}

interface Content {
  readonly body: Buffer | undefined;
  readonly type?: string;
}

/** A file as the only part of a form. */
function toForm(name: string, content: string, type: unknown): Content {
  const boundary = randomBytes(16).toString('hex');
  const part = name.replaceAll('"', '%22').replaceAll(/[\r\n]/g, ' ');
  const head = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="${part}"; filename="${part}"`,
    ...(isText(type) ? [`Content-Type: ${type.replaceAll(/[\r\n]/g, ' ')}`] : []),
  ].join('\r\n');
  return {
    body: Buffer.from(`${head}\r\n\r\n${content}\r\n--${boundary}--\r\n`),
    type: `multipart/form-data; boundary=${boundary}`,
  };
}

function toContent(parameters: Values, headers: Readonly<Record<string, string>>): Content {
  const { body, file_name: fileName, file_content: fileContent, file_content_type: fileType } = parameters;
  if (isText(fileName) && isText(fileContent)) return toForm(fileName, fileContent, fileType);
  if (body === undefined || body === null || body === '') return { body: undefined };
  if (headerOf(headers, 'content-type') === 'application/json') return { body: Buffer.from(toJsonBody(body)) };
  return { body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) };
}

function toJsonBody(body: unknown): string {
  if (typeof body !== 'string') return JSON.stringify(body);
  try {
    JSON.parse(body);
    return body;
  } catch (error) {
    throw new Error(`Request body (${body}) can't be parsed as JSON`, { cause: error });
  }
}

/** Text of an answer: by its charset, else UTF-8, else one character a byte. */
function toText(answer: HttpAnswer): string {
  const charset = /charset="?([^";\s]+)/i.exec(headerOf(answer.headers, 'content-type') ?? '')?.[1];
  if (charset !== undefined) {
    try {
      return new TextDecoder(charset).decode(answer.body);
    } catch {
      // a charset that nobody knows: as if none were named
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(answer.body);
  } catch {
    return answer.body.toString('latin1');
  }
}

function toResult(answer: HttpAnswer): Values {
  const text = toText(answer);
  const result = { status_code: answer.status, headers: answer.headers };
  const type = headerOf(answer.headers, 'content-type')?.split(';')[0]?.trim();
  if (type !== 'application/json') return { ...result, body: text, parsed: false };
  try {
    return { ...result, body: parseExactly(text), parsed: true };
  } catch {
    return { ...result, body: text, parsed: false };
  }
}

async function run(context: RunContext): Promise<RunOutcome> {
  const { runnerParameters, actionParameters, action, services, signal } = context;
  const parameters: Values = { ...runnerParameters, ...actionParameters };
  const allowed = hostCheck(parameters);
  if (!isText(parameters.url)) throw new Error('URL must be specified.');
  const headers: Record<string, string> = {
    Accept: '*/*',
    'Accept-Encoding': 'gzip, deflate',
    ...toTexts(parameters.headers),
    'User-Agent': USER_AGENT,
    'X-Stanley-Action': action.name,
  };
  const content = toContent(parameters, headers);
  if (content.type !== undefined) headers['Content-Type'] = content.type;
  if (content.body !== undefined) headers['Content-Length'] = String(content.body.length);
  const { username, password } = parameters;
  if (isText(username) || isText(password)) {
    headers.Authorization = `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}`;
  }
  const cookies = Object.entries(toTexts(parameters.cookies)).map(([name, value]) => `${name}=${value}`);
  if (cookies.length > 0) headers.Cookie = cookies.join('; ');

  const method = isText(parameters.method) ? parameters.method : content.body === undefined ? 'GET' : 'POST';
  try {
    const answer = await exchangeHttp(
      {
        method,
        url: toUrl(parameters.url, parameters.params),
        headers,
        body: content.body,
        timeout: typeof parameters.timeout === 'number' ? parameters.timeout : DEFAULT_TIMEOUT,
        followRedirects: parameters.allow_redirects === true,
        verifyCertificate: parameters.verify_ssl_cert !== false,
        proxies: {
          ...(isText(parameters.http_proxy) ? { http: parameters.http_proxy } : {}),
          ...(isText(parameters.https_proxy) ? { https: parameters.https_proxy } : {}),
        },
        maxBody: services.config.actionrunner.max_output,
        signal,
      },
      allowed,
    );
    return { status: answer.status >= 200 && answer.status <= 206 ? 'succeeded' : 'failed', result: toResult(answer) };
  } catch (error) {
    if (!(error instanceof HttpTimeoutError)) throw error;
    return { status: 'timeout', result: { error: error.message } };
  }
}

export const httpRequestRunner: Runner = { name: 'http-request', run };
