/**
 * The HTTP server that st2api and st2auth share. It turns a {@link Route} into a fastify route: credential, permission,
 * query, body, answer, and errors in StackStorm's form.
 */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import fastifySwagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ValidationError } from '../../core/errors.ts';
import type { Config } from '../../platform/config/load-config.ts';
import { type Actor, auditRequests } from '../../platform/http/audit.ts';
import { limitRate } from '../../platform/http/limit-rate.ts';
import { listenerOptions } from '../../platform/http/listener-options.ts';
import { readRefusedBody } from '../../platform/http/read-refused-body.ts';
import { shownPath } from '../../platform/http/shown-path.ts';
import type { Logger } from '../../platform/logging/create-logger.ts';
import { observeHttp } from '../../platform/observability/observe-http.ts';
import type { Stores } from '../../stores/stores.ts';
import { authenticate } from './authenticate.ts';
import { type Authorizer, assertSubject, createAuthorizer } from './authorize.ts';
import { readBasic } from './basic-auth.ts';
import { parseFormBody, parseJsonBody } from './body.ts';
import { addCors } from './cors.ts';
import { toErrorAnswer } from './errors.ts';
import { assertFits } from './json-schema.ts';
import { normalizeUrl } from './normalize-url.ts';
import { openApiSchema, operationOf } from './openapi.ts';
import { parseQuery } from './query.ts';
import { ANYTHING, type Answer, type ApiRequest, type Requester, type RequestPart, type Route } from './route.ts';

declare module 'fastify' {
  interface FastifyRequest {
    requester: Requester | null;
    parts: readonly RequestPart[] | null;
  }
}

export interface HttpServerOptions {
  readonly name: string;
  readonly config: Config;
  readonly logger: Logger;
  readonly stores: Stores;
  readonly routes: readonly Route[];
  /** Requests a minute of one address; the setting for all listeners when absent. */
  readonly rateLimit?: number;
  /** Whether the parts that the service needs answer now. */
  readonly ready: () => Promise<boolean>;
}

const REQUEST_LIMIT_MS = 120_000;
const HEADERS_LIMIT_MS = 15_000;
const PARAMETER_LENGTH = 2_000;

/** Builds the server; it does not listen yet. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { config, logger, stores } = options;
  const server = Fastify({
    bodyLimit: config.api.body_limit,
    // As in StackStorm; and a stream that is asked for its head alone would go on for ever, with nobody to end it.
    exposeHeadRoutes: false,
    requestTimeout: REQUEST_LIMIT_MS,
    ...listenerOptions(config, { headersTimeout: HEADERS_LIMIT_MS }),
    rewriteUrl: (request) => normalizeUrl(request.url ?? '/'),
    genReqId: (request) => String(request.headers['x-request-id'] ?? randomUUID()),
    frameworkErrors: (error, request, reply) => {
      const answer = toErrorAnswer(error.code === 'FST_ERR_BAD_URL' ? badPath(request.originalUrl) : error);
      sendJson((reply as FastifyReply).code(answer.status), answer.body);
    },
    routerOptions: { maxParamLength: PARAMETER_LENGTH },
    clientErrorHandler: refuseTornRequest,
    forceCloseConnections: true,
    return503OnClosing: false,
  });
  observeHttp(server);
  auditRequests(server, { service: options.name, config, logger, actorOf, partsOf: ({ parts }) => parts });
  await limitRate(server, options.rateLimit ?? config.listeners.rate_limit);
  server.decorateRequest('requester', null);
  server.decorateRequest('parts', null);
  server.setValidatorCompiler(() => () => true);
  server.setSerializerCompiler(() => (data) => JSON.stringify(data));
  acceptBodies(server);
  addCors(server, config.api.allow_origin);
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  server.setErrorHandler((error, request, reply) => {
    const answer = toErrorAnswer(error);
    if (answer.status >= 500)
      logger.error({ err: error, method: request.method, path: shownPath(request.url) }, 'request failed');
    else
      logger.debug({ status: answer.status, method: request.method, path: shownPath(request.url) }, 'request refused');
    readRefusedBody(request, reply, answer.status);
    sendJson(reply.code(answer.status), answer.body);
  });
  server.setNotFoundHandler((_request, reply) => {
    sendJson(reply.code(404), { faultstring: 'The resource could not be found.' });
  });

  await server.register(fastifySwagger, openApiSchema(options.name));
  const authorizer = createAuthorizer(stores, config);
  await server.register(async (scope) => {
    for (const route of options.routes) addRoute(scope, route, { config, stores, authorizer });
  });
  addProbes(server, options.ready);
  return server;
}

/** A path whose bytes are no text; shown as Python's HTTP servers give it. */
function badPath(url: string): ValidationError {
  const [path = ''] = url.split('?');
  const shown = path.replace(/%([0-9a-f]{2})/gi, (_escape, byte) => String.fromCharCode(Number.parseInt(byte, 16)));
  return new ValidationError(
    `Failed to parse request path "${shown}". URL likely contains invalid or incorrectly URL encoded values.`,
  );
}

/** Answers by the code of Node's error. */
const TORN: Readonly<Record<string, readonly [status: number, reason: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
};

/** A request that is no HTTP (or too slow) gets an answer before its connection ends; a reset would tell nothing. */
function refuseTornRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason] = TORN[error.code ?? ''] ?? [400, 'Bad Request'];
  const body = JSON.stringify({ faultstring: reason });
  const head = `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
}

/** Whoever tries to log in has no credential yet: the name that is given counts, right or wrong. */
function actorOf({ requester, headers }: FastifyRequest): Actor {
  if (requester === null) return { user: basicUser(headers.authorization) };
  const { user, credential } = requester;
  return { user, ...(credential === undefined ? {} : { credential: { kind: credential.kind, id: credential.id } }) };
}

function basicUser(header: string | undefined): string | undefined {
  try {
    return readBasic(header).user;
  } catch {
    return undefined;
  }
}

/** Bytes rather than text: the framework would add a charset to the content type. */
function sendJson(reply: FastifyReply, body: unknown): FastifyReply {
  return reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(body) ?? 'null'));
}

function acceptBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (request, text, done) => {
    try {
      done(null, parseBody(request.headers['content-type'], String(text)));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** StackStorm reads both alike, whatever comes of the parts of the second. */
const FORMS = ['application/x-www-form-urlencoded', 'multipart/form-data'];

function parseBody(contentType: string | undefined, text: string): unknown {
  const type = (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json' || type === '') return parseJsonBody(text);
  if (type === 'text/plain') return text;
  if (FORMS.includes(type)) return parseFormBody(text);
  throw new ValidationError(`Failed to parse request body: Unsupported Content-Type: "${type}"`);
}

interface RouteDeps {
  readonly config: Config;
  readonly stores: Stores;
  readonly authorizer: Authorizer;
}

function addRoute(server: FastifyInstance, route: Route, deps: RouteDeps): void {
  server.route({
    method: route.method,
    url: route.path,
    schema: operationOf(route),
    onRequest: async (request, reply) => identify(route, deps, request, reply),
    handler: async (request, reply) => {
      const asked = toApiRequest(route, request);
      await assertSubject(route, deps.authorizer, asked);
      const answer = await route.handle(asked);
      request.parts = answer.parts ?? null;
      return send(reply, route, answer);
    },
  });
}

async function identify(route: Route, deps: RouteDeps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { permission } = route;
  if (permission === null) return;
  const requester = await findRequester(deps, request, reply);
  request.requester = requester;
  const params = request.params as Readonly<Record<string, string>>;
  const on = route.subject === undefined ? route.resourceUid?.(params) : ANYTHING;
  await deps.authorizer.assertAllowed(requester, permission, on);
}

async function findRequester(deps: RouteDeps, request: FastifyRequest, reply: FastifyReply): Promise<Requester> {
  const { config, stores, authorizer } = deps;
  if (!config.auth.enable) return { user: config.system.user, roles: [], isAdmin: true };
  const query = request.query as Readonly<Record<string, unknown>>;
  const { user, kind, id, location, cookie } = await authenticate(stores, { headers: request.headers, query });
  if (cookie !== undefined) {
    reply.header('set-cookie', `auth-token=${encodeURIComponent(cookie)}; Path=/; HttpOnly; SameSite=lax`);
  }
  const roles = await authorizer.rolesOf(user);
  return { user, roles, isAdmin: authorizer.isAdmin(roles), credential: { kind, location, id } };
}

function toApiRequest(route: Route, request: FastifyRequest): ApiRequest {
  const body = bodyOf(route, request);
  if (route.body !== undefined) assertFits(route.body, body);
  return {
    params: request.params as Readonly<Record<string, string>>,
    query: parseQuery(route.query ?? {}, request.query as Readonly<Record<string, unknown>>),
    body,
    headers: request.headers as Readonly<Record<string, string | undefined>>,
    address: request.ip,
    requester: request.requester ?? { user: '', roles: [], isAdmin: false },
  };
}

/** No body at all is an empty object, so that the schema names the first property that is missing. */
function bodyOf(route: Route, request: FastifyRequest): unknown {
  if (route.body === undefined || request.body !== undefined) return request.body;
  return {};
}

function send(reply: FastifyReply, route: Route, answer: Answer): FastifyReply {
  reply.code(answer.status ?? route.success ?? 200);
  if (answer.headers !== undefined) reply.headers(answer.headers);
  if (answer.type !== undefined) {
    // The framework would add a charset to texts of some types.
    const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
    return reply.header('content-type', answer.type).send(body);
  }
  if (answer.body === undefined) return reply.send();
  return sendJson(reply, answer.body);
}

/** Probes of supervisors and proxies: alive, and ready to serve. */
function addProbes(server: FastifyInstance, ready: () => Promise<boolean>): void {
  const probe = { schema: { hide: true }, exposeHeadRoute: true } as const;
  server.get('/healthz', probe, async (_request, reply) => sendJson(reply, { status: 'ok' }));
  server.get('/readyz', probe, async (_request, reply) => {
    const isReady = await ready().catch(() => false);
    return sendJson(reply.code(isReady ? 200 : 503), { status: isReady ? 'ready' : 'not ready' });
  });
  server.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => sendJson(reply, server.swagger()));
}
