import type { FastifyInstance } from 'fastify';
import type { Config } from '../../platform/config/load-config.ts';
import type { Service } from '../../platform/lifecycle.ts';

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** Whether only this machine reaches an address. */
export const isLoopback = (host: string): boolean => LOOPBACK.includes(host);

/**
 * The listening of a server as a part of its service.
 *
 * @throws Error in one sentence when the port is taken, or when authentication is off on an address that others reach
 */
export function createHttpService(
  server: FastifyInstance,
  address: { readonly host: string; readonly port: number },
  auth: Config['auth'],
): Service {
  return {
    async start() {
      if (!auth.enable && !isLoopback(address.host)) {
        throw new Error(`Authentication may be off (ST2_AUTH__ENABLE) only on loopback, not on ${address.host}.`);
      }
      await server.listen({ host: address.host, port: address.port }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE') throw error;
        throw new Error(`The port ${address.port} on ${address.host} is in use.`);
      });
    },
    stop: () => server.close(),
  };
}
