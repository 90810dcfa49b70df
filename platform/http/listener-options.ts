import type { ServerOptions } from 'node:https';
import type { Config } from '../config/load-config.ts';
import { readTlsFiles } from '../config/tls.ts';

/** The part of a server's options that settings decide for all our listeners: TLS, and whose word on a client's address counts. */
export function listenerOptions(config: Config, limits: Pick<ServerOptions, 'headersTimeout'> = {}) {
  const { listeners } = config;
  const tls = readTlsFiles(listeners);
  const trustProxy = [...listeners.trusted_proxies];
  if (tls === undefined) return { trustProxy, http: limits };
  const clients = tls.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
  return { trustProxy, https: { ...limits, ...tls, ...clients, minVersion: 'TLSv1.2' } as ServerOptions } as never;
}
