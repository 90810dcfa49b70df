/**
 * Encryption of datastore values in StackStorm's own format (Keyczar compatible), so that existing data can be read:
 * upper-case hex of `header (5 bytes) | IV (16) | AES-CBC, PKCS#5 padded | HMAC-SHA1 (20) of all before`.
 * Source: `st2common/util/crypto.py`.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errorMessage, ValidationError } from '../../core/errors.ts';

const HEADER_BYTES = 5;
const BLOCK_BYTES = 16;
const SIGNATURE_BYTES = 20;

/** An AES key with the key that signs. */
export interface CryptoKey {
  readonly aes: Buffer;
  readonly hmac: Buffer;
}

/** The key file's text for a new random key. */
export function generateKeyFile(): string {
  return JSON.stringify({
    hmacKey: { hmacKeyString: randomBytes(32).toString('base64url'), size: 256 },
    aesKeyString: randomBytes(32).toString('base64url'),
    mode: 'CBC',
    size: 256,
  });
}

/** @throws ValidationError naming the file, when it cannot be read or is not a key file */
export function readKeyFile(path: string): CryptoKey {
  try {
    const content = JSON.parse(readFileSync(path, 'utf8'));
    const aes = Buffer.from(String(content.aesKeyString), 'base64url');
    const hmac = Buffer.from(String(content.hmacKey.hmacKeyString), 'base64url');
    if (![16, 24, 32].includes(aes.length)) throw new Error(`the AES key has ${aes.length * 8} bits`);
    return { aes, hmac };
  } catch (error) {
    throw new ValidationError(`Invalid or malformed key file "${path}": ${errorMessage(error)}`);
  }
}

export function encryptValue(key: CryptoKey, plain: string): string {
  const iv = randomBytes(BLOCK_BYTES);
  const cipher = createCipheriv(`aes-${key.aes.length * 8}-cbc`, key.aes, iv);
  const message = Buffer.concat([
    Buffer.from('0'.repeat(HEADER_BYTES)),
    iv,
    cipher.update(plain, 'utf8'),
    cipher.final(),
  ]);
  const signature = createHmac('sha1', key.hmac).update(message).digest();
  return Buffer.concat([message, signature]).toString('hex').toUpperCase();
}

/** @throws ValidationError when the text is not such a value or was made with another key */
export function decryptValue(key: CryptoKey, hex: string): string {
  const all = Buffer.from(hex, 'hex');
  if (!/^[0-9a-fA-F]*$/.test(hex) || all.length < HEADER_BYTES + 2 * BLOCK_BYTES + SIGNATURE_BYTES) {
    throw new ValidationError('Invalid or malformed ciphertext (too short)');
  }
  const message = all.subarray(0, -SIGNATURE_BYTES);
  const signature = createHmac('sha1', key.hmac).update(message).digest();
  if (!timingSafeEqual(signature, all.subarray(-SIGNATURE_BYTES))) {
    throw new ValidationError('The encrypted value was not made with the key of this system.');
  }
  const iv = message.subarray(HEADER_BYTES, HEADER_BYTES + BLOCK_BYTES);
  const decipher = createDecipheriv(`aes-${key.aes.length * 8}-cbc`, key.aes, iv);
  return Buffer.concat([decipher.update(message.subarray(HEADER_BYTES + BLOCK_BYTES)), decipher.final()]).toString(
    'utf8',
  );
}
