import { createToken, findToken } from '../../action-service/tokens.ts';
import { TramontaneError, ValidationError } from '../../core/errors.ts';
import { apiBaseUrl, type Config } from '../../platform/config/load-config.ts';
import { metrics } from '../../platform/observability/metrics.ts';
import type { Stores } from '../../stores/stores.ts';
import { toTimestamp } from '../lists/presentation.ts';
import { invalidCredentials, readBasic } from '../server/basic-auth.ts';
import type { JsonSchema } from '../server/json-schema.ts';
import type { Answer, ApiRequest, Route } from '../server/route.ts';
import type { PasswordBackend } from './htpasswd.ts';
import type { LoginThrottle } from './throttle.ts';
import { ensureUser, impersonatedUser } from './users.ts';

const TOKEN_REQUEST: JsonSchema = {
  type: 'object',
  properties: {
    ttl: { type: ['integer', 'null'], minimum: 1 },
    user: { type: ['string', 'null'] },
    impersonate_user: { type: ['string', 'null'] },
    nickname_origin: { type: ['string', 'null'] },
  },
};

const VALIDATION_REQUEST: JsonSchema = {
  type: 'object',
  properties: { token: { type: ['string', 'null'] } },
};

export interface AuthDeps {
  readonly config: Config;
  readonly stores: Stores;
  readonly passwords: PasswordBackend;
  readonly throttle: LoginThrottle;
}

interface TokenRequest {
  readonly ttl?: number | null;
  readonly user?: string | null;
  readonly impersonate_user?: string | null;
  readonly nickname_origin?: string | null;
}

/** Public address of the API, for the header by which clients find it. */
function apiUrl(config: Config): string {
  return config.auth.api_url || apiBaseUrl(config);
}

/**
 * Behind a web server that has checked who it is: the header it sets names the user. st2client, which may reach st2auth directly,
 * names itself by the name of its Basic header (`ProxyAuthHandler`).
 */
function proxiedUser({ headers }: ApiRequest): string {
  const named = headers['x-forwarded-user'];
  return named === undefined || named === '' ? readBasic(headers.authorization).user : named;
}

async function checkedUser({ config, passwords, throttle }: AuthDeps, request: ApiRequest): Promise<string> {
  if (config.auth.mode === 'proxy') return proxiedUser(request);
  const { user, password } = readBasic(request.headers.authorization);
  const key = `${user}\n${request.address}`;
  const wait = throttle.waitFor(key);
  if (wait > 0) throw new TramontaneError('TOO_MANY_TRIES', `Too many failed logins, try again in ${wait} s.`);
  if (await passwords.authenticate(user, password)) {
    throttle.succeeded(key);
    metrics.logins.inc({ outcome: 'accepted' });
    return user;
  }
  throttle.failed(key);
  metrics.logins.inc({ outcome: 'refused' });
  throw invalidCredentials();
}

async function makeToken(deps: AuthDeps, request: ApiRequest): Promise<Answer> {
  const { config, stores } = deps;
  const body = request.body as TokenRequest;
  const login = await checkedUser(deps, request);
  await ensureUser(stores, login);
  const user = await impersonatedUser(stores, login, body);
  const ttl = body.ttl ?? config.auth.token_ttl;
  if (ttl > config.auth.token_ttl)
    throw new ValidationError(`TTL specified ${ttl} is greater than max allowed ${config.auth.token_ttl}.`);
  const { record, token } = await createToken(stores, { user, ttl });
  return {
    headers: { 'x-api-url': apiUrl(config) },
    body: {
      user,
      token,
      expiry: toTimestamp(record.expiry),
      metadata: record.metadata,
      service: record.service,
      id: record.id,
    },
  };
}

async function validateToken({ stores }: AuthDeps, request: ApiRequest): Promise<Answer> {
  const { token } = request.body as { token?: string | null };
  if (token === undefined || token === null || token === '') throw new ValidationError('Token is not provided.');
  const found = await findToken(stores, token);
  return { body: { valid: found !== undefined && found !== 'expired' } };
}

/** There as in a StackStorm without a provider of identities, which answers the same. */
const SINGLE_SIGN_ON = [
  ['GET', '/sso/request', 'Begin to log in by single sign-on'],
  ['POST', '/sso/callback', 'Where a provider of identities sends its users'],
] as const;
const NO_SINGLE_SIGN_ON =
  'The default "noop" SSO backend is not a proper implementation. Please refer to the enterprise version for configuring SSO.';

/** Routes of st2auth. */
export function authRoutes(deps: AuthDeps): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/tokens',
      summary: 'Get a token for a name and password',
      permission: null,
      body: TOKEN_REQUEST,
      success: 201,
      handle: (request) => makeToken(deps, request),
    },
    {
      method: 'POST',
      path: '/tokens/validate',
      summary: 'Whether a token is valid',
      permission: 'user_view',
      body: VALIDATION_REQUEST,
      handle: (request) => validateToken(deps, request),
    },
    {
      method: 'GET',
      path: '/sso',
      summary: 'Whether single sign-on is on',
      permission: null,
      handle: async () => ({ body: { enabled: false } }),
    },
    ...SINGLE_SIGN_ON.map(
      ([method, path, summary]): Route => ({
        method,
        path,
        summary,
        permission: null,
        handle: async () => ({ status: 500, body: { faultstring: NO_SINGLE_SIGN_ON } }),
      }),
    ),
  ];
}
