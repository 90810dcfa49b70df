import { randomBytes } from 'node:crypto';

/**
 * A text of random bytes for passwords and keys, of characters that URLs and shells leave alone. Its first one is no "-": command lines would take it for
 * an option.
 *
 * @param bytes how many go into it; it has a third more characters
 */
export function randomSecret(bytes: number): string {
  for (;;) {
    const text = randomBytes(bytes).toString('base64url');
    if (!text.startsWith('-')) return text;
  }
}
