import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { errorCode, errorMessage } from '../../core/errors.ts';
import type { Config } from '../../platform/config/load-config.ts';
import { auditRequests } from '../../platform/http/audit.ts';
import { limitRate } from '../../platform/http/limit-rate.ts';
import { listenerOptions } from '../../platform/http/listener-options.ts';
import { readRefusedBody } from '../../platform/http/read-refused-body.ts';
import { observeHttp } from '../../platform/observability/observe-http.ts';
import { isPassingFailure } from '../executions/passing-failure.ts';
import type { ApiContext } from './api-context.ts';
import { parseQueryText } from './listing.ts';
import { maskAnswers } from './mask-answers.ts';
import { registerAbsent } from './resources/absent.ts';
import { registerActionExecutions } from './resources/action-executions.ts';
import { registerActions } from './resources/actions.ts';
import { registerCronTriggers } from './resources/cron-triggers.ts';
import { registerDefinitions } from './resources/definitions.ts';
import { registerEnvironments } from './resources/environments.ts';
import { registerEventTriggers } from './resources/event-triggers.ts';
import { registerExecutions } from './resources/executions.ts';
import { registerReports } from './resources/reports.ts';
import { registerServices } from './resources/services.ts';
import { registerTasks } from './resources/tasks.ts';

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  VALIDATION: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PRECONDITION: 412,
  TOO_MANY_TRIES: 429,
  UNAVAILABLE: 503,
};

const RESOURCES = [
  registerDefinitions,
  registerActions,
  registerExecutions,
  registerTasks,
  registerActionExecutions,
  registerEnvironments,
  registerCronTriggers,
  registerEventTriggers,
  registerReports,
  registerServices,
  registerAbsent,
] as const;

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token came with it. */
    mistralUser: string | undefined;
  }
}

export interface AppOptions {
  readonly config: Config;
  /** The user, where one is asked for. @throws UnauthorizedError */
  readonly authenticate: (request: FastifyRequest) => Promise<string | undefined>;
  /** @throws when a part that is needed does not answer */
  readonly checkReady: () => Promise<void>;
}

/** Of one text a name: routes count on it. */
const querystringParser = (text: string) => parseQueryText(text) as Record<string, string>;

/** Mistral's API v2. */
export async function createApp(context: ApiContext, options: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: context.logger.child({ component: 'http' }, { level: 'warn' }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.config.api.body_limit,
    ...listenerOptions(options.config),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500, querystringParser },
  });
  observeHttp(app);
  const { config } = options;
  const actorOf = ({ mistralUser }: FastifyRequest) => ({ user: mistralUser });
  app.decorateRequest('mistralUser', undefined);
  auditRequests(app, { service: 'mistral-api', config, logger: context.logger, actorOf });
  await limitRate(app, config.listeners.rate_limit);
  // Clients send JSON as text and YAML as JSON: what a body is, the resource knows.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: FastifyError, request, reply) => sendError(context, error, request, reply));
  app.setNotFoundHandler((_request, reply) => sendFault(reply, 404, 'The resource could not be found.'));

  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async () => {
    await options.checkReady();
    return { status: 'ok' };
  });
  app.get('/', () => [{ id: 'v2.0', status: 'CURRENT', links: [{ target: 'v2', href: '/v2' }] }]);
  app.register(
    (v2, _, done) => {
      v2.addHook('onRequest', async (request) => {
        request.mistralUser = await options.authenticate(request);
      });
      if (config.api.mask_secrets) maskAnswers(v2, context.stores);
      v2.get('/', () => ({ uri: '/v2' }));
      for (const register of RESOURCES) register(v2, context);
      done();
    },
    { prefix: '/v2' },
  );
  return app;
}

function sendError(context: ApiContext, error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const away = isPassingFailure(error) ? 503 : undefined;
  const status = away ?? STATUS_BY_CODE[errorCode(error) ?? ''] ?? error.statusCode ?? 500;
  readRefusedBody(request, reply, status);
  if (status < 500) return sendFault(reply, status, errorMessage(error));
  context.logger.error({ err: error, method: request.method, url: request.url }, 'request failed');
  return sendFault(reply, status, status === 503 ? errorMessage(error) : 'Internal Server Error');
}

/** An error as Mistral's clients read it. */
function sendFault(reply: FastifyReply, status: number, faultstring: string) {
  const faultcode = status < 500 ? 'Client' : 'Server';
  return reply.code(status).send({ faultcode, faultstring, debuginfo: null });
}
