import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import mongoose from 'mongoose';
import { createFetchEffects, type EffectsContext } from '../../../engine/activities/effects/effects.ts';
import type { EffectsRequest } from '../../../engine/contract.ts';

const MASK = '********';
const NOW = new Date('2026-01-31T12:00:00Z');
const SNAPSHOTS: Readonly<Record<string, object>> = {
  action: { parameters: { password: { type: 'string', secret: true } } },
  runner: {},
};

function workflow(uuid: string, root: string | null, st2: string) {
  return {
    id: `of ${uuid}`,
    uuid,
    root_execution_id: root,
    st2_execution_id: st2,
    workflow_name: 'a.b',
    workflow_namespace: '',
    description: '',
    task_execution_id: null,
    state: 'ERROR',
    state_info: 'no luck with hush-hush',
    input: '{"said": "hush-hush"}',
    output: '{}',
    params: { json: '{}' },
    created_at: NOW,
    updated_at: NOW,
  };
}

const WORKFLOWS = [workflow('w', null, 'st2'), workflow('old', null, 'gone')];
const TASK = {
  id: 'of t',
  uuid: 't',
  name: 'task',
  type: 'ACTION',
  workflow_execution_id: 'w',
  state: 'ERROR',
  state_info: null,
  result: '"no hush-hush"',
  published: '{}',
  sequence: 0,
  created_at: NOW,
  updated_at: NOW,
};

interface Held {
  readonly id: string;
}

const withIds = (records: readonly object[]): readonly Held[] =>
  records.map((record, place) => ({ ...record, id: String(place) }));

/** A workflow of an execution with a secret, and one of an execution that is stored no more; so many tasks in each. */
function fetchWith({
  tasks = [TASK] as readonly Held[],
  workflows = WORKFLOWS as readonly Held[],
  isRbacEnabled = false,
  user = 'somebody',
} = {}) {
  const filters: unknown[] = [];
  const read: number[] = [];
  // In an order of its own, as a database gives them.
  const byIds = (records: readonly Held[], ids: readonly string[]) =>
    records.filter(({ id }) => ids.includes(id)).sort((a, b) => (a.id < b.id ? 1 : -1));
  const stores = {
    executions: {
      find: async ({ id, 'context.user': user }: { id: { $in: string[] }; 'context.user'?: string }) =>
        id.$in.includes('st2') && [undefined, 'owner'].includes(user)
          ? [
              {
                id: 'st2',
                runner_type: 'noop',
                action_snapshot: 'action',
                runner_snapshot: 'runner',
                parameters: { password: 'hush-hush' },
              },
            ]
          : [],
    },
    snapshots: { findOne: async ({ hash }: { hash: string }) => ({ body: SNAPSHOTS[hash] }) },
    workflowExecutions: {
      find: async (filter: { readonly uuid?: unknown; readonly id?: { readonly $in: readonly string[] } }) => {
        if (filter.id !== undefined) return byIds(workflows, filter.id.$in);
        filters.push(filter);
        const ids = (filter.uuid as { readonly $in?: string[] } | undefined)?.$in;
        return ids === undefined ? workflows : WORKFLOWS.filter(({ uuid }) => ids.includes(uuid));
      },
    },
    taskExecutions: {
      find: async ({ id }: { readonly id?: { readonly $in: readonly string[] } }) => {
        if (id === undefined) return tasks.map(({ id }) => ({ id }));
        read.push(id.$in.length);
        return byIds(tasks, id.$in);
      },
    },
  };
  const context = { stores, isRbacEnabled, credentialsFor: async () => ({ user }) };
  const fetch = createFetchEffects(context as unknown as EffectsContext);
  return {
    filters,
    /** Tasks of each look into the database. */
    read,
    async one(kind: string, args: Readonly<Record<string, unknown>>, execution?: EffectsRequest['execution']) {
      const [result] = await fetch({ effects: [{ kind, key: '', args }], execution });
      return result as { readonly value: readonly Record<string, unknown>[]; readonly error?: string };
    },
  };
}

const ALL = { id: null, root_execution_id: null, state: null, from_time: null, to_time: null };
const OF_W = { executions: ['w'], recursive: false, state: null, flat: false };
const STRANGER = { id: 'x', root_execution_id: 'x' };

describe('what a workflow sees of others', () => {
  it('secrets of its own tree as they are', async () => {
    const { value } = await fetchWith().one('tasks', OF_W, { id: 'below', root_execution_id: 'w' });
    assert.deepEqual(
      value.map(({ name, result }) => [name, result]),
      [['task', 'no hush-hush']],
    );
  });

  it('secrets of another masked, as a client does', async () => {
    for (const execution of [STRANGER, undefined]) {
      const { value } = await fetchWith().one('tasks', OF_W, execution);
      assert.equal(value[0]?.result, `no ${MASK}`);
    }
    const { value } = await fetchWith().one('executions', ALL, STRANGER);
    assert.deepEqual(
      value.map(({ state_info, input }) => ({ state_info, input })),
      [
        { state_info: `no luck with ${MASK}`, input: { said: MASK } },
        // Nobody knows any more what was secret.
        { state_info: MASK, input: MASK },
      ],
    );
  });

  it('with RBAC none of other users', async () => {
    const names = async (user: string, execution: EffectsRequest['execution']) => {
      const { one } = fetchWith({ isRbacEnabled: true, user });
      const { value: tasks } = await one('tasks', OF_W, execution);
      const { value: executions } = await one('executions', ALL, execution);
      return [...tasks.map(({ name }) => name), ...executions.map(({ id }) => id)];
    };
    assert.deepEqual(await names('somebody', STRANGER), []);
    assert.deepEqual(await names('owner', STRANGER), ['task', 'w']);
    assert.deepEqual(await names('somebody', { id: 'below', root_execution_id: 'w' }), ['task', 'w']);
  });

  it('executions of a time, as Mistral or ISO 8601 writes it, in UTC', async () => {
    const { one, filters } = fetchWith();
    await one(
      'executions',
      { ...ALL, from_time: '2026-01-31 12:00:00', to_time: '2026-02-01T00:00:00+02:00' },
      STRANGER,
    );
    await one('executions', { ...ALL, from_time: '2026-01-31' }, STRANGER);
    const created = filters.flatMap((filter) => (filter as { readonly created_at?: object }).created_at ?? []);
    assert.deepEqual(created, [
      { $gte: NOW, $lt: new Date('2026-01-31T22:00:00Z') },
      { $gte: new Date('2026-01-31T00:00:00Z') },
    ]);
  });

  it('a sentence for a time that is none', async () => {
    const { error } = await fetchWith().one('executions', { ...ALL, to_time: 'yesterday' }, STRANGER);
    assert.equal(error, 'executions() takes a time such as "2026-01-31 12:00:00" as to_time, not "yesterday".');
  });

  it('a sentence when there is too much to see', async () => {
    const many = fetchWith({
      tasks: withIds(Array.from({ length: 10_001 }, () => TASK)),
      workflows: withIds(Array.from({ length: 1_001 }, () => WORKFLOWS[0] as object)),
    });
    assert.match(String((await many.one('tasks', OF_W, STRANGER)).error), /^tasks\(\) finds more than 10000 tasks/);
    assert.match(String((await many.one('executions', ALL, STRANGER)).error), /^executions\(\) finds more than 1000/);
    const big = fetchWith({ tasks: withIds([{ ...TASK, result: JSON.stringify('x'.repeat(17 * 1024 * 1024)) }]) });
    assert.match(String((await big.one('tasks', OF_W, STRANGER)).error), /results of more than 16 MiB/);
    const wide = { ...WORKFLOWS[0], output: JSON.stringify('x'.repeat(9 * 1024 * 1024)) };
    const outputs = fetchWith({ workflows: withIds([wide, wide]) });
    assert.match(String((await outputs.one('executions', ALL, STRANGER)).error), /outputs of more than 16 MiB/);
  });

  it('large ones a few at a time, and no more of them than may be told of', async () => {
    const large = { ...TASK, result: JSON.stringify('x'.repeat(1024 * 1024)) };
    const { one, read } = fetchWith({ tasks: withIds(Array.from({ length: 500 }, () => large)) });
    assert.match(String((await one('tasks', OF_W, STRANGER)).error), /results of more than 16 MiB/);
    const sum = read.reduce((total, count) => total + count, 0);
    assert.ok(sum <= 20, `${sum} read`);
    const small = fetchWith({ tasks: withIds(Array.from({ length: 500 }, () => TASK)) });
    assert.equal((await small.one('tasks', OF_W, STRANGER)).value.length, 500);
    assert.deepEqual(small.read, [10, 490]);
  });

  it('in the order that is asked for, whatever that of the database', async () => {
    const tasks = withIds(['c', 'a', 'b'].map((name) => ({ ...TASK, name })));
    const { one } = fetchWith({ tasks });
    const names = (await one('tasks', OF_W, STRANGER)).value.map(({ name }) => name);
    assert.deepEqual(names, ['c', 'a', 'b']);
  });

  it('no answer while the database is away: it is asked for once more', async () => {
    const gone = new mongoose.mongo.MongoNetworkError('connection closed');
    for (const kind of ['tasks', 'executions', 'st2kv']) {
      const fails = async () => {
        throw gone;
      };
      const stores = { workflowExecutions: { find: fails } };
      const keyValues = { getForExpression: fails };
      const context = { stores, keyValues, isRbacEnabled: false, credentialsFor: async () => ({ user: 'somebody' }) };
      const fetch = createFetchEffects(context as unknown as EffectsContext);
      const args = { ...ALL, ...OF_W };
      await assert.rejects(fetch({ effects: [{ kind, key: 'k', args }] }), gone);
    }
  });

  it('a sentence for what there is not', async () => {
    assert.equal((await fetchWith().one('toString', {}, STRANGER)).error, 'There is nothing called toString.');
  });
});
