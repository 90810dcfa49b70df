import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { CompleteAsyncError } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { ACTION_FAILURE } from '../../../core/action-outcome.ts';
import { createSt2Action } from '../../../engine/activities/st2-action.ts';

const REQUEST = {
  run: { id: 'r', uuid: 'run-uuid', task_id: 't', task_name: 'first' },
  input: { ref: 'core.noop', parameters: {}, st2_context: { parent: { execution_id: 'p' } } },
  workflow: { execution_id: 'w', name: 'a.b' },
};

describe('st2.action', () => {
  let server: http.Server;
  let answer: { readonly status: number; readonly body: unknown };
  let asked: { readonly headers: http.IncomingHttpHeaders; readonly body: string }[];

  before(async () => {
    server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        asked.push({ headers: request.headers, body });
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** What the activity comes to when the API answers so. */
  async function run(status: number, body: unknown, request = REQUEST): Promise<unknown> {
    asked = [];
    answer = { status, body };
    const activity = createSt2Action({
      apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      mistralUrl: 'http://mistral/v2',
      credentialsFor: async () => ({ user: 'ann', token: 'secret' }),
    });
    const workflowExecution = { workflowId: 'a.b/1', runId: 'run' };
    const environment = new MockActivityEnvironment({ workflowExecution, activityId: '7' });
    return await environment.run(activity, request).catch((error: unknown) => error);
  }

  it('asks for one execution, however often it is tried, and for no more of it than it needs', async () => {
    assert.ok((await run(201, { id: 'e', status: 'requested' })) instanceof CompleteAsyncError);
    const headers = asked[0]?.headers;
    assert.equal(headers?.['idempotency-key'], 'a.b/1/7');
    assert.equal(headers?.prefer, 'return=minimal');
    assert.equal(headers?.['x-auth-token'], 'secret');
  });

  it('tells of all workflows above, however many there are', async () => {
    const parent = { execution_id: 'p', note: 'x'.repeat(100_000) };
    await run(
      201,
      { id: 'e', status: 'requested' },
      { ...REQUEST, input: { ...REQUEST.input, st2_context: { parent } } },
    );
    const { context } = JSON.parse(asked[0]?.body ?? '{}');
    assert.deepEqual(context.parent, parent);
    assert.equal(context.mistral.task_name, 'first');
    assert.equal(context.mistral.callback_url, 'http://mistral/v2/action_executions/run-uuid');
  });

  it('takes the end of an execution whose completion was lost', async () => {
    const ended = { id: 'e', status: 'succeeded', result: { stdout: 'x' } };
    assert.deepEqual(await run(201, ended), { status: 'succeeded', result: { stdout: 'x' } });
    const failed = await run(201, { ...ended, status: 'failed' });
    assert.ok(failed instanceof ApplicationFailure && failed.type === ACTION_FAILURE);
  });

  it('tries again where the API may answer otherwise, and fails where it refuses', async () => {
    for (const status of [500, 503, 429, 401]) {
      const failure = await run(status, { faultstring: 'not now' });
      assert.ok(failure instanceof ApplicationFailure && failure.nonRetryable === false, String(status));
    }
    const refused = await run(400, { faultstring: 'Action "x" cannot be found.' });
    assert.ok(refused instanceof ApplicationFailure && refused.nonRetryable === true);
    assert.match(JSON.stringify(refused.details), /cannot be found/);
  });
});
