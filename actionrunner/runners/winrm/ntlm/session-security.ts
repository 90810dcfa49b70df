/** Signs and seals the messages after an NTLM login with extended session security ([MS-NLMP] 3.4). Messages must come in order. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { rc4 } from './legacy-crypto.ts';
import type { NtlmLogin } from './messages.ts';

export interface SessionSecurity {
  /** The sealed message behind its signature of 16 bytes. */
  wrap(message: Buffer): Buffer;
  /** @throws Error when somebody has changed the message */
  unwrap(wrapped: Buffer): Buffer;
}

const SIGNATURE_LENGTH = 16;

type Direction = 'client-to-server' | 'server-to-client';

function createDirection({ sessionKey, hasKeyExchange }: NtlmLogin, direction: Direction) {
  const derive = (use: 'signing' | 'sealing') =>
    createHash('md5').update(sessionKey).update(`session key to ${direction} ${use} key magic constant\0`).digest();
  const signingKey = derive('signing');
  const cipher = rc4(derive('sealing'));
  let count = 0;
  return {
    cipher,
    /** To be called once a message, after the cipher was. */
    sign(message: Buffer): Buffer {
      const number = Buffer.alloc(4);
      number.writeUInt32LE(count);
      count += 1;
      const sum = createHmac('md5', signingKey).update(number).update(message).digest().subarray(0, 8);
      return Buffer.concat([Buffer.from([1, 0, 0, 0]), hasKeyExchange ? cipher(sum) : sum, number]);
    },
  };
}

export function createSessionSecurity(login: NtlmLogin): SessionSecurity {
  const out = createDirection(login, 'client-to-server');
  const back = createDirection(login, 'server-to-client');
  return {
    wrap(message) {
      const sealed = out.cipher(message);
      return Buffer.concat([out.sign(message), sealed]);
    },
    unwrap(wrapped) {
      const message = back.cipher(wrapped.subarray(SIGNATURE_LENGTH));
      const expected = back.sign(message);
      const given = wrapped.subarray(0, SIGNATURE_LENGTH);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        throw new Error('The answer of the host was changed on its way.');
      }
      return message;
    },
  };
}
