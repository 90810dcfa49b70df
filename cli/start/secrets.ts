import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import bcrypt from 'bcryptjs';

/** Cost of bcrypt: about a tenth of a second a login. */
const rounds = 10;

/** A user of the htpasswd file. */
export interface User {
  readonly name: string;
  readonly password: string;
}

/** The bcrypt hash for an htpasswd file. */
export async function hashPassword(password: string): Promise<string> {
  return await bcrypt.hash(password, rounds);
}

/**
 * A new key for the datastore's encrypted values, in the file format that StackStorm's own tools read and write
 * (`st2-generate-symmetric-crypto-key`): AES-256 and HMAC keys in URL-safe base64 without padding.
 */
export function createEncryptionKey(): string {
  const size = 256;
  const key = () => randomBytes(size / 8).toString('base64url');
  return JSON.stringify({
    hmacKey: { hmacKeyString: key(), size },
    aesKeyString: key(),
    mode: 'CBC',
    size,
  });
}

/** Writes a file that only its owner may read, whatever it was before. */
export async function writeSecret(file: string, content: string): Promise<void> {
  await writeFile(file, content, { mode: 0o600 });
  await chmod(file, 0o600); // `mode` above only counts for a new file
}

/** The content of the secret file, which is created by `create` the first time. */
export async function keepSecret(file: string, create: () => string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept.trim() !== '') return kept.trim();
  const created = create();
  await writeSecret(file, `${created}\n`);
  return created;
}

/** Adds the users to the htpasswd file or gives them their new password; others stay as they are. */
export async function updateUsers(file: string, users: readonly User[]): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = new Map(
    text
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
  for (const { name, password } of users) {
    const known = lines.get(name);
    if (known !== undefined && (await bcrypt.compare(password, known))) continue;
    lines.set(name, await hashPassword(password));
  }
  await writeSecret(file, [...lines].map(([name, hash]) => `${name}:${hash}\n`).join(''));
}
