import { createHash } from 'node:crypto';
import { errorCode } from '../../core/errors.ts';

/** Keeps the bodies of payloads that are too big for Temporal. The key is derived from the content: storing twice is storing once. */
export interface BlobStore {
  put(body: Buffer): Promise<string>;
  /** @throws Error when there is no such body (any more) */
  get(key: string): Promise<Buffer>;
}

/** What a blob store needs of the collection `payloads`. */
export interface BlobCollection {
  findOne(filter: Readonly<Record<string, unknown>>): Promise<{ readonly [field: string]: unknown } | undefined>;
  insert(record: { readonly id?: string; readonly [field: string]: unknown }): Promise<unknown>;
  updateOne(
    filter: Readonly<Record<string, unknown>>,
    change: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ): Promise<unknown>;
}

/** Well under MongoDB's limit of 16 MB a document. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** A blob store on the collection `payloads`; `created_at` is renewed on each use, for whoever removes old ones. */
export function createBlobStore(payloads: BlobCollection): BlobStore {
  return {
    async put(body) {
      const key = createHash('sha256').update(body).digest('hex');
      const chunks = Math.max(1, Math.ceil(body.length / CHUNK_BYTES));
      // The first chunk is written last: who finds it finds all of them.
      for (let index = chunks - 1; index >= 0; index -= 1) {
        const data = body.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
        await insertOrRenew(payloads, `${key}-${index}`, { data, chunks });
      }
      return key;
    },
    async get(key) {
      const first = await payloads.findOne({ id: `${key}-0` });
      if (first === undefined) throw new Error(`The body ${key} of a big payload is gone from the database.`);
      const parts = [toBuffer(first.data)];
      for (let index = 1; index < Number(first.chunks); index += 1) {
        parts.push(toBuffer((await payloads.findOne({ id: `${key}-${index}` }))?.data));
      }
      return Buffer.concat(parts);
    },
  };
}

async function insertOrRenew(payloads: BlobCollection, id: string, fields: Readonly<Record<string, unknown>>) {
  const created_at = new Date();
  if ((await payloads.updateOne({ id }, { $set: { created_at } })) !== undefined) return;
  try {
    await payloads.insert({ id, ...fields, created_at });
  } catch (error) {
    if (errorCode(error) !== 'CONFLICT') throw error; // Somebody else has stored the same body meanwhile.
  }
}

function toBuffer(data: unknown): Buffer {
  if (Buffer.isBuffer(data)) return data;
  if (data instanceof Uint8Array) return Buffer.from(data);
  // The driver's Binary holds its bytes in `buffer`.
  if (typeof data === 'object' && data !== null && 'buffer' in data) return Buffer.from(data.buffer as Uint8Array);
  throw new Error('A part of the body of a big payload is gone from the database.');
}
