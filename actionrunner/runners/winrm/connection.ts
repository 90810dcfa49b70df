/**
 * One HTTP connection to a WinRM service, with its login ([MS-WSMV] 2.2.9.1 for the sealed form of messages).
 *
 * 1. NTLM logs a connection in, not a request: there is exactly one at a time, and requests follow each other.
 * 2. Over plain HTTP, NTLM messages are sealed; Windows takes no others unless told to. Over HTTPS, TLS does that.
 * 3. A connection that broke or that the host has forgotten is logged in again once.
 */
import { createHash } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { certificateHashName } from './certificate-hash.ts';
import { authenticateMessage, channelBindingsHash, type NtlmCredentials, negotiateMessage } from './ntlm/messages.ts';
import { createSessionSecurity, type SessionSecurity } from './ntlm/session-security.ts';

export type WinRmTransport = 'basic' | 'ntlm';

export interface WinRmTarget {
  readonly url: URL;
  readonly transport: WinRmTransport;
  readonly credentials: NtlmCredentials;
  readonly verifyCertificate: boolean;
}

export interface WinRmAnswer {
  readonly status: number;
  readonly body: string;
}

export interface WinRmConnection {
  /**
   * @param isRepeatable it may be sent again when the connection breaks before the answer: the host may have carried it out
   * @throws Error when the host cannot be reached or refuses the login
   */
  post(message: string, signal: AbortSignal, isRepeatable: boolean): Promise<WinRmAnswer>;
  /** Ends what is under way; the next message makes a new connection. */
  reset(): void;
}

interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly certificate: Buffer | undefined;
}

/** Largest answer, bytes: more than a host may send, whose envelopes have 500 kB. */
const MAX_ANSWER = 8 * 1024 * 1024;
const SOAP = 'application/soap+xml;charset=UTF-8';
const SEALED = 'application/HTTP-SPNEGO-session-encrypted';
const BOUNDARY = 'Encrypted Boundary';
const UNAUTHORIZED = 401;

export function createWinRmConnection(target: WinRmTarget): WinRmConnection {
  const { url, credentials } = target;
  const isSecure = url.protocol === 'https:';
  const isSealed = target.transport === 'ntlm' && !isSecure;
  const newAgent = () => {
    const options = { keepAlive: true, maxSockets: 1 };
    return isSecure
      ? new HttpsAgent({ ...options, rejectUnauthorized: target.verifyCertificate })
      : new HttpAgent(options);
  };
  let agent = newAgent();
  let login: { readonly security: SessionSecurity } | undefined;

  function reset(): void {
    agent.destroy();
    agent = newAgent();
    login = undefined;
  }

  function send(headers: Readonly<Record<string, string>>, body: Buffer, signal: AbortSignal): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const request = (isSecure ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent,
        signal,
        headers: { ...headers, 'content-length': String(body.length), 'user-agent': 'Tramontane' },
      });
      request.once('error', reject);
      request.once('response', (response) => {
        // Now: the agent takes the socket back with the end of the answer.
        const certificate = isSecure ? (response.socket as TLSSocket).getPeerCertificate().raw : undefined;
        readBody(response).then(
          (read) =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: read,
              certificate,
            }),
          reject,
        );
      });
      request.end(body);
    });
  }

  async function logIn(signal: AbortSignal): Promise<{ readonly security: SessionSecurity }> {
    const offered = await send({ 'content-type': SOAP }, Buffer.alloc(0), signal);
    const schemes = String(offered.headers['www-authenticate'] ?? '');
    const scheme = /\bnegotiate\b/i.test(schemes) ? 'Negotiate' : /\bntlm\b/i.test(schemes) ? 'NTLM' : undefined;
    if (scheme === undefined) {
      const offers = schemes === '' ? `status ${offered.status}` : `"${schemes}"`;
      throw new Error(`The host does not offer NTLM; it answers with ${offers}.`);
    }
    const negotiate = negotiateMessage();
    const ask = (token: Buffer) =>
      send({ authorization: `${scheme} ${token.toString('base64')}`, 'content-type': SOAP }, Buffer.alloc(0), signal);
    const answer = await ask(negotiate);
    const token = /\b(?:negotiate|ntlm)\s+([a-z0-9+/=]+)/i.exec(String(answer.headers['www-authenticate'] ?? ''))?.[1];
    if (token === undefined) throw new Error('The host does not go on with the NTLM login.');
    const bindings =
      answer.certificate === undefined
        ? undefined
        : channelBindingsHash(createHash(certificateHashName(answer.certificate)).update(answer.certificate).digest());
    const third = authenticateMessage(
      credentials,
      negotiate,
      Buffer.from(token, 'base64'),
      `HTTP/${url.hostname}`,
      bindings,
    );
    const end = await ask(third.message);
    if (end.status === UNAUTHORIZED) throw refused();
    return { security: createSessionSecurity(third) };
  }

  async function exchange(message: string, signal: AbortSignal): Promise<RawAnswer> {
    const body = Buffer.from(message);
    if (target.transport === 'basic') {
      const secret = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
      return send({ authorization: `Basic ${secret}`, 'content-type': SOAP }, body, signal);
    }
    login ??= await logIn(signal);
    if (!isSealed) return send({ 'content-type': SOAP }, body, signal);
    const type = `multipart/encrypted;protocol="${SEALED}";boundary="${BOUNDARY}"`;
    const answer = await send({ 'content-type': type }, seal(body, login.security), signal);
    return isSealedAnswer(answer) ? { ...answer, body: unseal(answer.body, login.security) } : answer;
  }

  return {
    reset,
    async post(message, signal, isRepeatable) {
      const isFirst = login === undefined;
      let answer = await exchange(message, signal).catch((error: unknown) => {
        if (signal.aborted || isFirst || !isRepeatable || !isBrokenConnection(error)) throw error;
        reset();
        return exchange(message, signal);
      });
      if (answer.status === UNAUTHORIZED && !isFirst && target.transport === 'ntlm') {
        reset();
        answer = await exchange(message, signal);
      }
      if (answer.status === UNAUTHORIZED) throw refused();
      return { status: answer.status, body: answer.body.toString() };
    },
  };
}

const refused = () => new Error('The specified credentials were rejected by the server.');

function isBrokenConnection(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(String((error as { readonly code?: unknown }).code));
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER) throw new Error(`The host sent more than ${MAX_ANSWER} bytes in one answer.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function seal(message: Buffer, security: SessionSecurity): Buffer {
  const wrapped = security.wrap(message);
  const signatureLength = Buffer.alloc(4);
  signatureLength.writeUInt32LE(wrapped.length - message.length);
  const head = [
    `--${BOUNDARY}`,
    `\tContent-Type: ${SEALED}`,
    `\tOriginalContent: type=${SOAP};Length=${message.length}`,
    `--${BOUNDARY}`,
    '\tContent-Type: application/octet-stream',
    '',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head), signatureLength, wrapped, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

const isSealedAnswer = ({ headers }: RawAnswer) =>
  String(headers['content-type'] ?? '')
    .toLowerCase()
    .includes(SEALED.toLowerCase());

function unseal(body: Buffer, security: SessionSecurity): Buffer {
  const marker = /Content-Type: application\/octet-stream\r\n/i.exec(body.toString('latin1'));
  const length = /\bLength=(\d+)/.exec(body.toString('latin1', 0, marker?.index ?? 0))?.[1];
  if (marker === null || length === undefined) throw new Error('The sealed answer of the host cannot be read.');
  const start = marker.index + marker[0].length;
  const signatureLength = body.readUInt32LE(start);
  return security.unwrap(body.subarray(start + 4, start + 4 + signatureLength + Number(length)));
}
