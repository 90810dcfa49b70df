/**
 * The three messages of an NTLM version 2 login ([MS-NLMP] 2.2.1, 3.1.5, 3.3.2). Only what WinRM needs: Unicode, extended
 * session security, 128 bit keys.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { md4, rc4 } from './legacy-crypto.ts';

export interface NtlmCredentials {
  /** `user`, `user@domain` or `DOMAIN\user`. */
  readonly username: string;
  readonly password: string;
}

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');
const FLAGS = {
  unicode: 0x1,
  requestTarget: 0x4,
  sign: 0x10,
  seal: 0x20,
  ntlm: 0x200,
  alwaysSign: 0x8000,
  extendedSecurity: 0x80000,
  targetInfo: 0x800000,
  version: 0x2000000,
  bits128: 0x20000000,
  keyExchange: 0x40000000,
  bits56: 0x80000000,
} as const;
const WANTED = Object.values(FLAGS).reduce((all, flag) => (all | flag) >>> 0, 0);
/** Windows 10 with NTLM revision 15: it only has to be of this form. */
const VERSION = Buffer.from([10, 0, 0x61, 0x4a, 0, 0, 0, 15]);

/** Kinds of pairs in the target's information. */
const PAIR = { end: 0, flags: 6, timestamp: 7, targetName: 9, channelBindings: 10 } as const;
const MIC_IS_PRESENT = 0x2;
/** Between 1601, where Windows counts from, and 1970, in 100 ns. */
const EPOCH_DIFFERENCE = 116_444_736_000_000_000n;
const MIC_AT = 72;
const PAYLOAD_AT = 88;

/** The first message: what this side can do. */
export function negotiateMessage(): Buffer {
  const message = Buffer.alloc(40);
  SIGNATURE.copy(message);
  message.writeUInt32LE(1, 8);
  message.writeUInt32LE(WANTED, 12);
  VERSION.copy(message, 32);
  return message;
}

interface Challenge {
  readonly flags: number;
  readonly nonce: Buffer;
  readonly target: ReadonlyMap<number, Buffer>;
}

/** @throws Error when it is none */
function readChallenge(message: Buffer): Challenge {
  if (message.length < 48 || !message.subarray(0, 8).equals(SIGNATURE) || message.readUInt32LE(8) !== 2) {
    throw new Error('The host answered the NTLM login with something else than a challenge.');
  }
  const offset = message.readUInt32LE(44);
  const info = message.subarray(offset, offset + message.readUInt16LE(40));
  const target = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= info.length; ) {
    const kind = info.readUInt16LE(at);
    const length = info.readUInt16LE(at + 2);
    if (kind === PAIR.end) break;
    target.set(kind, info.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return { flags: message.readUInt32LE(20), nonce: message.subarray(24, 32), target };
}

const hmacMd5 = (key: Uint8Array, ...data: readonly Uint8Array[]) => {
  const hmac = createHmac('md5', key);
  for (const piece of data) hmac.update(piece);
  return hmac.digest();
};

function splitUser(username: string): { readonly domain: string; readonly user: string } {
  const at = username.indexOf('\\');
  return at === -1 ? { domain: '', user: username } : { domain: username.slice(0, at), user: username.slice(at + 1) };
}

function writePairs(pairs: ReadonlyMap<number, Buffer>): Buffer {
  const pieces = [...pairs, [PAIR.end, Buffer.alloc(0)] as const].map(([kind, value]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(kind);
    head.writeUInt16LE(value.length, 2);
    return Buffer.concat([head, value]);
  });
  return Buffer.concat(pieces);
}

export interface NtlmLogin {
  /** The third message. */
  readonly message: Buffer;
  /** The key that both sides now have, 16 bytes. */
  readonly sessionKey: Buffer;
  readonly hasKeyExchange: boolean;
}

/**
 * Answers a challenge.
 *
 * @param service name of the service that is logged in to, such as `HTTP/host`
 * @param channelBindings hash that ties the login to the TLS connection, 16 bytes
 * @throws Error when the message is no challenge, or offers no NTLM version 2
 */
export function authenticateMessage(
  credentials: NtlmCredentials,
  negotiate: Buffer,
  challenge: Buffer,
  service: string,
  channelBindings?: Buffer,
): NtlmLogin {
  const { flags, nonce, target } = readChallenge(challenge);
  if (target.size === 0) throw new Error('The host does not know NTLM version 2.');
  const { domain, user } = splitUser(credentials.username);
  const utf16 = (text: string) => Buffer.from(text, 'utf16le');
  const userKey = hmacMd5(md4(utf16(credentials.password)), utf16(user.toUpperCase() + domain));

  const hostTime = target.get(PAIR.timestamp);
  const pairs = new Map(target);
  if (hostTime !== undefined) {
    const targetFlags = Buffer.alloc(4);
    targetFlags.writeUInt32LE((target.get(PAIR.flags)?.readUInt32LE() ?? 0) | MIC_IS_PRESENT);
    pairs.set(PAIR.flags, targetFlags);
  }
  if (channelBindings !== undefined) pairs.set(PAIR.channelBindings, channelBindings);
  pairs.set(PAIR.targetName, utf16(service));

  const ownNonce = randomBytes(8);
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE(BigInt(Date.now()) * 10_000n + EPOCH_DIFFERENCE);
  const proofInput = Buffer.concat([
    Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]),
    hostTime ?? time,
    ownNonce,
    Buffer.alloc(4),
    writePairs(pairs),
    Buffer.alloc(4),
  ]);
  const proof = hmacMd5(userKey, nonce, proofInput);
  const exchangeKey = hmacMd5(userKey, proof);
  const hasKeyExchange = (flags & FLAGS.keyExchange) !== 0;
  const sessionKey = hasKeyExchange ? randomBytes(16) : exchangeKey;

  const fields = [
    // With a time of the host, the older answer is left out.
    hostTime === undefined ? Buffer.concat([hmacMd5(userKey, nonce, ownNonce), ownNonce]) : Buffer.alloc(24),
    Buffer.concat([proof, proofInput]),
    utf16(domain),
    utf16(user),
    Buffer.alloc(0),
    hasKeyExchange ? rc4(exchangeKey)(sessionKey) : Buffer.alloc(0),
  ];
  const head = Buffer.alloc(PAYLOAD_AT);
  SIGNATURE.copy(head);
  head.writeUInt32LE(3, 8);
  let offset = PAYLOAD_AT;
  for (const [index, field] of fields.entries()) {
    head.writeUInt16LE(field.length, 12 + index * 8);
    head.writeUInt16LE(field.length, 14 + index * 8);
    head.writeUInt32LE(offset, 16 + index * 8);
    offset += field.length;
  }
  head.writeUInt32LE((flags & WANTED) >>> 0, 60);
  VERSION.copy(head, 64);
  const message = Buffer.concat([head, ...fields]);
  if (hostTime !== undefined) hmacMd5(sessionKey, negotiate, challenge, message).copy(message, MIC_AT);
  return { message, sessionKey, hasKeyExchange };
}

/** The hash of a TLS connection's certificate as NTLM carries it (RFC 5929 `tls-server-end-point`, [MS-NLMP] 2.2.2.1). */
export function channelBindingsHash(certificateHash: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from('tls-server-end-point:', 'latin1'), certificateHash]);
  const head = Buffer.alloc(20);
  head.writeUInt32LE(data.length, 16);
  return createHash('md5').update(head).update(data).digest();
}
