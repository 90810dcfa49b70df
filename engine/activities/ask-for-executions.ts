import { ApplicationFailure } from '@temporalio/activity';
import { gather } from '../../platform/gather.ts';
import { requestFailure } from '../../platform/http/request-failure.ts';
import { type ServiceAnswer, sendRequest } from '../../platform/http/send-request.ts';
import { isTracing, traceFields } from '../../platform/observability/tracing.ts';

/** What a task asks st2api for. */
export interface ExecutionAsk {
  /** Of the user in whose name it is asked. */
  readonly token: string | undefined;
  /** The workflow, and when it had the task's activity scheduled: milliseconds since the epoch, by Temporal's clock. */
  readonly workflowId: string;
  readonly scheduledAt: number;
  /** How many it had scheduled in one breath with it, this one among them, where it has said so. */
  readonly together?: number;
  /** The same key, the same execution. */
  readonly idempotencyKey: string;
  /** Body of `POST /v1/executions`. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ExecutionAnswer extends ServiceAnswer {
  /** The text as JSON; `undefined` when it is none. */
  readonly body: unknown;
}

/** An ask as it is sent. */
interface Written {
  readonly headers: Readonly<Record<string, string>>;
  readonly idempotencyKey: string;
  readonly text: string;
  /** Whether others will come after it: the workflow has said so, or it looks like it. */
  readonly followed: 'surely' | 'likely' | 'no';
}

/** Asks in one request at most. */
const TOGETHER = 50;
/** For how long an ask waits for the answer to those before it. Milliseconds. */
const PATIENCE_MS = 50;
/** How often an ask goes out with which others are to be expected, while they come. Milliseconds. */
const RHYTHM_MS = 50;
/** Tasks that were scheduled closely after each other come so, too. Milliseconds. */
const QUIET_MS = 4;
/** Tasks that a workflow has scheduled so short after each other do not wait for each other: no action is that fast. Milliseconds. */
const AT_ONCE_MS = 5;
/** Workflows of which it is remembered when they have last scheduled a task. */
const REMEMBERED = 1_000;
/** A larger body goes alone. Characters. */
const SMALL = 32_768;
/** Of an st2api of before, which takes one at a time. */
const NO_SUCH_ROUTE = [404, 405];

/**
 * Makes the function that asks st2api for executions. What is asked for while an answer is awaited goes out in one request: a request
 * costs both sides more than what is asked for in it.
 *
 * @param apiUrl base address, without version
 * @param quietMs when none has come for so long, all that were scheduled in one breath are there
 * @throws ApplicationFailure (of the function, may be tried again) when st2api does not answer
 */
export function createExecutionAsker(
  apiUrl: string,
  quietMs: number = QUIET_MS,
): (ask: ExecutionAsk) => Promise<ExecutionAnswer> {
  const single = new URL(`${apiUrl}/v1/executions`);
  const bulk = new URL(`${apiUrl}/v1/executions/bulk`);

  const askAlone = ({ headers, idempotencyKey, text }: Written) =>
    post(single, { ...headers, 'idempotency-key': idempotencyKey, prefer: 'return=minimal' }, text);

  const askEach = (asks: readonly Written[]) => Promise.all(asks.map(askAlone));

  async function askTogether(asks: readonly Written[]): Promise<readonly ExecutionAnswer[]> {
    const [first] = asks;
    if (first === undefined || asks.length === 1) return askEach(asks);
    const items = asks.map(({ idempotencyKey, text }) => `{"key":${JSON.stringify(idempotencyKey)},"request":${text}}`);
    const answer = await post(bulk, first.headers, `[${items.join(',')}]`);
    if (NO_SUCH_ROUTE.includes(answer.status)) return askEach(asks);
    if (!Array.isArray(answer.body)) return asks.map(() => answer);
    return answer.body.map(({ status, body }) => ({
      status,
      headers: answer.headers,
      body,
      text: JSON.stringify(body),
    }));
  }

  const ask = gather(askTogether, {
    most: TOGETHER,
    patienceMs: PATIENCE_MS,
    keptUntil: ({ followed }, { now, lastBegin }) =>
      followed === 'no' ? now : (followed === 'surely' ? now : lastBegin) + RHYTHM_MS,
    quietMs,
    kindOf: ({ headers }) => headers['x-auth-token'],
  });

  const breaths = new Map<string, { readonly at: number; readonly asked: number }>();

  /** Whether others of the workflow come after it: the last one must not wait for them, nor any task of a sequence. */
  function followed(workflowId: string, at: number, together: number | undefined): Written['followed'] {
    const before = breaths.get(workflowId);
    const isSameBreath = before !== undefined && Math.abs(at - before.at) <= AT_ONCE_MS;
    const asked = isSameBreath ? before.asked + 1 : 1;
    if (breaths.size >= REMEMBERED) breaths.clear();
    breaths.set(workflowId, { at, asked });
    if (together !== undefined) return asked % together > 0 ? 'surely' : 'no';
    return isSameBreath ? 'likely' : 'no';
  }

  return async ({ token, workflowId, scheduledAt, together, idempotencyKey, body }) => {
    const text = JSON.stringify(body);
    const headers = {
      'content-type': 'application/json',
      ...traceFields(),
      ...(token === undefined ? {} : { 'x-auth-token': token }),
    };
    const written = { headers, idempotencyKey, text, followed: followed(workflowId, scheduledAt, together) };
    // A trace goes by the headers of its own request.
    return isTracing() || text.length > SMALL ? askAlone(written) : ask(written);
  };
}

async function post(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<ExecutionAnswer> {
  const answer = await sendRequest(url, { method: 'POST', headers, body }).catch((error: unknown) => {
    throw ApplicationFailure.retryable(requestFailure('st2api', url.href, error), 'ApiError');
  });
  return { ...answer, body: parseOrUndefined(answer.text) };
}

/** An answer that is no JSON is shown as text. */
function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
