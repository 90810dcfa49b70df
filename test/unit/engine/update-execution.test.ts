import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { StatusChange } from '../../../action-service/contract.ts';
import type { ExecutionStatus } from '../../../core/statuses.ts';
import type { TrackerContext } from '../../../engine/tracker/tracker-context.ts';
import { updateExecution } from '../../../engine/tracker/update-execution.ts';

const RECORD = {
  uuid: 'w1',
  workflow_id: 'a.b/e1',
  workflow_name: 'a.b',
  state: 'SUCCESS',
  state_info: null,
  version: 1,
  synced_version: 1,
  created_at: new Date(),
  output: '{}',
};

const NOT_OVERTAKEN = new AbortController().signal;

interface FakeExecution {
  readonly id: string;
  status: ExecutionStatus;
  readonly context: object;
  readonly log: object[];
}

function taskIn(state: string) {
  const at = new Date();
  const fields = { uuid: 't', name: 't', sequence: 0, result: 'null', published: '{}', input: '{}' };
  return { ...fields, state, created_at: at, updated_at: at };
}

function fakeExecution(status: ExecutionStatus): FakeExecution {
  return { id: 'e1', status, context: { mistral: { execution_id: 'w1' } }, log: [{ status }] };
}

/** An execution whose workflow is as its record says, and which somebody else changes to each of `next` while it is looked at. */
function contextOf(
  execution: FakeExecution,
  next: readonly ExecutionStatus[],
  record = RECORD,
  tasks: () => object[] = () => [],
  query: () => Promise<object> = async () => ({ version: record.version, open_activities: [] }),
) {
  const changes: unknown[] = [];
  const become = (status: ExecutionStatus) => {
    execution.status = status;
    execution.log.push({ status });
  };
  let looks = 0;
  const stores = {
    executions: {
      get: async () => ({ ...execution, log: [...execution.log] }),
      find: async () => [],
      findOne: async () => undefined,
    },
    // As many runs as tasks.
    taskRuns: { count: async () => tasks().length },
    workflowExecutions: { findOne: async () => record },
    taskExecutions: {
      findOne: async () => tasks().find((task) => 'state' in task && task.state === 'RUNNING'),
      find: async () => {
        looks += 1;
        if (looks === 1) next.forEach(become);
        return tasks();
      },
    },
  };
  const actions = {
    async changeStatus(_id: string, status: ExecutionStatus, { from, ifLogLength }: Required<StatusChange>) {
      const isDone = from.includes(execution.status) && ifLogLength === execution.log.length;
      changes.push([status, isDone]);
      if (!isDone) return undefined;
      become(status);
      return execution;
    },
    updateProgress: async () => execution,
  };
  const client = {
    withDeadline: (_at: number, ask: () => unknown) => ask(),
    workflow: { getHandle: () => ({ query }) },
  };
  return { context: { stores, actions, client } as unknown as TrackerContext, changes };
}

it('what an execution has become meanwhile is not undone: it is looked at once more', async () => {
  const execution = fakeExecution('running');
  const { context, changes } = contextOf(execution, ['canceling']);
  const known = new Map<string, string>();
  assert.equal((await updateExecution(context, 'e1', known, NOT_OVERTAKEN)).done, false);
  assert.equal((await updateExecution(context, 'e1', known, NOT_OVERTAKEN)).done, true);
  assert.deepEqual(changes, [
    ['succeeded', false],
    ['canceled', true],
  ]);
});

it('a status that somebody has changed since is brought in step again, though the workflow is as it was', async () => {
  const execution = fakeExecution('paused');
  const { context, changes } = contextOf(execution, [], { ...RECORD, state: 'PAUSED' });
  const known = new Map<string, string>();
  await updateExecution(context, 'e1', known, NOT_OVERTAKEN);
  assert.deepEqual(changes, []);
  execution.status = 'running';
  await updateExecution(context, 'e1', known, NOT_OVERTAKEN);
  assert.deepEqual(changes, [['paused', true]]);
});

it('a status that came back meanwhile is another one: what was seen before the pause and the resume is not written', async () => {
  const execution = fakeExecution('running');
  const { context, changes } = contextOf(execution, ['paused', 'resuming', 'running'], { ...RECORD, state: 'PAUSED' });
  await updateExecution(context, 'e1', new Map(), NOT_OVERTAKEN);
  assert.deepEqual(changes, [['paused', false]]);
  assert.equal(execution.status, 'running');
});

it('a workflow whose state is final does not end the execution while one of its tasks runs', async () => {
  const execution = fakeExecution('running');
  let state = 'RUNNING';
  const { context, changes } = contextOf(execution, [], RECORD, () => [taskIn(state)]);
  const known = new Map<string, string>();
  assert.equal((await updateExecution(context, 'e1', known, NOT_OVERTAKEN)).done, false);
  assert.deepEqual(changes, []);
  state = 'SUCCESS';
  assert.equal((await updateExecution(context, 'e1', known, NOT_OVERTAKEN)).done, true);
  assert.deepEqual(changes, [['succeeded', true]]);
});

it('a workflow that tells that it is paused, and of which nothing runs, is asked the next time only', async () => {
  const execution = fakeExecution('pausing');
  let asked = 0;
  const query = async () => {
    asked += 1;
    return { version: RECORD.version, open_activities: [] };
  };
  const { context, changes } = contextOf(execution, [], { ...RECORD, state: 'PAUSED' }, () => [], query);
  const known = new Map<string, string>();
  await updateExecution(context, 'e1', known, NOT_OVERTAKEN);
  assert.deepEqual([changes, asked], [[['paused', true]], 0]);
  await updateExecution(context, 'e1', known, NOT_OVERTAKEN);
  assert.equal(asked, 1);
});

it('what waits for its turn does not keep a workflow from being paused', async () => {
  for (const [waiting, status] of [
    [1, 'pausing'],
    [2, 'paused'],
  ] as const) {
    const execution = fakeExecution('pausing');
    const query = async () => ({ version: RECORD.version, open_activities: [], waiting });
    const tasks = () => [taskIn('RUNNING'), taskIn('RUNNING')];
    const { context } = contextOf(execution, [], { ...RECORD, state: 'PAUSED' }, tasks, query);
    await updateExecution(context, 'e1', new Map(), NOT_OVERTAKEN);
    assert.equal(execution.status, status);
  }
});

it('an answer is not waited for when there is something newer to look at', async () => {
  const execution = fakeExecution('running');
  const never = () => new Promise<object>(() => undefined);
  const { context } = contextOf(execution, [], { ...RECORD, state: 'RUNNING' }, () => [], never);
  const overtaken = new AbortController();
  const looking = updateExecution(context, 'e1', new Map(), overtaken.signal);
  overtaken.abort();
  assert.equal((await looking).done, false);
});

it('what the news of an end asks for is read at once', async () => {
  const execution = fakeExecution('running');
  const { context, changes } = contextOf(execution, []);
  const { stores } = context;
  let reads = 0;
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  /** Answers when all four have been asked for. */
  const held =
    <A extends unknown[], R>(read: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      reads += 1;
      if (reads === 4) answer();
      await answered;
      return await read(...args);
    };
  stores.executions.get = held(stores.executions.get);
  stores.executions.findOne = held(stores.executions.findOne);
  stores.workflowExecutions.findOne = held(stores.workflowExecutions.findOne);
  stores.taskExecutions.find = held(stores.taskExecutions.find);
  const news = { uuid: 'w1', state: 'SUCCESS', version: 1 };
  assert.equal((await updateExecution(context, 'e1', new Map(), NOT_OVERTAKEN, news)).done, true);
  assert.equal(reads, 4);
  assert.deepEqual(changes, [['succeeded', true]]);
});

it('news that are out of date, or of another workflow, are not relied on', async () => {
  for (const news of [
    { uuid: 'w1', state: 'SUCCESS', version: 0 },
    { uuid: 'w1', state: 'ERROR', version: 1 },
    { uuid: 'another', state: 'ERROR', version: 1 },
  ]) {
    const execution = fakeExecution('running');
    let tasks = [taskIn('RUNNING')];
    const { context, changes } = contextOf(execution, [], RECORD, () => tasks);
    const { find } = context.stores.taskExecutions;
    // What was read ahead shows a task that runs; by the time it is asked for it has ended.
    context.stores.taskExecutions.find = async (...args) => {
      const found = await find(...args);
      tasks = [taskIn('SUCCESS')];
      return found;
    };
    const { findOne } = context.stores.workflowExecutions;
    context.stores.workflowExecutions.findOne = async (filter, options) => {
      const found = await findOne(filter, options);
      return found && filter.uuid === 'another' ? { ...found, uuid: 'another', state: 'ERROR' } : found;
    };
    assert.equal((await updateExecution(context, 'e1', new Map(), NOT_OVERTAKEN, news)).done, true);
    assert.deepEqual(changes, [['succeeded', true]]);
  }
});
