/** MD4 (RFC 1320) and RC4: NTLM is made of them, and OpenSSL 3 no longer offers them by default. For nothing else. */

const rotate = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));

/** Each round of MD4: its function, its constant, the order of the words and the rotations. */
const ROUNDS = [
  {
    mix: (x: number, y: number, z: number) => (x & y) | (~x & z),
    constant: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (x: number, y: number, z: number) => (x & y) | (x & z) | (y & z),
    constant: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (x: number, y: number, z: number) => x ^ y ^ z,
    constant: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
] as const;

const BLOCK = 64;

export function md4(data: Uint8Array): Buffer {
  const padded = Buffer.alloc(Math.ceil((data.length + 9) / BLOCK) * BLOCK);
  padded.set(data);
  padded[data.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(data.length) * 8n, padded.length - 8);
  let state: readonly number[] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let at = 0; at < padded.length; at += BLOCK) {
    let [a = 0, b = 0, c = 0, d = 0] = state;
    for (const { mix, constant, order, shifts } of ROUNDS) {
      order.forEach((word, step) => {
        const sum = (a + mix(b, c, d) + padded.readUInt32LE(at + word * 4) + constant) | 0;
        [a, b, c, d] = [d, rotate(sum, shifts[step % 4] ?? 0), b, c];
      });
    }
    state = [a, b, c, d].map((value, index) => ((state[index] ?? 0) + value) | 0);
  }
  const digest = Buffer.alloc(16);
  for (const [index, value] of state.entries()) digest.writeInt32LE(value, index * 4);
  return digest;
}

/** A stream cipher: each call goes on where the last one ended. Ciphering and deciphering are the same. */
export function rc4(key: Uint8Array): (data: Uint8Array) => Buffer {
  const box = Uint8Array.from({ length: 256 }, (_, index) => index);
  const at = (index: number) => box[index & 0xff] ?? 0;
  const swap = (first: number, second: number) => {
    const kept = at(first);
    box[first] = at(second);
    box[second] = kept;
  };
  for (let i = 0, j = 0; i < 256; i += 1) {
    j = (j + at(i) + (key[i % key.length] ?? 0)) & 0xff;
    swap(i, j);
  }
  let i = 0;
  let j = 0;
  return (data) =>
    Buffer.from(
      data.map((byte) => {
        i = (i + 1) & 0xff;
        j = (j + at(i)) & 0xff;
        swap(i, j);
        return byte ^ at(at(i) + at(j));
      }),
    );
}
