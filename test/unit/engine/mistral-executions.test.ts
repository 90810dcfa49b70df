import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import type { ApiContext } from '../../../engine/mistral-api/api-context.ts';
import { maskAnswers } from '../../../engine/mistral-api/mask-answers.ts';
import { registerExecutions } from '../../../engine/mistral-api/resources/executions.ts';
import { takeTextBodies } from '../../support/text-bodies.ts';

const MASK = '********';
const KNOWN = randomUUID();
const INPUT = JSON.stringify({ password: 'hush-hush' });
const DEFINITION = {
  id: 'd',
  name: 'wf',
  namespace: '',
  definition: '',
  ir: JSON.stringify({ name: 'wf', type: 'direct', input: [{ name: 'password' }], tasks: [] }),
};
/** Of the execution `st2` of somebody. */
const STORED = {
  uuid: KNOWN,
  workflow_id: 'wf/st2',
  workflow_name: 'wf',
  input: INPUT,
  output: '{}',
  params: { json: '{}' },
  state: 'RUNNING',
  st2_execution_id: 'st2',
};

const inserted: (typeof STORED)[] = [];

interface Wanted {
  readonly uuid?: string | { readonly $in: readonly string[] };
  readonly st2_execution_id?: string;
}

const stores = {
  workflowDefinitions: { findOne: async () => DEFINITION, find: async () => [] },
  environments: { findOne: async () => ({ name: 'stored', variables: '{"st2_execution_id": "st2"}' }) },
  workflowExecutions: {
    findOne: async ({ uuid }: { readonly uuid: string }) => [STORED, ...inserted].find((one) => one.uuid === uuid),
    find: async ({ uuid, st2_execution_id }: Wanted) =>
      [STORED, ...inserted].filter((one) =>
        uuid === undefined
          ? one.st2_execution_id === st2_execution_id
          : one.uuid === uuid || (typeof uuid === 'object' && uuid.$in.includes(one.uuid)),
      ),
    async insert(record: typeof STORED) {
      inserted.push(record);
      return record;
    },
  },
  executions: {
    get: async (id: string) => ({ id, context: { user: 'ann' } }),
    find: async () => [
      { id: 'st2', runner_type: 'noop', action_snapshot: 'a', runner_snapshot: 'r', parameters: JSON.parse(INPUT) },
    ],
  },
  snapshots: { findOne: async () => ({ body: { parameters: { password: { type: 'string', secret: true } } } }) },
};

describe('POST /v2/executions', () => {
  let app: FastifyInstance;

  before(() => {
    app = fastify();
    takeTextBodies(app);
    app.register(
      async (v2) => {
        const context = { stores, client: { workflow: { start: async () => undefined } }, taskQueue: 'q' };
        maskAnswers(v2, context.stores as never);
        registerExecutions(v2, context as unknown as ApiContext);
      },
      { prefix: '/v2' },
    );
  });
  after(() => app.close());

  async function inputAnswered(body: object): Promise<unknown> {
    const payload = JSON.stringify({ workflow_name: 'wf', ...body });
    const answer = await app.inject({ method: 'POST', url: '/v2/executions', payload });
    assert.equal(answer.statusCode, 201, answer.body);
    return JSON.parse(answer.json().input);
  }

  it('shows what the client has sent', async () => {
    assert.deepEqual(await inputAnswered({ input: { password: 'mine' } }), { password: 'mine' });
  });

  it('masks the secrets of an execution that it finds, however it is named', async () => {
    const hidden = { password: MASK };
    assert.deepEqual(await inputAnswered({ id: KNOWN }), hidden);
    const input = { password: 'mine' };
    assert.deepEqual(await inputAnswered({ input, params: { env: { st2_execution_id: 'st2' } } }), hidden);
    assert.deepEqual(await inputAnswered({ input, params: { env: 'stored' } }), hidden);
  });

  it('masks the secrets of an execution that it takes its input from', async () => {
    assert.deepEqual(await inputAnswered({ source_execution_id: KNOWN }), { password: MASK });
    assert.deepEqual(await inputAnswered({ source_execution_id: inserted.at(-1)?.uuid }), { password: MASK });
  });
});
