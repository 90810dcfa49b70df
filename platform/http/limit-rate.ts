import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { TramontaneError } from '../../core/errors.ts';

/**
 * Refuses requests of an address beyond so many a minute with 429 and `retry-after`. Each process counts for itself.
 *
 * @param perMinute 0: no limit
 */
export async function limitRate(server: FastifyInstance, perMinute: number): Promise<void> {
  if (perMinute <= 0) return;
  await server.register(rateLimit, {
    max: perMinute,
    timeWindow: '1 minute',
    // Probes of supervisors must get through whatever users do.
    allowList: (request) => request.url === '/healthz' || request.url === '/readyz',
    errorResponseBuilder: (_request, { max, after }) =>
      new TramontaneError('TOO_MANY_TRIES', `More than ${max} requests a minute: try again in ${after}.`),
  });
}
