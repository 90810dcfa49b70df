import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import tls from 'node:tls';
import { defaultPayloadConverter } from '@temporalio/common';
import { createEncryptionCodec } from '../../platform/temporal/encryption-codec.ts';
import { createKeyring } from '../../platform/temporal/keyring.ts';
import { createAuthority } from '../support/certificates.ts';
import { requestHttps } from '../support/https-request.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';

const secret = randomBytes(32);
const origin = 'http://temporal-ui.example';
const loginLimit = 20;

describe('listeners: TLS, limits, the codec endpoint', () => {
  let infrastructure: Provisioned;
  let services: RunningServices;
  let ca: string;

  before(async () => {
    infrastructure = await provisioned({ parts: ['temporal', 'mongodb', 'bus'] });
    const file = (name: string) => path.join(infrastructure.folder, name);
    const authority = createAuthority();
    const { cert, key } = authority.issue();
    ca = authority.cert;
    await Promise.all([
      writeFile(file('ca.pem'), ca),
      writeFile(file('cert.pem'), cert),
      writeFile(file('key.pem'), key),
    ]);
    services = await startServices(infrastructure, {
      only: ['st2auth', 'mistral-api'],
      registerPacks: false,
      env: {
        ST2_LISTENERS__TLS_CERT_FILE: file('cert.pem'),
        ST2_LISTENERS__TLS_KEY_FILE: file('key.pem'),
        ST2_LISTENERS__AUTH_RATE_LIMIT: String(loginLimit),
        ST2_TEMPORAL__ENCRYPTION_KEYS: `one=${secret.toString('base64')}`,
        ST2_TEMPORAL__CODEC_ORIGINS: origin,
        NODE_EXTRA_CA_CERTS: file('ca.pem'),
      },
    });
  });
  after(async () => {
    await services?.stop();
    await infrastructure?.stop();
  });

  const ask = (method: string, url: string, headers: Record<string, string> = {}, body = '') =>
    requestHttps(method, url, { headers, body, ca });
  const authUrl = () => `https://127.0.0.1:${services.ports.auth}`;
  const codecUrl = () => `https://127.0.0.1:${services.ports.mistral}/codec/decode`;
  const login = (password: string, address: string) => {
    const authorization = `Basic ${Buffer.from(`${services.user.name}:${password}`).toString('base64')}`;
    return ask('POST', `${authUrl()}/tokens`, { authorization, 'x-forwarded-for': address });
  };

  it('speak TLS 1.2 and newer, and nothing else', async () => {
    assert.equal((await ask('GET', `${authUrl()}/healthz`)).status, 200);
    await assert.rejects(fetch(`http://127.0.0.1:${services.ports.auth}/healthz`));
    await assert.rejects(
      new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', port: services.ports.auth, ca, maxVersion: 'TLSv1.1' } as const;
        tls.connect(options, () => resolve(undefined)).once('error', reject);
      }),
    );
  });

  it('decode payloads for an administrator with a token, from the origins that are set', async () => {
    const { token } = JSON.parse((await login(services.user.password, '192.0.2.1')).text) as { readonly token: string };
    const codec = createEncryptionCodec({ keyring: createKeyring([['one', secret]]), scope: 'all' });
    const [payload] = await codec.encode([defaultPayloadConverter.toPayload({ cmd: 'date' }) as never]);
    const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');
    const metadata = Object.fromEntries(Object.entries(payload?.metadata ?? {}).map(([k, v]) => [k, base64(v)]));
    const body = JSON.stringify({ payloads: [{ metadata, data: base64(payload?.data) }] });
    const headers = { 'content-type': 'application/json', origin };

    assert.equal((await ask('POST', codecUrl(), headers, body)).status, 401);
    const answer = await ask('POST', codecUrl(), { ...headers, authorization: `Bearer ${token}` }, body);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['access-control-allow-origin'], origin);
    const [decoded] = JSON.parse(answer.text).payloads;
    assert.equal(Buffer.from(decoded.data, 'base64').toString(), '{"cmd":"date"}');
    assert.equal((await ask('OPTIONS', codecUrl(), { origin })).headers['access-control-allow-origin'], origin);
    const other = await ask('OPTIONS', codecUrl(), { origin: 'http://elsewhere.example' });
    assert.equal(other.headers['access-control-allow-origin'], undefined);
  });

  it('slow the guessing of a password, and limit what one address may ask', async () => {
    const answers = [];
    for (let tries = 0; tries < loginLimit + 2; tries += 1) answers.push(await login('wrong', '192.0.2.7'));
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses[0], 401);
    assert.equal(statuses.at(-1), 429);
    assert.match(
      answers.find(({ status }) => status === 429)?.text ?? '',
      /Too many failed logins, try again in \d+ s/,
    );
    assert.match(answers.at(-1)?.text ?? '', /More than 20 requests a minute/);
    assert.equal((await login(services.user.password, '192.0.2.8')).status, 201, 'another address is not touched');
    assert.equal((await ask('GET', `${authUrl()}/healthz`)).status, 200);
  });
});
