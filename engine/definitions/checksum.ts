import { createHash } from 'node:crypto';

/** What Mistral shows as the checksum of a definition: MD5 of its text, in hex. */
export function checksumOf(definition: string): string {
  return createHash('md5').update(definition).digest('hex');
}
