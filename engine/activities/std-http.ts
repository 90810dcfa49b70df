import { ApplicationFailure } from '@temporalio/common';
import { errorMessage } from '../../core/errors.ts';
import { parseExactly } from '../../core/python/exact-json.ts';
import { actionFailure } from '../../platform/temporal/action-failure.ts';
import type { Activities, St2ActionRequest } from '../contract.ts';
import { httpSeconds } from '../outside-limits.ts';

type Input = Readonly<Record<string, unknown>>;

/** Bytes of an answer that are taken in. */
const ANSWER_LIMIT = 20 * 1024 * 1024;

/**
 * `std.http`: parameters and result are those of Mistral's HTTP action; a status outside 200..306 is a failure.
 *
 * @throws ApplicationFailure of the action: whatever goes wrong, the request is not sent again
 */
export async function sendHttp(input: Input): Promise<unknown> {
  try {
    return await exchange(input);
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw actionFailure({ status: 'failed', result: `Failed to send HTTP request: ${errorMessage(cause)}` });
  }
}

async function exchange(input: Input): Promise<unknown> {
  const started = Date.now();
  const response = await request(input);
  const text = await readText(response);
  const result = {
    content: parseContent(text),
    status: response.status,
    headers: Object.fromEntries(response.headers),
    url: response.url,
    history: [],
    encoding: 'utf-8',
    reason: response.statusText,
    cookies: {},
    elapsed: (Date.now() - started) / 1_000,
  };
  if (response.status < 200 || response.status > 306) throw actionFailure({ status: 'failed', result });
  return result;
}

/** `std.mistral_http`: sends the request with the ids of the run. Its workflow then waits for the completion through mistral-api. */
export function createMistralHttp(mistralUrl: string): Activities['std.mistral_http'] {
  return async ({ input, run, workflow }: St2ActionRequest) => {
    const headers = {
      ...(input.headers as Record<string, string> | null | undefined),
      'Mistral-Workflow-Name': workflow.name,
      'Mistral-Workflow-Execution-Id': workflow.execution_id,
      'Mistral-Task-Id': run.task_id,
      'Mistral-Action-Execution-Id': run.uuid,
      'Mistral-Callback-URL': `${mistralUrl}/action_executions/${run.uuid}`,
    };
    await sendHttp({ ...input, headers });
    return null;
  };
}

async function request(input: Input): Promise<Response> {
  const url = new URL(String(input.url));
  for (const [name, value] of Object.entries((input.params as object | null) ?? {})) {
    url.searchParams.append(name, String(value));
  }
  const headers = new Headers((input.headers as Record<string, string> | null) ?? {});
  const body = toBody(input, headers);
  if (Array.isArray(input.auth) || typeof input.auth === 'string') {
    const pair = Array.isArray(input.auth) ? input.auth.join(':') : input.auth;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  }
  const cookies = Object.entries((input.cookies as object | null) ?? {});
  if (cookies.length > 0) headers.set('cookie', cookies.map(([name, value]) => `${name}=${value}`).join('; '));
  const seconds = httpSeconds(input);
  if (seconds === undefined) throw new Error(`The timeout ${JSON.stringify(input.timeout)} is no number of seconds.`);
  return await fetch(url, {
    method: String(input.method ?? 'GET').toUpperCase(),
    headers,
    body,
    redirect: input.allow_redirects === false ? 'manual' : 'follow',
    // Holds for the body of the answer as well.
    signal: AbortSignal.timeout(Math.ceil(seconds * 1_000)),
    ...withoutOtherLimits(),
  });
}

/** What sends the requests of `fetch`, as far as it is used here. Source: undici's `Dispatcher`, which Node's documentation of `fetch` refers to. */
interface Dispatcher {
  dispatch(options: object, handler: unknown): boolean;
}

/** Where undici, which `fetch` is a part of, keeps it. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/** Lets an answer be silent for longer than the five minutes that `fetch` allows: the action has a timeout of its own. */
function withoutOtherLimits(): { readonly dispatcher?: never } {
  const { [DISPATCHER]: usual } = globalThis as { readonly [DISPATCHER]?: Dispatcher };
  if (usual === undefined) return {};
  const dispatcher: Dispatcher = {
    dispatch: (options, handler) => usual.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler),
  };
  return { dispatcher: dispatcher as never };
}

function toBody(input: Input, headers: Headers): string | undefined {
  if (input.json !== undefined && input.json !== null) {
    headers.set('content-type', 'application/json');
    return JSON.stringify(input.json);
  }
  if (input.body === undefined || input.body === null) return undefined;
  return typeof input.body === 'string' ? input.body : JSON.stringify(input.body);
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > ANSWER_LIMIT) {
      throw actionFailure({ status: 'failed', result: `The answer is bigger than ${ANSWER_LIMIT} bytes.` });
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parseContent(text: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    return text; // As it came: Mistral shows text that is no JSON.
  }
}
