/** What {@link explainTls} has to know of each link: its other end, and the settings that an operator sets for it. */
import type { Config } from '../config/load-config.ts';
import { readTlsFiles } from '../config/tls.ts';
import { explainTls, type TlsEnd, type TlsFault, type TlsSettingNames } from './explain-tls.ts';

const DATABASE: TlsSettingNames = {
  address: 'ST2_DATABASE__URI',
  speakTls: 'Set ST2_DATABASE__TLS=true',
  speakPlain: 'Take TLS out of the settings ST2_DATABASE__*, or turn it on there',
  ca: 'ST2_DATABASE__TLS_CA_FILE',
  cert: 'ST2_DATABASE__TLS_CERT_FILE',
  showCertificate: 'Set ST2_DATABASE__TLS_CERT_FILE and ST2_DATABASE__TLS_KEY_FILE',
};

const BROKER: TlsSettingNames = {
  address: 'ST2_MESSAGING__URL',
  speakTls: 'Write amqps:// in ST2_MESSAGING__URL',
  speakPlain: 'Write amqp:// in ST2_MESSAGING__URL, or give the port of its TLS listener',
  ca: 'ST2_MESSAGING__TLS_CA_FILE',
  cert: 'ST2_MESSAGING__TLS_CERT_FILE',
  showCertificate: 'Set ST2_MESSAGING__TLS_CERT_FILE and ST2_MESSAGING__TLS_KEY_FILE',
};

const TEMPORAL: TlsSettingNames = {
  address: 'TEMPORAL_ADDRESS',
  speakTls: 'Set TEMPORAL_TLS=true',
  speakPlain: 'Take TLS out of the settings TEMPORAL_TLS*, or turn it on there',
  ca: 'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
  cert: 'TEMPORAL_TLS_CLIENT_CERT_PATH',
  showCertificate: 'Set TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH',
  serverName: 'TEMPORAL_TLS_SERVER_NAME',
};

const MONGO_PORT = 27_017;
const TEMPORAL_PORT = 7_233;

/** Host and port of `host:port` or `[::1]:port`. */
function endOf(text: string, fallbackPort: number): { readonly host: string; readonly port: number } | undefined {
  const [, v6, name, port] = /^(?:\[([^\]]+)\]|([^:,]+))(?::(\d+))?/.exec(text) ?? [];
  const host = v6 ?? name;
  return host === undefined ? undefined : { host, port: port === undefined ? fallbackPort : Number(port) };
}

/** The first server of a MongoDB address. None where the address itself rules TLS in ways of the driver, or is looked up in DNS. */
function databaseEnd(config: Config): TlsEnd | undefined {
  const { uri, tls } = config.database;
  const [, hosts = '', query = ''] = /^mongodb:\/\/(?:[^@/]*@)?([^/?]+)[^?]*(?:\?(.*))?$/.exec(uri) ?? [];
  const given = new URLSearchParams(query);
  if ([...given.keys()].some((name) => /^(tls|ssl)./i.test(name))) return undefined;
  const end = endOf(hosts, MONGO_PORT);
  const files = readTlsFiles(config.database);
  const isTls = tls || files !== undefined || given.get('tls') === 'true' || given.get('ssl') === 'true';
  return end === undefined ? undefined : { ...end, isTls, files };
}

/** Why TLS with the database fails, if it is that. */
export async function explainDatabase(config: Config): Promise<TlsFault | undefined> {
  const end = databaseEnd(config);
  return end === undefined ? undefined : explainTls(end, DATABASE);
}

/** Why TLS with the broker fails, if it is that. */
export async function explainBroker(config: Config): Promise<TlsFault | undefined> {
  const { protocol, hostname, port } = new URL(config.messaging.url);
  const isTls = protocol === 'amqps:';
  const end = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (isTls ? 5_671 : 5_672) };
  return explainTls({ ...end, isTls, files: readTlsFiles(config.messaging) }, BROKER);
}

/** Whether the settings ask for TLS with Temporal: any of them does. */
export function isTemporalTls(config: Config): boolean {
  const { tls, tls_ca_file, tls_cert_file, tls_server_name, api_key } = config.temporal;
  return tls || [tls_ca_file, tls_cert_file, tls_server_name, api_key].some((text) => text !== '');
}

/** Why TLS with Temporal fails, if it is that. */
export async function explainTemporal(config: Config): Promise<TlsFault | undefined> {
  const { address, tls_server_name } = config.temporal;
  const end = endOf(address, TEMPORAL_PORT);
  if (end === undefined) return undefined;
  const serverName = tls_server_name === '' ? {} : { serverName: tls_server_name };
  const files = readTlsFiles(config.temporal);
  return explainTls({ ...end, isTls: isTemporalTls(config), files, alpn: 'h2', ...serverName }, TEMPORAL);
}
