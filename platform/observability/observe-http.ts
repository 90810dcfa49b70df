import type { FastifyInstance, FastifyRequest } from 'fastify';
import { metrics } from './metrics.ts';
import { isTracing, withSpan } from './tracing.ts';

/** Probes are no work: they are neither counted nor traced. */
const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** Counts the requests of a server by route, and begins a span (or goes on with the caller's) for each. */
export function observeHttp(server: FastifyInstance): void {
  server.addHook('onResponse', async (request, reply) => {
    const route = routeOf(request);
    if (PROBES.has(route)) return;
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    metrics.httpRequests.observe(labels, reply.elapsedTime / 1_000);
  });
  if (!isTracing()) return;
  server.addHook('onRequest', (request, reply, done) => {
    const route = routeOf(request);
    if (PROBES.has(route)) return done();
    const attributes = { 'http.request.method': request.method, 'http.route': route };
    const span = { kind: 'server', parent: request.headers.traceparent, attributes } as const;
    const answered = () => new Promise<void>((resolve) => reply.raw.once('close', resolve));
    // What follows of this request runs within the span, which ends with the answer.
    void withSpan(`${request.method} ${route}`, span, () => {
      done();
      return answered();
    });
    return undefined;
  });
}

/** The pattern, not the path: ids would make as many series as there are objects. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unknown';
}
