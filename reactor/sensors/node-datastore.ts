/** The datastore as JavaScript sensors see it: over the API, with the token they were given. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isTlsRefusal } from '../../platform/http/request-failure.ts';

const AWAY_FOR_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

export interface ValueOptions {
  /** Under `<pack>.<class>:`; true when absent. */
  readonly local?: boolean;
  readonly ttl?: number;
  readonly encrypt?: boolean;
  readonly decrypt?: boolean;
}

export interface DatastoreClient {
  getValue(name: string, options?: ValueOptions): Promise<string | undefined>;
  setValue(name: string, value: string, options?: ValueOptions): Promise<void>;
  deleteValue(name: string, options?: ValueOptions): Promise<void>;
}

/** @param owner `<pack>.<class>` */
export function createDatastoreClient(
  env: Readonly<Record<string, string | undefined>>,
  owner: string,
): DatastoreClient {
  const keyOf = (name: string, options: ValueOptions | undefined) =>
    options?.local === false ? name : `${owner}:${name}`;

  async function request(method: string, key: string, query: string, body?: unknown): Promise<Response> {
    const response = await sendUntilTaken(`${env.ST2_API_URL}/keys/${encodeURIComponent(key)}${query}`, {
      method,
      headers: { 'X-Auth-Token': env.ST2_AUTH_TOKEN ?? '', 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok && response.status !== 404) throw new Error(`${method} of key "${key}": ${response.status}`);
    return response;
  }

  return {
    async getValue(name, options) {
      const response = await request('GET', keyOf(name, options), `?decrypt=${options?.decrypt === true}`);
      if (response.status === 404) return undefined;
      return ((await response.json()) as { readonly value: string }).value;
    },
    async setValue(name, value, options) {
      const key = keyOf(name, options);
      const secret = options?.encrypt === true ? { secret: true } : {};
      const ttl = options?.ttl === undefined ? {} : { ttl: options.ttl };
      await request('PUT', key, '', { name: key, value, scope: 'system', ...secret, ...ttl });
    },
    async deleteValue(name, options) {
      await request('DELETE', keyOf(name, options), '');
    },
  };
}

/** An API that is away for a moment, as while it is started again, is waited for. Each of these requests may be sent twice. */
async function sendUntilTaken(url: string, request: RequestInit): Promise<Response> {
  const deadline = Date.now() + AWAY_FOR_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await fetch(url, request);
    } catch (error) {
      // `fetch` fails only where there was no answer.
      if (isTlsRefusal(error) || Date.now() >= deadline) throw error;
    }
    await sleep(pause);
  }
}
