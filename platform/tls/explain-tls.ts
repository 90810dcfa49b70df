/**
 * Why TLS with a server does not come about, and what an operator is to do. Clients of databases, brokers and Temporal say it in OpenSSL's
 * words, or not at all; so one handshake of our own with the same settings asks again.
 */
import { isIP } from 'node:net';
import tls from 'node:tls';
import { errorCode } from '../../core/errors.ts';
import type { TlsFiles } from '../config/tls.ts';

/** The settings of a link, by the names that an operator knows. */
export interface TlsSettingNames {
  readonly address: string;
  /** What to do for TLS, and against it: "Set X=true", "Use y:// in Z". */
  readonly speakTls: string;
  readonly speakPlain: string;
  readonly ca: string;
  /** Our own certificate. */
  readonly cert: string;
  /** What to do where none is shown and one is asked for. */
  readonly showCertificate: string;
  /** For a name in the certificate that is not the one in the address, where there is such a setting. */
  readonly serverName?: string;
}

/** The other end of a link. */
export interface TlsEnd {
  readonly host: string;
  readonly port: number;
  /** Whether the settings ask for TLS. */
  readonly isTls: boolean;
  readonly files?: TlsFiles;
  /** Name expected in the certificate; the host's when absent. */
  readonly serverName?: string;
  /** Protocol agreed on within TLS: `h2` for gRPC. */
  readonly alpn?: string;
}

/** A reason in two sentences: what is wrong, beginning in lower case, and what to do. */
export interface TlsFault {
  readonly text: string;
  /** False when a server that is just starting may look the same. */
  readonly isCertain: boolean;
}

const HANDSHAKE_MS = 5_000;
/** How long a server may take to refuse a certificate: in TLS 1.3 it does after the client's handshake has ended. Milliseconds. */
const REFUSAL_MS = 2_000;

const UNKNOWN_AUTHORITY =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT.*|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA)$/;
const NO_TLS = /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|ERR_SSL_UNKNOWN_PROTOCOL)$/;
const REFUSES_US =
  /_ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|(UNSUPPORTED_)?CERTIFICATE(_\w+)?|ACCESS_DENIED)$/;

/**
 * What an error of TLS tells.
 *
 * @param showsCertificate whether we showed a certificate of ours
 * @returns two sentences, as in {@link TlsFault}; `undefined` for any other error
 */
export function describeTlsError(error: unknown, names: TlsSettingNames, showsCertificate = false): string | undefined {
  const code = errorCode(error) ?? '';
  if (UNKNOWN_AUTHORITY.test(code)) {
    return `its certificate is not signed by an authority that is trusted here. Set ${names.ca} to the file of its authority.`;
  }
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired. Give the server a new one.';
  if (code === 'CERT_NOT_YET_VALID') return 'its certificate is not valid yet. Compare the clocks of both machines.';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const { host, cert } = error as { readonly host?: string; readonly cert?: { readonly subjectaltname?: string } };
    const other = names.serverName === undefined ? '' : `, or set ${names.serverName}`;
    const known = cert?.subjectaltname ?? 'another name';
    return `its certificate is for ${known}, not for ${host}. Use a name of the certificate in ${names.address}${other}.`;
  }
  if (NO_TLS.test(code)) return `it does not speak TLS. ${names.speakPlain}.`;
  if (!REFUSES_US.test(code)) return undefined;
  return showsCertificate
    ? `it refuses the certificate that we show. Check ${names.cert}.`
    : `it asks for a certificate of ours. ${names.showCertificate}.`;
}

/** Tries a handshake to find out what is wrong with TLS; `undefined` when nothing is, or when the server is not there at all. */
export async function explainTls(end: TlsEnd, names: TlsSettingNames): Promise<TlsFault | undefined> {
  const outcome = await shakeHands(end);
  if (!end.isTls) {
    const spoke = outcome === 'open' || outcome === 'closed' || REFUSES_US.test(errorCode(outcome) ?? '');
    return spoke ? { text: `it speaks TLS. ${names.speakTls}.`, isCertain: true } : undefined;
  }
  if (outcome === 'open' || outcome === undefined) return undefined;
  const showsCertificate = end.files?.cert !== undefined;
  if (outcome === 'closed') {
    const advice = showsCertificate
      ? `Check whether it trusts the authority of ${names.cert}.`
      : `It may ask for a certificate of ours. ${names.showCertificate}.`;
    return { text: `it closes the connection after the TLS handshake. ${advice}`, isCertain: false };
  }
  const text = describeTlsError(outcome, names, showsCertificate);
  return text === undefined ? undefined : { text, isCertain: true };
}

/** How it went: connected and kept, connected and closed at once, an error, or (`undefined`) nothing in time. */
function shakeHands(end: TlsEnd): Promise<'open' | 'closed' | Error | undefined> {
  const { host, port, files, alpn, isTls } = end;
  const serverName = end.serverName ?? (isIP(host) === 0 ? host : undefined);
  return new Promise((resolve) => {
    const socket = tls.connect({
      host,
      port,
      ...files,
      rejectUnauthorized: isTls,
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
    });
    let isOpen = false;
    let timer = setTimeout(() => finish(undefined), HANDSHAKE_MS);
    const finish = (outcome: 'open' | 'closed' | Error | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    socket.once('secureConnect', () => {
      isOpen = true;
      clearTimeout(timer);
      timer = setTimeout(() => finish('open'), isTls ? REFUSAL_MS : 0);
    });
    socket.on('error', (error) => finish(isOpen && errorCode(error) === 'ECONNRESET' ? 'closed' : error));
    socket.once('close', () => finish(isOpen ? 'closed' : undefined));
  });
}
