/** Users and passwords of an htpasswd file: bcrypt (`$2a$`, `$2b$`, `$2y$`), `{SHA}`, and Apache's MD5 (`$apr1$`). */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import bcrypt from 'bcryptjs';
import { apr1 } from './apr1.ts';

/** Checks passwords. */
export interface PasswordBackend {
  authenticate(user: string, password: string): Promise<boolean>;
}

/** What is compared with when the user does not exist, so that the answer takes as long as for one who does. */
const NOBODY = '$2b$10$abcdefghijklmnopqrstuuH3PJ8HdXWYVTWjvGSNbNbZaFJ3Vm4u2';

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Whether a password fits a hash of the file. A hash of another kind fits nothing. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  if (/^\$2[aby]\$/.test(hash)) return bcrypt.compare(password, hash.replace(/^\$2y\$/, '$2b$'));
  if (hash.startsWith('{SHA}')) return equal(createHash('sha1').update(password).digest('base64'), hash.slice(5));
  const [, salt] = /^\$apr1\$([^$]*)\$/.exec(hash) ?? [];
  return salt !== undefined && equal(apr1(password, salt), hash);
}

/** Users of a file, read again whenever it changes. */
export function createHtpasswdBackend(path: string): PasswordBackend {
  let users: ReadonlyMap<string, string> = new Map();
  let version = '';

  async function refresh(): Promise<void> {
    const info = await stat(path);
    const current = `${info.mtimeMs}:${info.size}:${info.ino}`;
    if (current === version) return;
    users = parseHtpasswd(await readFile(path, 'utf8'));
    version = current;
  }

  return {
    async authenticate(user, password) {
      await refresh();
      const hash = users.get(user);
      const fits = await verifyPassword(password, hash ?? NOBODY);
      return fits && hash !== undefined;
    },
  };
}

/** `name:hash` a line; empty lines and lines starting with `#` do not count. */
export function parseHtpasswd(text: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf(':');
    if (line.startsWith('#') || at < 1) continue;
    users.set(line.slice(0, at), line.slice(at + 1).trim());
  }
  return users;
}
