import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { RunContext, RunnerServices } from '../../../actionrunner/runners/contract.ts';
import { mistralV2Runner } from '../../../actionrunner/runners/mistral-v2/runner.ts';
import { runContext } from './support/run-context.ts';

describe('pause of a workflow that is a task of another one', () => {
  let server: Server;
  /** What mistral-api was asked for: the resource and the state. */
  let calls: string[];
  let isOver: boolean;
  let isAway: boolean;
  /** State of the workflow when it is asked for. */
  let stored: string;

  before(async () => {
    server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (request.method === 'GET') return response.end(JSON.stringify({ state: stored }));
      const { state } = (await json(request)) as { readonly state: string };
      calls.push(`${pathname} ${state}`);
      const refused = isOver && pathname === '/v2/executions/child';
      if (isAway) return response.writeHead(503).end();
      response.writeHead(refused ? 400 : 200).end(refused ? '{"faultstring": "It is over."}' : '{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => server.close());
  beforeEach(() => {
    calls = [];
    isOver = false;
    isAway = false;
    stored = 'RUNNING';
  });

  /** @param now status of the execution in the database */
  function childContext(now = 'pausing'): RunContext {
    const { port } = server.address() as AddressInfo;
    const context = runContext({ env: { ST2_MISTRAL__V2_BASE_URL: `http://127.0.0.1:${port}/v2` } });
    const mistral = { execution_id: 'child', action_execution_id: 'run', workflow_execution_id: 'parent' };
    const execution = { ...context.execution, status: 'pausing' as const, context: { mistral, parent: {} }, log: [] };
    const more = {
      actions: { children: async () => [] },
      stores: { executions: { get: async () => ({ status: now }) } },
    };
    const services = { ...context.services, ...more } as unknown as RunnerServices;
    return { ...context, execution, services };
  }

  it('tells the parent before anybody can see that it is paused, and resume it', async () => {
    assert.deepEqual(await mistralV2Runner.pause?.(childContext()), { status: 'pausing' });
    assert.deepEqual(calls, ['/v2/action_executions/run PAUSED', '/v2/executions/child PAUSED']);
  });

  it('is not said again when the execution has gone on while mistral-api was away', async () => {
    isAway = true;
    await assert.rejects(async () => mistralV2Runner.pause?.(childContext('running')), /503/);
    assert.deepEqual(calls, ['/v2/action_executions/run PAUSED']);
  });

  it('is no failure of a workflow that has ended: its parent hears of the end only', async () => {
    stored = 'SUCCESS';
    assert.deepEqual(await mistralV2Runner.pause?.(childContext()), { status: 'pausing' });
    assert.deepEqual(calls, []);
  });

  it('is no failure of a workflow that ends at this very moment', async () => {
    isOver = true;
    assert.deepEqual(await mistralV2Runner.pause?.(childContext()), { status: 'pausing' });
  });
});
