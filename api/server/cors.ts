import type { FastifyInstance } from 'fastify';

const DEFAULT_ORIGINS = ['http://127.0.0.1:3000', 'http://localhost:8080', 'http://127.0.0.1:8080'];

const FIXED = {
  'access-control-allow-methods': 'GET,POST,PUT,DELETE,OPTIONS',
  'access-control-allow-headers': 'Content-Type,Authorization,X-Auth-Token,St2-Api-Key,X-Request-ID',
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'Content-Type,X-Limit,X-Total-Count,X-Request-ID',
} as const;

/** The CORS headers of every answer, for requests from an origin (if any). */
export function corsHeaders(allowed: readonly string[], origin: string | undefined): Readonly<Record<string, string>> {
  const origins = [...allowed, ...DEFAULT_ORIGINS];
  const granted = origin !== undefined && (origins.includes('*') || origins.includes(origin)) ? origin : origins[0];
  return { 'access-control-allow-origin': granted ?? '', vary: 'Origin', ...FIXED };
}

/** Sets the headers on every answer and answers preflight requests, as StackStorm does on any path. */
export function addCors(server: FastifyInstance, allowed: readonly string[]): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(corsHeaders(allowed, request.headers.origin));
    if (request.method === 'OPTIONS') await reply.code(200).send();
  });
}
