import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { ConflictError } from '../../../core/errors.ts';
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
  start_key: 'wf/st2' as string | undefined,
};

const inserted: (typeof STORED)[] = [];

interface Wanted {
  readonly uuid?: string | { readonly $in: readonly string[] };
  readonly start_key?: string;
  readonly st2_execution_id?: string;
}

const stores = {
  workflowDefinitions: { findOne: async () => DEFINITION, find: async () => [] },
  environments: { findOne: async () => ({ name: 'stored', variables: '{"st2_execution_id": "st2"}' }) },
  workflowExecutions: {
    findOne: async ({ uuid, start_key }: Wanted) =>
      [STORED, ...inserted].find((one) => (start_key === undefined ? one.uuid === uuid : one.start_key === start_key)),
    find: async ({ uuid, st2_execution_id }: Wanted) =>
      [STORED, ...inserted].filter((one) =>
        uuid === undefined
          ? one.st2_execution_id === st2_execution_id
          : one.uuid === uuid || (typeof uuid === 'object' && uuid.$in.includes(one.uuid)),
      ),
    async insert(record: typeof STORED) {
      const isThere = inserted.some(({ start_key }) => start_key !== undefined && start_key === record.start_key);
      if (isThere) throw new ConflictError('It is there.');
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

  async function start(body: object): Promise<{ readonly id: string; readonly input: string }> {
    const payload = JSON.stringify({ workflow_name: 'wf', ...body });
    const answer = await app.inject({ method: 'POST', url: '/v2/executions', payload });
    assert.equal(answer.statusCode, 201, answer.body);
    return answer.json();
  }

  async function inputAnswered(body: object): Promise<unknown> {
    return JSON.parse((await start(body)).input);
  }

  it('gives those who ask for the same execution of ours one workflow, also at the same moment', async () => {
    const ask = (name: string) => start({ input: { password: 'mine' }, params: { env: { st2_execution_id: name } } });
    const [one, same, other] = await Promise.all([ask('one'), ask('one'), ask('other')]);
    assert.equal(same.id, one.id);
    assert.notEqual(other.id, one.id);
    assert.equal((await ask('one')).id, one.id);
    assert.equal(inserted.filter(({ uuid }) => uuid === one.id).length, 1);
  });

  it('shows what the client has sent', async () => {
    assert.deepEqual(await inputAnswered({ input: { password: 'mine' } }), { password: 'mine' });
  });

  it('masks the secrets of an execution that it finds, however it is named', async () => {
    const hidden = { password: MASK };
    assert.deepEqual(await inputAnswered({ id: KNOWN }), hidden);
    const input = { password: 'mine' };
    await start({ input: { password: 'hush-hush' }, params: { env: { st2_execution_id: 'st2' } } });
    assert.deepEqual(await inputAnswered({ input, params: { env: { st2_execution_id: 'st2' } } }), hidden);
    assert.deepEqual(await inputAnswered({ input, params: { env: 'stored' } }), hidden);
  });

  it('masks the secrets of an execution that it takes its input from', async () => {
    assert.deepEqual(await inputAnswered({ source_execution_id: KNOWN }), { password: MASK });
    assert.deepEqual(await inputAnswered({ source_execution_id: inserted.at(-1)?.uuid }), { password: MASK });
  });
});
