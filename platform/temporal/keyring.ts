/** Keys for what Temporal stores: AES-256-GCM, each with an id, so that a new key may write while older ones still read. */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errorMessage, ValidationError } from '../../core/errors.ts';
import type { Config } from '../config/load-config.ts';

/** A body as a key has sealed it: `nonce (12 bytes) | tag (16) | ciphertext`. */
export interface Sealed {
  readonly keyId: string;
  readonly body: Buffer;
}

export interface Keyring {
  /** The same body gives the same seal: what is stored by its content is stored once. */
  seal(body: Uint8Array): Sealed;
  /** @throws Error when the key is not there or the body was changed */
  open(sealed: Sealed): Buffer;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface Key {
  readonly encrypt: Buffer;
  /** Derives nonces: a nonce of its own for each body, without a counter that all processes would have to share. */
  readonly nonce: Buffer;
}

/**
 * @param keys 32 bytes each, by id; the first one writes
 */
export function createKeyring(keys: readonly (readonly [string, Uint8Array])[]): Keyring {
  const known = new Map(keys.map(([id, secret]) => [id, deriveKey(secret)]));
  const [writing] = known;
  if (writing === undefined) throw new ValidationError('A keyring needs a key.');
  const [keyId, first] = writing;
  return {
    seal(body) {
      const nonce = createHmac('sha256', first.nonce).update(body).digest().subarray(0, NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', first.encrypt, nonce).setAAD(Buffer.from(keyId));
      const sealed = [cipher.update(body), cipher.final()];
      return { keyId, body: Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]) };
    },
    open({ keyId: id, body }) {
      const key = known.get(id);
      if (key === undefined) {
        throw new Error(`A payload was encrypted with the key "${id}", which is not among the keys of this process.`);
      }
      const decipher = createDecipheriv('aes-256-gcm', key.encrypt, body.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(id))
        .setAuthTag(body.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    },
  };
}

function deriveKey(secret: Uint8Array): Key {
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', secret, '', `tramontane payloads: ${use}`, KEY_BYTES));
  return { encrypt: derive('encryption'), nonce: derive('nonce') };
}

/** What payloads are encrypted with, and which of them. */
export interface PayloadProtection {
  readonly keyring: Keyring;
  /** `all`: keys of its own were given. `secrets`: by the datastore's key, those that hold a value known to be secret. */
  readonly scope: 'all' | 'secrets';
}

/**
 * The keys that the settings give: `ST2_TEMPORAL__ENCRYPTION_KEYS` for all payloads, else a key derived from that of the datastore
 * for those with secrets. Where both are there, the datastore's still reads.
 *
 * @returns `undefined` when there is no key at all
 * @throws ValidationError naming the variable when a key is malformed
 */
export function loadPayloadProtection(config: Config): PayloadProtection | undefined {
  const given = config.temporal.encryption_keys.map(parseKey);
  const own = datastoreKey(config.keyvalue.encryption_key_path);
  const keys = own === undefined ? given : [...given, own];
  if (keys.length === 0) return undefined;
  return { keyring: createKeyring(keys), scope: given.length > 0 ? 'all' : 'secrets' };
}

function parseKey(text: string): readonly [string, Uint8Array] {
  const at = text.indexOf('=');
  const id = text.slice(0, at).trim();
  const secret = Buffer.from(text.slice(at + 1), 'base64');
  if (at < 1 || !/^[\w.-]+$/.test(id) || secret.length !== KEY_BYTES) {
    throw new ValidationError(
      'Each key in ST2_TEMPORAL__ENCRYPTION_KEYS is <id>=<32 bytes in base64>, for example from openssl rand -base64 32.',
    );
  }
  return [id, secret];
}

function datastoreKey(file: string): readonly [string, Uint8Array] | undefined {
  if (file === '') return undefined;
  try {
    const secret = createHash('sha256').update(readFileSync(file, 'utf8').trim()).digest();
    return [`datastore-${createHash('sha256').update(secret).digest('hex').slice(0, 8)}`, secret];
  } catch (error) {
    throw new ValidationError(
      `The key file ${file} (ST2_KEYVALUE__ENCRYPTION_KEY_PATH) cannot be read: ${errorMessage(error)}`,
    );
  }
}
