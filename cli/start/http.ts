import { UnavailableError } from '../../core/errors.ts';
import { failureText } from '../../platform/http/request-failure.ts';

/** One JSON request to a service of ours. */
export interface JsonRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * Sends a request and returns the parsed body.
 *
 * @throws UnavailableError on no answer, or on a status of 400 or more with the service's own words
 */
export async function requestJson<T>(url: string, request: JsonRequest = {}): Promise<T> {
  const { method = 'GET', headers = {}, body } = request;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    text = await response.text();
  } catch (error) {
    throw new UnavailableError(`${method} ${url} got no answer: ${failureText(error)}`, {}, error);
  }
  if (!response.ok) throw new UnavailableError(`${method} ${url} answered ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}
