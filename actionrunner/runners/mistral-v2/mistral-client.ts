/** Calls of mistral-api, as the Mistral v2 API defines them; but for `If-Match`, which is ours. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TramontaneError } from '../../../core/errors.ts';
import { isTlsRefusal, requestFailure } from '../../../platform/http/request-failure.ts';
import { sendRequest } from '../../../platform/http/send-request.ts';
import { traceFields } from '../../../platform/observability/tracing.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
const GIVE_UP_AFTER_MS = 600_000;
const CALL_TIMEOUT_MS = 60_000;

/** mistral-api answered with a refusal; the message is its own. */
export class MistralApiError extends TramontaneError {
  readonly status: number;
  constructor(status: number, message: string) {
    super('MISTRAL_API', message, { status });
    this.status = status;
  }
}

export interface MistralExecution {
  readonly id: string;
  readonly workflow_name: string;
  readonly state: string;
  readonly task_execution_id?: string | null;
}

export interface MistralTask {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

type Kind = 'workflows' | 'workbooks';
type Values = Readonly<Record<string, unknown>>;
type Start = readonly [workflow: string, input: Values, params: Values];

interface Body {
  readonly text: string;
  readonly type: string;
  /** The request is meant for the definition with this checksum only. */
  readonly ifMatch?: string;
}

/** Answers that there is no such definition, or another one. */
const NOT_THIS_DEFINITION = [404, 412];

export interface MistralClient {
  /** The stored text of a definition; `undefined` when there is none. */
  definition(kind: Kind, name: string): Promise<string | undefined>;
  create(kind: Kind, definition: string): Promise<void>;
  update(kind: Kind, definition: string): Promise<void>;
  remove(kind: Kind, name: string): Promise<void>;
  start(...request: Start): Promise<MistralExecution>;
  /** Starts it if its stored definition is this text; `undefined` when there is none, or another. */
  startIf(definition: string, ...request: Start): Promise<MistralExecution | undefined>;
  execution(id: string): Promise<MistralExecution>;
  updateExecution(id: string, change: { readonly state?: string; readonly env?: Values }): Promise<void>;
  tasks(executionId: string): Promise<readonly MistralTask[]>;
  /** Workflows that a task started. */
  executionsOfTask(taskId: string): Promise<readonly MistralExecution[]>;
  rerunTask(id: string, reset: boolean, env: Values): Promise<void>;
  /** Tells of the run of a task: its state and what {@link ActionExecutionChange} says of it. */
  updateActionExecution(id: string, change: ActionExecutionChange): Promise<void>;
}

export interface ActionExecutionChange {
  readonly state: string;
  /** The one that it belongs to, so that it is found however many others run. */
  readonly workflowExecution: string | undefined;
  /** Id of the execution that carries the run out, and how many statuses it has had: what is older than the last one is not heard. */
  readonly mark: { readonly from: string; readonly number: number };
}

export interface MistralClientOptions {
  /** With `/v2`. */
  readonly baseUrl: string;
  readonly token?: string;
  /** Ends the repeating of calls. */
  readonly signal: AbortSignal;
  /** Asked before a call is repeated: what was right a minute ago may undo by now what came behind it. */
  readonly isStillWanted?: () => Promise<boolean>;
}

/** Calls are repeated while mistral-api cannot be reached, for up to ten minutes, as StackStorm's runner does. */
export function createMistralClient({ baseUrl, token, signal, isStillWanted }: MistralClientOptions): MistralClient {
  async function once(method: string, path: string, body: Body | undefined): Promise<unknown> {
    const { status, text } = await sendRequest(new URL(`${baseUrl}${path}`), {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': body.type }),
        ...(body?.ifMatch === undefined ? {} : { 'if-match': `"${body.ifMatch}"` }),
        ...traceFields(),
        ...(token === undefined ? {} : { 'x-auth-token': token }),
      },
      body: body?.text,
      // A call under way is not cut off by a cancel: what it did would be unknown.
      timeoutMs: CALL_TIMEOUT_MS,
    });
    if (status < 200 || status > 299) throw new MistralApiError(status, faultOf(text) ?? `HTTP ${status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  async function call(method: string, path: string, body?: Body): Promise<unknown> {
    const giveUp = Date.now() + GIVE_UP_AFTER_MS;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        return await once(method, path, body);
      } catch (error) {
        const passing =
          error instanceof MistralApiError ? error.status === 503 : !signal.aborted && !isTlsRefusal(error);
        if (!passing || Date.now() + wait > giveUp) throw withPlace(error, baseUrl);
        await sleep(wait, undefined, { signal });
        if (isStillWanted !== undefined && !(await isStillWanted())) throw withPlace(error, baseUrl);
      }
    }
  }

  const name = encodeURIComponent;
  const plain = (text: string): Body => ({ text, type: 'text/plain' });
  const json = (value: unknown): Body => ({ text: JSON.stringify(value), type: 'application/json' });
  const list = async <T>(path: string, key: string) =>
    ((await call('GET', path)) as Record<string, readonly T[]>)[key] ?? [];

  const start = async ([workflow, input, params]: Start, ifMatch?: string) => {
    const request = { workflow_name: workflow, input: JSON.stringify(input), params: JSON.stringify(params) };
    return (await call('POST', '/executions', { ...json(request), ifMatch })) as MistralExecution;
  };

  return {
    async definition(kind, of) {
      try {
        return ((await call('GET', `/${kind}/${name(of)}`)) as { readonly definition?: string }).definition;
      } catch (error) {
        if (error instanceof MistralApiError && error.status === 404) return undefined;
        throw error;
      }
    },
    create: async (kind, definition) => void (await call('POST', `/${kind}`, plain(definition))),
    update: async (kind, definition) => void (await call('PUT', `/${kind}`, plain(definition))),
    remove: async (kind, of) => void (await call('DELETE', `/${kind}/${name(of)}`)),
    start: async (...request) => await start(request),
    async startIf(definition, ...request) {
      try {
        return await start(request, createHash('md5').update(definition).digest('hex'));
      } catch (error) {
        if (error instanceof MistralApiError && NOT_THIS_DEFINITION.includes(error.status)) return undefined;
        throw error;
      }
    },
    execution: async (id) => (await call('GET', `/executions/${name(id)}`)) as MistralExecution,
    async updateExecution(id, { state, env }) {
      const change = {
        ...(state === undefined ? {} : { state }),
        ...(env === undefined ? {} : { params: JSON.stringify({ env }) }),
      };
      await call('PUT', `/executions/${name(id)}`, json(change));
    },
    tasks: (id) => list<MistralTask>(`/executions/${name(id)}/tasks`, 'tasks'),
    executionsOfTask: (id) => list<MistralExecution>(`/executions?task_execution_id=${name(id)}`, 'executions'),
    rerunTask: async (id, reset, env) =>
      void (await call('PUT', `/tasks/${name(id)}`, json({ id, state: 'RUNNING', reset, env: JSON.stringify(env) }))),
    async updateActionExecution(id, { state, workflowExecution, mark }) {
      const hint = workflowExecution === undefined ? '' : `?workflow_execution_id=${name(workflowExecution)}`;
      await call('PUT', `/action_executions/${name(id)}${hint}`, json({ state, mark }));
    },
  };
}

function faultOf(text: string): string | undefined {
  try {
    const body = JSON.parse(text) as { readonly faultstring?: unknown };
    return typeof body.faultstring === 'string' ? body.faultstring : undefined;
  } catch {
    // not from mistral-api itself: a proxy, a crash
    return undefined;
  }
}

function withPlace(error: unknown, baseUrl: string): unknown {
  if (error instanceof MistralApiError) return error;
  return new Error(requestFailure('mistral-api', baseUrl, error), { cause: error });
}
