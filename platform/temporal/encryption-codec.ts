import type { Payload, PayloadCodec } from '@temporalio/common';
import type { BlobStore } from './blob-store.ts';
import type { PayloadProtection, Sealed } from './keyring.ts';
import { rememberSecrets, secretsIn } from './secret-values.ts';

const ENCRYPTED = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const INNER = 'encrypted-encoding';
const LENGTH_BYTES = 4;

/**
 * Encrypts payloads before they leave for Temporal: all of them, or those that hold a known secret.
 * What is sealed is `length of the list (4 bytes) | list of the secrets within, JSON | data`.
 */
export function createEncryptionCodec({ keyring, scope }: PayloadProtection): PayloadCodec {
  function encode(payload: Payload): Payload {
    const { metadata, data } = payload;
    if (data == null) return payload;
    const secrets = secretsIn(() => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'));
    if (scope === 'secrets' && secrets.length === 0) return payload;
    const list = Buffer.from(JSON.stringify(secrets));
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(list.length);
    const { keyId, body } = keyring.seal(Buffer.concat([length, list, data]));
    const inner = metadata?.encoding ?? Buffer.from('json/plain');
    const marks = { encoding: Buffer.from(ENCRYPTED), [INNER]: inner, [KEY_ID]: Buffer.from(keyId) };
    return { metadata: { ...metadata, ...marks }, data: body };
  }

  function decode(payload: Payload): Payload {
    const { metadata, data } = payload;
    if (data == null || textOf(metadata?.encoding) !== ENCRYPTED) return payload;
    const { [INNER]: inner, [KEY_ID]: keyId, ...rest } = metadata ?? {};
    const plain = keyring.open({ keyId: textOf(keyId), body: Buffer.from(data) });
    const end = LENGTH_BYTES + plain.readUInt32BE(0);
    rememberSecrets(JSON.parse(plain.subarray(LENGTH_BYTES, end).toString('utf8')));
    return { metadata: { ...rest, encoding: inner ?? Buffer.from('json/plain') }, data: plain.subarray(end) };
  }

  return {
    encode: async (payloads) => payloads.map(encode),
    decode: async (payloads) => payloads.map(decode),
  };
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return bytes == null ? '' : Buffer.from(bytes).toString('utf8');
}

/** A store whose bodies are sealed: `key id | NUL | sealed body`. Bodies from before there were keys are read as they are. */
export function encryptBlobs(blobs: BlobStore, { keyring, scope }: PayloadProtection): BlobStore {
  if (scope === 'secrets') return blobs;
  return {
    put(body) {
      const { keyId, body: sealed } = keyring.seal(body);
      return blobs.put(Buffer.concat([SEALED, Buffer.from(keyId), Buffer.from([0]), sealed]));
    },
    async get(key) {
      const stored = await blobs.get(key);
      return stored.subarray(0, SEALED.length).equals(SEALED) ? keyring.open(readSealed(stored)) : stored;
    },
  };
}

/** No raw deflate stream begins like this: its first block would be of the type that does not exist. */
const SEALED = Buffer.from([0xff, 0x54, 0x52, 0x4d]);

function readSealed(stored: Buffer): Sealed {
  const end = stored.indexOf(0, SEALED.length);
  return { keyId: stored.subarray(SEALED.length, end).toString('utf8'), body: stored.subarray(end + 1) };
}
