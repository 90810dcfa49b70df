import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { json, text } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { RunContext, RunnerServices } from '../../../actionrunner/runners/contract.ts';
import { mistralV2Runner } from '../../../actionrunner/runners/mistral-v2/runner.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitFor } from '../../support/wait-for.ts';
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

  /** @param since statuses that the execution has had since the order */
  function childContext(...since: readonly string[]): RunContext {
    const { port } = server.address() as AddressInfo;
    const context = runContext({ env: { ST2_MISTRAL__V2_BASE_URL: `http://127.0.0.1:${port}/v2` } });
    const mistral = { execution_id: 'child', action_execution_id: 'run', workflow_execution_id: 'parent' };
    const log = [{ timestamp: new Date(), status: 'pausing' as const }];
    const execution = { ...context.execution, status: 'pausing' as const, context: { mistral, parent: {} }, log };
    const more = {
      actions: { children: async () => [] },
      stores: { executions: { get: async () => ({ log: [...log, ...since] }) } },
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
    await assert.rejects(async () => mistralV2Runner.pause?.(childContext('running', 'pausing')), /503/);
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

describe('start of a workflow', () => {
  let server: Server;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let file: string;
  /** What mistral-api was asked for. */
  let calls: string[];
  /** The definition that it has. */
  let stored: string | undefined;
  /** Parameters of the action that the workflow calls. */
  let parameters: Record<string, unknown>;
  /** Raised when this process writes actions. */
  let revision = 0;

  before(async () => {
    folder = await temporaryFolder();
    file = path.join(folder.path, 'flow.yaml');
    server = createServer(async (request, response) => {
      const { method, url, headers } = request;
      calls.push(`${method} ${url}`);
      const body = await text(request);
      if (url === '/v2/executions') {
        const wanted = headers['if-match'];
        const present = stored && `"${createHash('md5').update(stored).digest('hex')}"`;
        if (present === undefined) return response.writeHead(404).end();
        if (wanted !== undefined && wanted !== present) return response.writeHead(412).end();
        return response.writeHead(201).end('{"id": "uuid", "workflow_name": "test.flow"}');
      }
      if (method === 'GET') return response.writeHead(stored ? 200 : 404).end(JSON.stringify({ definition: stored }));
      if (method === 'DELETE') return response.writeHead(404).end();
      stored = body;
      return response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    server.close();
    await folder.remove();
  });
  beforeEach(() => {
    calls = [];
    stored = undefined;
    parameters = { message: {} };
  });

  async function run(): Promise<readonly string[]> {
    calls = [];
    const { port } = server.address() as AddressInfo;
    const context = runContext({ env: { ST2_MISTRAL__V2_BASE_URL: `http://127.0.0.1:${port}/v2` }, entryPoint: file });
    const action = { ref: 'test.flow', pack: 'test', parameters: {} };
    const stores = {
      actions: { revision: () => revision, find: async () => [{ ref: 'test.say', runner_type: 'noop', parameters }] },
      runnerTypes: { find: async () => [] },
    };
    const services = { ...context.services, stores, tokenFor: async () => 'token' } as unknown as RunnerServices;
    const outcome = await mistralV2Runner.run({ ...context, action: action as never, services });
    assert.equal(outcome.status, 'running');
    return calls;
  }

  const flow = (input: string) =>
    writeFile(
      file,
      `version: '2.0'\ntest.flow:\n  tasks:\n    one:\n      action: test.say\n      input: {${input}}\n`,
    );

  it('asks once where the engine has the definition, and stores it where it has none or another one', async () => {
    await flow('message: a');
    assert.deepEqual(await run(), [
      'POST /v2/executions',
      'GET /v2/workflows/test.flow',
      'DELETE /v2/workbooks/test.flow',
      'POST /v2/workflows',
      'POST /v2/executions',
    ]);
    assert.match(String(stored), /ref: test.say/);
    assert.deepEqual(await run(), ['POST /v2/executions']);
    await flow('message: b');
    const changed = ['POST /v2/executions', 'GET /v2/workflows/test.flow', 'PUT /v2/workflows', 'POST /v2/executions'];
    assert.deepEqual(await run(), changed);
    assert.match(String(stored), /message: b/);
    stored = 'by somebody else';
    assert.deepEqual(await run(), changed);
  });

  it('sees that an action has other parameters by now', async () => {
    await flow('message: a');
    await run();
    parameters = { text: { required: true } };
    revision += 1;
    await assert.rejects(run(), /message|text/);
  });

  it('sees within a second that another process has given an action other parameters', async () => {
    await flow('message: a');
    await run();
    await run();
    parameters = { text: { required: true } };
    const refused = async () => {
      await assert.rejects(run(), /message|text/);
      return true;
    };
    await waitFor(refused, { what: 'the workflow to be refused', timeoutMs: 5_000 });
  });
});
