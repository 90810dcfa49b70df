import assert from 'node:assert/strict';
import type { RunningServices } from './running-services.ts';
import { waitFor } from './wait-for.ts';

/** An execution, as mistral-api shows it. */
export type MistralAnswer = Record<string, unknown> & { readonly id: string; readonly state: string };

/** Requests to mistral-api, without a token. */
export interface MistralCalls {
  call(
    method: string,
    target: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: unknown }>;
  /** Uploads the definition unless it is there, and starts the workflow; the id of its execution. */
  start(definition: string, workflow: string, input?: unknown, params?: unknown): Promise<string>;
  untilState(id: string, state: string): Promise<MistralAnswer>;
}

/** @param services asked for at each call: they are started after the tests are declared */
export function mistralCalls(services: () => RunningServices): MistralCalls {
  const call: MistralCalls['call'] = async (method, target, body, headers = {}) => {
    const response = await fetch(`${services().mistralUrl}${target}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  return {
    call,
    async start(definition, workflow, input = {}, params = {}) {
      const made = await call('POST', '/workflows', definition);
      assert.ok(made.status === 201 || made.status === 409, JSON.stringify(made.body));
      const started = await call('POST', '/executions', { workflow_name: workflow, input, params });
      assert.equal(started.status, 201, JSON.stringify(started.body));
      return (started.body as MistralAnswer).id;
    },
    untilState: (id, state) =>
      waitFor(
        async () => {
          const { body } = await call('GET', `/executions/${id}`);
          return (body as MistralAnswer).state === state ? (body as MistralAnswer) : undefined;
        },
        { what: `execution ${id} in state ${state}` },
      ),
  };
}
