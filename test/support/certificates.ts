/**
 * X.509 certificates for tests, made with Node's own cryptography: neither `openssl` nor a network is needed. P-256 keys and
 * ECDSA with SHA-256; structures by RFC 5280, written in DER.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A certificate and its key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What {@link CertificateAuthority.issue} is asked for. */
export interface CertificateRequest {
  /** Host names and IPv4 addresses that it speaks for; those of loopback when absent. */
  readonly names?: readonly string[];
  /** End of its validity; tomorrow when absent. It begins a day before the end or the present, whichever is earlier. */
  readonly until?: Date;
}

export interface CertificateAuthority {
  /** The authority's own certificate, PEM. */
  readonly cert: string;
  /** A certificate for servers and clients alike. */
  issue(request?: CertificateRequest): Certificate;
}

const DAY_MS = 86_400_000;
const OID = {
  ecdsaWithSha256: '06082a8648ce3d040302',
  commonName: '0603550403',
  subjectKeyIdentifier: '0603551d0e',
  keyUsage: '0603551d0f',
  subjectAltName: '0603551d11',
  basicConstraints: '0603551d13',
  authorityKeyIdentifier: '0603551d23',
  extendedKeyUsage: '0603551d25',
  serverAuth: '06082b06010505070301',
  clientAuth: '06082b06010505070302',
} as const;

type Der = Buffer;

const der = (tag: number, ...parts: readonly Der[]): Der => {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts: readonly Der[]) => der(0x30, ...parts);
const oid = (name: keyof typeof OID) => Buffer.from(OID[name], 'hex');
const octets = (bytes: Der) => der(0x04, bytes);
const bits = (bytes: Der, unused = 0) => der(0x03, Buffer.from([unused]), bytes);
const name = (common: string): Der => sequence(der(0x31, sequence(oid('commonName'), der(0x0c, Buffer.from(common)))));
/** GeneralizedTime, `YYYYMMDDHHMMSSZ`. */
const time = (at: Date) => der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
const TRUE = der(0x01, Buffer.from([0xff]));
const extension = (id: keyof typeof OID, value: Der, critical = false): Der =>
  sequence(oid(id), ...(critical ? [TRUE] : []), octets(value));
const pem = (label: string, bytes: Der) =>
  `-----BEGIN ${label}-----\n${(bytes.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`;

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const publicBytes = ({ publicKey }: KeyPair): Der => publicKey.export({ type: 'spki', format: 'der' });
const keyIdentifier = (pair: KeyPair): Der => createHash('sha1').update(publicBytes(pair)).digest();

interface Contents {
  readonly issuer: { readonly name: string; readonly pair: KeyPair };
  readonly subject: { readonly name: string; readonly pair: KeyPair };
  readonly until: Date;
  readonly extensions: readonly Der[];
}

function createCertificate({ issuer, subject, until, extensions }: Contents): string {
  const from = new Date(Math.min(Date.now(), until.getTime()) - DAY_MS);
  const algorithm = sequence(oid('ecdsaWithSha256'));
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]); // positive, whatever the random bytes are
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, serial),
    algorithm,
    name(issuer.name),
    sequence(time(from), time(until)),
    name(subject.name),
    publicBytes(subject.pair),
    der(
      0xa3,
      sequence(
        ...extensions,
        extension('subjectKeyIdentifier', octets(keyIdentifier(subject.pair))),
        extension('authorityKeyIdentifier', sequence(der(0x80, keyIdentifier(issuer.pair)))),
      ),
    ),
  );
  const signature = sign('sha256', toBeSigned, issuer.pair.privateKey);
  return pem('CERTIFICATE', sequence(toBeSigned, algorithm, bits(signature)));
}

const createPair = (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' });

const alternativeName = (host: string): Der =>
  isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host));

/** A new authority that nothing trusts yet. */
export function createAuthority(common = 'Test authority'): CertificateAuthority {
  const pair = createPair();
  const issuer = { name: common, pair };
  const signsCertificates = bits(Buffer.from([0b0000_0110]), 1); // keyCertSign, cRLSign
  const cert = createCertificate({
    issuer,
    subject: issuer,
    until: new Date(Date.now() + 2 * DAY_MS),
    extensions: [extension('basicConstraints', sequence(TRUE), true), extension('keyUsage', signsCertificates, true)],
  });
  return {
    cert,
    issue({ names = ['localhost', '127.0.0.1'], until = new Date(Date.now() + DAY_MS) } = {}) {
      const own = createPair();
      return {
        cert: createCertificate({
          issuer,
          subject: { name: names[0] ?? '', pair: own },
          until,
          extensions: [
            extension('basicConstraints', sequence(), true),
            extension('keyUsage', bits(Buffer.from([0b1000_0000]), 7), true), // digitalSignature
            extension('extendedKeyUsage', sequence(oid('serverAuth'), oid('clientAuth'))),
            extension('subjectAltName', sequence(...names.map(alternativeName))),
          ],
        }),
        key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}
