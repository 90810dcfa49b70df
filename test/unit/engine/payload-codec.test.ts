import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { ConflictError } from '../../../core/errors.ts';
import { type BlobCollection, createBlobStore } from '../../../platform/temporal/blob-store.ts';
import { createPayloadCodec } from '../../../platform/temporal/payload-codec.ts';

function memoryCollection() {
  const records = new Map<string, Record<string, unknown>>();
  const collection: BlobCollection = {
    findOne: async ({ id }) => records.get(String(id)),
    async insert(record) {
      if (records.has(String(record.id))) throw new ConflictError('There is one of that id.');
      records.set(String(record.id), { ...record });
    },
    async updateOne({ id }, { $set }) {
      const found = records.get(String(id));
      if (found !== undefined) Object.assign(found, $set);
      return found;
    },
  };
  return { records, collection };
}

async function roundTrip(value: unknown) {
  const { records, collection } = memoryCollection();
  const codec = createPayloadCodec({ blobs: createBlobStore(collection) });
  const payload = defaultPayloadConverter.toPayload(value) as Payload;
  const [encoded] = await codec.encode([payload]);
  const [decoded] = await codec.decode([encoded as Payload]);
  assert.deepEqual(defaultPayloadConverter.fromPayload(decoded as Payload), value);
  return { encoded: encoded as Payload, records, codec };
}

const encodingOf = (payload: Payload) => Buffer.from(payload.metadata?.encoding ?? []).toString();

test('a small payload stays as it is', async () => {
  const { encoded, records } = await roundTrip({ cmd: "echo 'HELLO'" });
  assert.equal(encodingOf(encoded), 'json/plain');
  assert.equal(records.size, 0);
});

test('a payload over 2 KB is compressed', async () => {
  const { encoded, records } = await roundTrip({ text: 'again and again '.repeat(10_000) });
  assert.equal(encodingOf(encoded), 'binary/deflate');
  assert.ok((encoded.data?.length ?? 0) < 10_000);
  assert.equal(records.size, 0);
});

test('a payload that stays big is stored once and travels as a claim check', async () => {
  const value = { noise: randomBytes(3_500_000).toString('base64') };
  const { encoded, records, codec } = await roundTrip(value);
  assert.equal(encodingOf(encoded), 'binary/claim-check');
  assert.ok((encoded.data?.length ?? 0) < 200);
  const size = records.size;
  await codec.encode([defaultPayloadConverter.toPayload(value) as Payload]);
  assert.equal(records.size, size);
});

test('a body of several chunks comes back whole', async () => {
  const { collection, records } = memoryCollection();
  const store = createBlobStore(collection);
  const body = randomBytes(9 * 1024 * 1024);
  const key = await store.put(body);
  assert.equal(records.size, 3);
  assert.ok(body.equals(await store.get(key)));
});

test('a body that is gone is an error that says so', async () => {
  await assert.rejects(createBlobStore(memoryCollection().collection).get('nothing'), /gone from the database/);
});
