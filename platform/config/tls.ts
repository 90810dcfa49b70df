import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Certificates in PEM form, as Node's TLS takes them. */
export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** The settings that name them; an empty one is absent. */
export interface TlsSettings {
  readonly tls_ca_file: string;
  readonly tls_cert_file: string;
  readonly tls_key_file: string;
}

/**
 * Reads the certificates of a link.
 *
 * @returns `undefined` when none is set: then the system's own authorities count
 * @throws Error in one sentence when a file cannot be read or holds something else, or a certificate comes without its key
 */
export function readTlsFiles(settings: TlsSettings): TlsFiles | undefined {
  const { tls_ca_file, tls_cert_file, tls_key_file } = settings;
  if ((tls_cert_file === '') !== (tls_key_file === '')) {
    throw new Error(`A certificate and its key belong together: "${tls_cert_file}" and "${tls_key_file}" are set.`);
  }
  if (tls_ca_file === '' && tls_cert_file === '') return undefined;
  return {
    ...(tls_ca_file === '' ? {} : { ca: readCertificate(tls_ca_file).pem }),
    ...(tls_cert_file === '' ? {} : readPair(tls_cert_file, tls_key_file)),
  };
}

/**
 * Node itself reads the file of `NODE_EXTRA_CA_CERTS`, when a process starts, and only warns of one that it cannot use.
 *
 * @throws Error in one sentence
 */
export function checkExtraAuthorities(file: string): void {
  if (file !== '') readCertificate(file);
}

function readPair(certFile: string, keyFile: string): Required<Pick<TlsFiles, 'cert' | 'key'>> {
  const { pem: cert, certificate } = readCertificate(certFile);
  const key = readPem(keyFile);
  if (!certificate.checkPrivateKey(parseKey(key, keyFile))) {
    throw new Error(`The key ${keyFile} does not belong to the certificate ${certFile}.`);
  }
  return { cert, key };
}

function readCertificate(file: string) {
  const pem = readPem(file);
  try {
    return { pem, certificate: new X509Certificate(pem) };
  } catch {
    throw new Error(`The file ${file} holds no certificate in PEM form.`);
  }
}

function parseKey(pem: Buffer, file: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error(`The file ${file} holds no private key in PEM form that is readable without a passphrase.`);
  }
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`The file ${file} cannot be read: ${(error as Error).message}`);
  }
}
