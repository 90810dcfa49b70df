import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { maskAnswers } from '../../../engine/mistral-api/mask-answers.ts';
import type { Stores } from '../../../stores/stores.ts';
import { takeTextBodies } from '../../support/text-bodies.ts';

const MASK = '********';
const EXECUTION = { id: 'st2', runner_type: 'noop', action_snapshot: 'action', runner_snapshot: 'runner' };
const SNAPSHOTS: Readonly<Record<string, object>> = {
  action: { parameters: { password: { type: 'string', secret: true }, pin: { type: 'integer', secret: true } } },
  runner: {},
};

const WORKFLOWS = [
  { uuid: 'wf', st2_execution_id: 'st2' },
  { uuid: 'old', st2_execution_id: 'gone' },
];

/** One execution with two secrets; its workflow is `wf`, with the task `task`. That of `old` is stored no more. Others are nobody's. */
const stores = {
  executions: {
    find: async ({ id }: { id: { $in: string[] } }) =>
      id.$in.includes('st2') ? [{ ...EXECUTION, parameters: { password: 'hush-hush "1"', pin: 123456 } }] : [],
  },
  snapshots: { findOne: async ({ hash }: { hash: string }) => ({ body: SNAPSHOTS[hash] }) },
  workflowExecutions: {
    find: async ({ uuid }: { uuid: { $in: string[] } }) => WORKFLOWS.filter((one) => uuid.$in.includes(one.uuid)),
  },
  taskExecutions: { find: async () => [{ uuid: 'task', workflow_execution_id: 'wf' }] },
  taskRuns: { find: async () => [] },
} as unknown as Stores;

const VALUE = { words: 'say hush-hush "1"', pin: 123456, other: 1 };
const SHOWN = { words: `say ${MASK}`, pin: MASK, other: 1 };

describe('answers of mistral-api', () => {
  let app: FastifyInstance;
  let payload: object;

  before(() => {
    app = fastify();
    takeTextBodies(app);
    app.register(
      async (v2) => {
        maskAnswers(v2, stores);
        for (const path of [
          '/executions',
          '/executions/:id',
          '/executions/:id/report',
          '/tasks/:id',
          '/workflows/:id',
        ]) {
          v2.route({
            method: ['GET', 'PUT', 'POST'],
            url: path,
            handler: async (request) => {
              if (request.body === 'finds') request.isToldByClient = false;
              return payload;
            },
          });
        }
      },
      { prefix: '/v2' },
    );
  });
  after(() => app.close());

  async function shown(method: 'GET' | 'PUT' | 'POST', path: string, answer: object, body = '{}'): Promise<unknown> {
    payload = answer;
    const sent = method === 'GET' ? {} : { payload: body };
    return (await app.inject({ method, url: `/v2${path}`, ...sent })).json();
  }

  it('mask what a POST finds instead of making it', async () => {
    const answer = { id: 'wf', input: JSON.stringify(VALUE) };
    const hidden = { id: 'wf', input: JSON.stringify(SHOWN) };
    assert.deepEqual(await shown('POST', '/executions', answer, 'finds'), hidden);
    assert.deepEqual(await shown('POST', '/executions', answer), answer);
  });

  it('hide all values of what is stored no more', async () => {
    const old = { id: 'old', name: 'n', input: JSON.stringify(VALUE), state_info: 'said so' };
    const hidden = { id: 'old', name: 'n', input: JSON.stringify(MASK), state_info: MASK };
    assert.deepEqual(await shown('GET', '/executions/old', old), hidden);
    assert.deepEqual(await shown('GET', '/executions', { executions: [old, { id: 'wf', input: '{}' }] }), {
      executions: [hidden, { id: 'wf', input: '{}' }],
    });
    const report = { root_workflow_execution: { id: 'old', name: 'n', state_info: 'said so' } };
    assert.deepEqual(await shown('GET', '/executions/old/report', report), {
      root_workflow_execution: { id: 'old', name: 'n', state_info: MASK },
    });
  });

  it('mask the JSON texts of one, and the sentences', async () => {
    const answer = { id: 'wf', name: 'n', output: JSON.stringify(VALUE), state_info: 'said hush-hush "1"' };
    const expected = { id: 'wf', name: 'n', output: JSON.stringify(SHOWN), state_info: `said ${MASK}` };
    assert.deepEqual(await shown('GET', '/executions/wf', answer), expected);
    assert.deepEqual(await shown('PUT', '/executions/wf', answer), expected);
    assert.deepEqual(await shown('GET', '/tasks/task', { id: 'task', result: JSON.stringify(VALUE) }), {
      id: 'task',
      result: JSON.stringify(SHOWN),
    });
  });

  it('mask each of a list, and leave what belongs to it', async () => {
    const answer = { executions: [{ id: 'wf', input: JSON.stringify(VALUE) }, { id: 'other' }], next: 'link' };
    assert.deepEqual(await shown('GET', '/executions', answer), {
      executions: [{ id: 'wf', input: JSON.stringify(SHOWN) }, { id: 'other' }],
      next: 'link',
    });
  });

  it('mask whatever a report quotes', async () => {
    const of = (state_info: string) => ({
      root_workflow_execution: { id: 'wf', task_executions: [{ id: 't', state_info }] },
    });
    assert.deepEqual(
      await shown('GET', '/executions/wf/report', of('failed with hush-hush "1"')),
      of(`failed with ${MASK}`),
    );
  });

  it('mask a text that is no JSON as a text', async () => {
    const answer = { id: 'wf', output: '{hush-hush "1"' };
    assert.deepEqual(await shown('GET', '/executions/wf', answer), { id: 'wf', output: `{${MASK}` });
  });

  it('leave alone what is nobody’s, what was just created, and other resources', async () => {
    const output = JSON.stringify(VALUE);
    assert.deepEqual(await shown('GET', '/executions/other', { id: 'other', output }), { id: 'other', output });
    assert.deepEqual(await shown('POST', '/executions', { id: 'wf', output }), { id: 'wf', output });
    assert.deepEqual(await shown('GET', '/workflows/wf', { id: 'wf', output }), { id: 'wf', output });
  });
});
