/** Apache's variant of the MD5 password hash (`$apr1$`), which `htpasswd -m` writes. */
import { createHash } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ROUNDS = 1_000;
const DIGEST = 16;

const md5 = (...parts: readonly (Buffer | string)[]) => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The full hash text, `$apr1$salt$…`. */
export function apr1(password: string, fullSalt: string): string {
  const salt = fullSalt.slice(0, 8);
  const bytes = Buffer.from(password);
  const alternate = md5(bytes, salt, bytes);
  const parts: (Buffer | string)[] = [bytes, '$apr1$', salt];
  for (let left = bytes.length; left > 0; left -= DIGEST) parts.push(alternate.subarray(0, Math.min(left, DIGEST)));
  for (let bits = bytes.length; bits > 0; bits >>= 1)
    parts.push((bits & 1) === 1 ? Buffer.from([0]) : bytes.subarray(0, 1));
  let digest = md5(...parts);
  for (let round = 0; round < ROUNDS; round += 1) {
    const mix: (Buffer | string)[] = [round % 2 === 1 ? bytes : digest];
    if (round % 3 !== 0) mix.push(salt);
    if (round % 7 !== 0) mix.push(bytes);
    mix.push(round % 2 === 1 ? digest : bytes);
    digest = md5(...mix);
  }
  return `$apr1$${salt}$${encode(digest)}`;
}

/** The digest's bytes in the order and alphabet of crypt. */
function encode(digest: Buffer): string {
  const at = (index: number) => digest[index] ?? 0;
  const groups: [number, number][] = [0, 1, 2, 3, 4].map((index) => [
    (at(index) << 16) | (at(index + 6) << 8) | at(index === 4 ? 5 : index + 12),
    4,
  ]);
  groups.push([at(11), 2]);
  let text = '';
  for (const [group, length] of groups) {
    let value = group;
    for (let index = 0; index < length; index += 1) {
      text += ALPHABET[value & 0x3f];
      value >>= 6;
    }
  }
  return text;
}
