import { errorMessage } from '../../core/errors.ts';
import { describeTlsError, type TlsSettingNames } from '../tls/explain-tls.ts';

/** Between our own services: which authorities count there is Node's own setting, read when a process starts. */
const SERVICES: TlsSettingNames = {
  address: 'ST2_API__URL or ST2_MISTRAL__V2_BASE_URL',
  speakTls: 'Write https:// in its address',
  speakPlain: 'Write http:// in its address',
  ca: 'NODE_EXTRA_CA_CERTS',
  cert: 'ST2_LISTENERS__TLS_CERT_FILE',
  showCertificate: 'Services show none: let ST2_API__URL and ST2_MISTRAL__V2_BASE_URL name the proxy that does',
};

/** What kept a request from being answered: `fetch` itself says no more than that it failed. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? error.cause : error;

/** Whether a request to a service of ours failed by its certificate or ours: trying again will not help. */
export function isTlsRefusal(error: unknown): boolean {
  return describeTlsError(causeOf(error), SERVICES) !== undefined;
}

/** Why a service of ours gave no answer, for an operator: beginning in lower case, with what to do where TLS is the reason. */
export function failureText(error: unknown): string {
  const cause = causeOf(error);
  return describeTlsError(cause, SERVICES) ?? errorMessage(cause);
}

/** The sentence for an operator when a service of ours gave no answer. */
export function requestFailure(service: string, url: string, error: unknown): string {
  return `${service} at ${url} does not answer: ${failureText(error)}`;
}
