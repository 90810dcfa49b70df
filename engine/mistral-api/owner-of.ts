import type { FastifyRequest } from 'fastify';

/** What is stored of who has made a trigger: what it starts acts as that user. Nothing where nobody is asked for a token. */
export function ownerOf({ mistralUser }: FastifyRequest): { readonly user?: string } {
  return mistralUser === undefined ? {} : { user: mistralUser };
}
