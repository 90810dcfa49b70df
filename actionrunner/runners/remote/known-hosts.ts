/** Host keys that an operator has recorded (known_hosts of OpenSSH). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Whether a host's key may be accepted: a recorded host must show a recorded key. */
export type AcceptHostKey = (host: string, port: number, key: Buffer) => boolean;

function matchesName(pattern: string, name: string): boolean {
  if (!pattern.startsWith('|1|')) return pattern.split(',').includes(name);
  const [, , salt = '', hash = ''] = pattern.split('|');
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** @param isStrict refuse hosts and kinds of keys that are not recorded; else they are accepted, as StackStorm does */
export function parseKnownHosts(text: string, isStrict = false): AcceptHostKey {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('@'))
    .map((line) => line.split(/\s+/));
  return (host, port, key) => {
    const name = port === 22 ? host : `[${host}]:${port}`;
    const recorded = lines.filter(([pattern = '']) => matchesName(pattern, name));
    if (recorded.length === 0) return !isStrict;
    const shown = key.toString('base64');
    // Only keys of the same type can be compared: the host may have others that are not recorded.
    const type = key.subarray(4, 4 + key.readUInt32BE(0)).toString();
    const comparable = recorded.filter(([, recordedType]) => recordedType === type);
    return (comparable.length === 0 && !isStrict) || comparable.some(([, , value]) => value === shown);
  };
}

/** @param path file of OpenSSH's form; empty: the user's own. One that is not there records nothing. */
export async function loadKnownHosts(path: string, isStrict: boolean): Promise<AcceptHostKey> {
  const file = path === '' ? join(homedir(), '.ssh', 'known_hosts') : path;
  return parseKnownHosts(await readFile(file, 'utf8').catch(() => ''), isStrict);
}
