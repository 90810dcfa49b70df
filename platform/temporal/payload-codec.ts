import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync, inflateRaw, inflateRawSync } from 'node:zlib';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { BlobStore } from './blob-store.ts';

/** Below this, a payload stays as it is: readable in the Temporal UI. Bytes. */
const COMPRESS_FROM = 2 * 1024;
/** Above this (compressed), only a claim check travels; Temporal refuses events over 2 MB. Bytes. */
const CLAIM_FROM = 400 * 1024;
/** From here on compression leaves the main thread. Bytes. */
const ASYNC_FROM = 256 * 1024;
/** Inflating stops here: no small payload may fill the memory. Bytes. */
const INFLATE_LIMIT = 256 * 1024 * 1024;

const COMPRESSED = 'binary/deflate';
const CLAIM = 'binary/claim-check';
const INNER = 'inner-encoding';

const deflateAsync = promisify(deflateRaw);
const inflateAsync = promisify(inflateRaw);

export interface PayloadCodecOptions {
  readonly blobs: BlobStore;
  /** Compressed size from which a body goes to the blob store; bytes. */
  readonly claimFrom?: number;
}

/**
 * Makes big payloads fit: compresses them, and beyond a threshold stores the body and passes a claim check.
 * Every client and worker must use it, else payloads of the others cannot be read.
 */
export function createPayloadCodec({ blobs, claimFrom = CLAIM_FROM }: PayloadCodecOptions): PayloadCodec {
  async function encode(payload: Payload): Promise<Payload> {
    const data = payload.data;
    if (data == null || data.length < COMPRESS_FROM) return payload;
    const body = await deflate(data);
    if (body.length >= claimFrom) {
      const key = await blobs.put(body);
      return wrap(payload, CLAIM, Buffer.from(JSON.stringify({ key, bytes: data.length })));
    }
    return body.length < data.length ? wrap(payload, COMPRESSED, body) : payload;
  }

  async function decode(payload: Payload): Promise<Payload> {
    const encoding = payload.metadata?.encoding;
    const data = payload.data;
    if (encoding == null || data == null) return payload;
    const name = Buffer.from(encoding).toString();
    if (name === COMPRESSED) return unwrap(payload, await inflate(data));
    if (name !== CLAIM) return payload;
    const { key } = JSON.parse(Buffer.from(data).toString()) as { key: string };
    return unwrap(payload, await inflate(await blobs.get(key)));
  }

  return {
    encode: (payloads) => Promise.all(payloads.map(encode)),
    decode: (payloads) => Promise.all(payloads.map(decode)),
  };
}

async function deflate(data: Uint8Array): Promise<Buffer> {
  const options = { level: constants.Z_BEST_SPEED };
  return data.length < ASYNC_FROM ? deflateRawSync(data, options) : await deflateAsync(data, options);
}

async function inflate(data: Uint8Array): Promise<Buffer> {
  const options = { maxOutputLength: INFLATE_LIMIT };
  return data.length < ASYNC_FROM / 8 ? inflateRawSync(data, options) : await inflateAsync(data, options);
}

function wrap(payload: Payload, encoding: string, data: Uint8Array): Payload {
  const inner = payload.metadata?.encoding ?? Buffer.from('json/plain');
  return { metadata: { ...payload.metadata, encoding: Buffer.from(encoding), [INNER]: inner }, data };
}

function unwrap(payload: Payload, data: Uint8Array): Payload {
  const { [INNER]: inner, ...rest } = payload.metadata ?? {};
  return { metadata: { ...rest, encoding: inner ?? Buffer.from('json/plain') }, data };
}
