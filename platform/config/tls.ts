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
 * @throws Error in one sentence when a file cannot be read, or a certificate comes without its key
 */
export function readTlsFiles(settings: TlsSettings): TlsFiles | undefined {
  const { tls_ca_file, tls_cert_file, tls_key_file } = settings;
  if ((tls_cert_file === '') !== (tls_key_file === '')) {
    throw new Error(`A certificate and its key belong together: "${tls_cert_file}" and "${tls_key_file}" are set.`);
  }
  if (tls_ca_file === '' && tls_cert_file === '') return undefined;
  return {
    ...(tls_ca_file === '' ? {} : { ca: readPem(tls_ca_file) }),
    ...(tls_cert_file === '' ? {} : { cert: readPem(tls_cert_file), key: readPem(tls_key_file) }),
  };
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`The certificate file ${file} cannot be read: ${(error as Error).message}`);
  }
}
