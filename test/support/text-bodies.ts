import type { FastifyInstance } from 'fastify';

/** Hands bodies on as texts, as mistral-api does: its resources read them. */
export function takeTextBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}
