import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { BlobStore } from '../../../platform/temporal/blob-store.ts';
import { createEncryptionCodec, encryptBlobs } from '../../../platform/temporal/encryption-codec.ts';
import { createKeyring } from '../../../platform/temporal/keyring.ts';
import { rememberSecrets } from '../../../platform/temporal/secret-values.ts';

const one = ['one', randomBytes(32)] as const;
const two = ['two', randomBytes(32)] as const;
const toPayload = (value: unknown) => defaultPayloadConverter.toPayload(value) as Payload;
const textOf = (payload: Payload | undefined) => Buffer.from(payload?.data ?? []).toString('utf8');
const encodingOf = (payload: Payload | undefined) => Buffer.from(payload?.metadata?.encoding ?? []).toString('utf8');

it('encrypts every payload with the first key, and older keys still read', async () => {
  const before = createEncryptionCodec({ keyring: createKeyring([one]), scope: 'all' });
  const after = createEncryptionCodec({ keyring: createKeyring([two, one]), scope: 'all' });
  const value = { cmd: 'date', list: [1, 'ä'] };
  for (const writer of [before, after]) {
    const encrypted = await writer.encode([toPayload(value)]);
    assert.equal(encodingOf(encrypted[0]), 'binary/encrypted');
    assert.ok(!textOf(encrypted[0]).includes('date'));
    const [decrypted] = await after.decode(encrypted);
    assert.deepEqual(defaultPayloadConverter.fromPayload(decrypted as Payload), value);
    if (writer === after) await assert.rejects(before.decode(encrypted), /key "two", which is not among the keys/);
  }
});

it('refuses a body that was changed', async () => {
  const codec = createEncryptionCodec({ keyring: createKeyring([one]), scope: 'all' });
  const [payload] = await codec.encode([toPayload('x')]);
  const data = Buffer.from(payload?.data ?? []);
  data[data.length - 1] = (data.at(-1) ?? 0) ^ 1;
  await assert.rejects(codec.decode([{ ...payload, data }]));
});

it('without keys of its own encrypts what holds a known secret only, escaped or not, and learns secrets by reading', async () => {
  const codec = createEncryptionCodec({ keyring: createKeyring([one]), scope: 'secrets' });
  const secret = 'line one\n"line" two';
  rememberSecrets({ deep: [secret, 12_345_678] });
  const encoded = await codec.encode([toPayload({ cmd: `say ${secret}` }), toPayload('date'), toPayload(12_345_678)]);
  assert.deepEqual(encoded.map(encodingOf), ['binary/encrypted', 'json/plain', 'binary/encrypted']);
  const [decoded] = await codec.decode(encoded);
  assert.deepEqual(defaultPayloadConverter.fromPayload(decoded as Payload), { cmd: `say ${secret}` });
});

it('a short secret is looked for as a whole only', async () => {
  const codec = createEncryptionCodec({ keyring: createKeyring([one]), scope: 'secrets' });
  rememberSecrets('qz7');
  const encoded = await codec.encode([toPayload({ pin: 'qz7' }), toPayload('aqz7b')]);
  assert.deepEqual(encoded.map(encodingOf), ['binary/encrypted', 'json/plain']);
});

it('seals stored bodies, the same body once, and reads those from before', async () => {
  const bodies = new Map<string, Buffer>();
  const blobs: BlobStore = {
    async put(body) {
      bodies.set(body.toString('hex'), body);
      return body.toString('hex');
    },
    async get(key) {
      return bodies.get(key) as Buffer;
    },
  };
  const sealed = encryptBlobs(blobs, { keyring: createKeyring([one]), scope: 'all' });
  const body = Buffer.from('a body');
  const key = await sealed.put(body);
  assert.equal(await sealed.put(body), key);
  assert.ok(!bodies.get(key)?.includes('a body'));
  assert.deepEqual(await sealed.get(key), body);
  assert.deepEqual(await sealed.get(await blobs.put(body)), body);
});
