import path from 'node:path';
import type { ServicePorts } from '../services.ts';
import { writeSecret } from './secrets.ts';

/** What a shell needs to use the running system with the st2, mistral and temporal clients. */
export interface ClientSettings {
  readonly ports: ServicePorts;
  readonly scheme: 'http' | 'https';
  /** File of the authority that clients are to trust (`ST2_CACERT`), if there is one. */
  readonly cacert?: string;
  readonly token: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
}

/** The variables of the clients. The real `st2` client wants the API's address with its version, the others without. */
export function clientEnvironment(settings: ClientSettings): Readonly<Record<string, string>> {
  const { ports, cacert } = settings;
  const host = `${settings.scheme}://127.0.0.1`;
  return {
    ST2_BASE_URL: host,
    ST2_API_URL: `${host}:${ports.api}/v1`,
    ST2_AUTH_URL: `${host}:${ports.auth}`,
    ST2_STREAM_URL: `${host}:${ports.stream}/v1`,
    ST2_AUTH_TOKEN: settings.token,
    OS_MISTRAL_URL: `${host}:${ports.mistral}/v2`,
    ...(cacert ? { ST2_CACERT: cacert, OS_CACERT: cacert } : {}),
    TEMPORAL_ADDRESS: settings.temporalAddress,
    TEMPORAL_NAMESPACE: settings.temporalNamespace,
  };
}

/** Path of the file to `source`. */
export function envFile(dataFolder: string): string {
  return path.join(dataFolder, 'env');
}

/** Writes the variables as a file for a POSIX shell that only its owner may read: it holds a token. */
export async function writeEnvFile(dataFolder: string, settings: ClientSettings): Promise<void> {
  const lines = Object.entries(clientEnvironment(settings)).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  await writeSecret(envFile(dataFolder), lines.join(''));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
