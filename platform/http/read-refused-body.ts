import type { FastifyReply, FastifyRequest } from 'fastify';

const TOO_LARGE = 413;

/**
 * To be called before a refusal is sent. A body that is too large is read to its declared end and thrown away: a connection that is closed
 * while the client still sends is reset, and the client never sees why it was refused.
 */
export function readRefusedBody(request: FastifyRequest, reply: FastifyReply, status: number): void {
  if (status === TOO_LARGE && request.headers['content-length'] !== undefined) reply.removeHeader('connection');
}
