/** The API as a client on the command line reaches it: with the variables that the `st2` client reads. */
import { TramontaneError, UnavailableError, ValidationError } from '../core/errors.ts';
import { failureText } from '../platform/http/request-failure.ts';

const TIMEOUT_MS = 30_000;

export interface ClientApi {
  /** A record; `undefined` when there is none. @throws TramontaneError with the API's own sentence */
  find<T = Readonly<Record<string, unknown>>>(path: string): Promise<T | undefined>;
  /** @throws TramontaneError with the API's own sentence */
  post<T>(path: string, body?: unknown): Promise<T>;
}

type Environment = Readonly<Record<string, string | undefined>>;

function credentials(env: Environment): Readonly<Record<string, string>> {
  if (env.ST2_AUTH_TOKEN) return { 'x-auth-token': env.ST2_AUTH_TOKEN };
  if (env.ST2_API_KEY) return { 'st2-api-key': env.ST2_API_KEY };
  throw new ValidationError('Set ST2_AUTH_TOKEN or ST2_API_KEY (after npm start: source .tramontane/env).');
}

/** @throws ValidationError without a credential */
export function apiOfEnvironment(env: Environment): ClientApi {
  const base = env.ST2_API_URL || `${env.ST2_BASE_URL || 'http://127.0.0.1'}:9101/v1`;
  const headers = credentials(env);

  async function send(method: string, path: string, body?: unknown): Promise<Response> {
    try {
      return await fetch(`${base}${path}`, {
        method,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw new UnavailableError(`The API at ${base} does not answer: ${failureText(error)} (ST2_API_URL)`, {}, error);
    }
  }

  async function answerOf<T>(response: Response): Promise<T> {
    const answer = (await response.json().catch(() => ({}))) as T & { readonly faultstring?: unknown };
    if (response.ok) return answer;
    const { faultstring } = answer;
    throw new TramontaneError(
      'VALIDATION',
      typeof faultstring === 'string' ? faultstring : `The API answers with status ${response.status}.`,
    );
  }

  return {
    async find<T>(path: string) {
      const response = await send('GET', path);
      return response.status === 404 ? undefined : answerOf<T>(response);
    },
    post: async <T>(path: string, body?: unknown) => answerOf<T>(await send('POST', path, body)),
  };
}
