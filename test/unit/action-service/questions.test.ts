import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { ActionService } from '../../../action-service/contract.ts';
import { createQuestions } from '../../../action-service/questions.ts';
import type { ExecutionStatus } from '../../../core/statuses.ts';
import type { Execution } from '../../../stores/executions.ts';
import type { Stores } from '../../../stores/stores.ts';

type Fields = { -readonly [K in keyof Execution]?: Execution[K] };

describe('a question within a workflow', () => {
  let root: Fields;
  let question: Fields;
  /** What happened, in order. */
  let course: string[];

  beforeEach(() => {
    course = [];
    root = { id: 'root', status: 'running', runner_type: 'mistral-v2' };
    question = { id: 'question', status: 'pending', parent: 'root', context: { user: 'asker' } };
  });

  function questions() {
    const find = (id: unknown) => (id === 'root' ? root : question);
    const executions = {
      get: async (id: string) => ({ ...find(id) }),
      async updateOne(filter: Fields & { pause_state?: unknown }, { $set }: { readonly $set: Fields }) {
        const wanted = filter.pause_state as string | { readonly $in: readonly string[] };
        const allowed = typeof wanted === 'string' ? [wanted] : wanted.$in;
        if (root.status !== filter.status || !allowed.includes(root.pause_state ?? 'none')) return undefined;
        return Object.assign(root, $set);
      },
    };
    const actions = {
      async changeStatus(id: string, status: ExecutionStatus, change: { from: ExecutionStatus[] } & Fields) {
        const one = find(id);
        if (!change.from.includes(one.status as ExecutionStatus)) return undefined;
        course.push(`${id} ${status}`);
        const { pause_state } = change;
        return Object.assign(one, { status, ...(pause_state === undefined ? {} : { pause_state }) });
      },
      async resume(id: string) {
        course.push(`${id} resumed`);
        root.status = 'running';
        return root;
      },
    };
    return createQuestions({ executions } as unknown as Stores, actions as unknown as ActionService);
  }
  const ask = () => questions().pauseForQuestion({ ...question } as Execution);
  const answer = () =>
    questions().endQuestion({ ...question } as Execution, { status: 'succeeded', result: {}, user: 'tester' });

  it('pauses the workflow; the answer resumes it before it arrives', async () => {
    await ask();
    root.status = 'paused';
    await answer();
    assert.deepEqual(course, ['root pausing', 'root resumed', 'question succeeded']);
  });

  it('answered while the workflow is being paused: it is noted, and a new question takes the note back', async () => {
    await ask();
    await answer();
    assert.deepEqual(course, ['root pausing', 'question succeeded']);
    assert.equal(root.pause_state, 'passing');
    question.status = 'pending';
    await ask();
    assert.equal(root.pause_state, 'question');
  });

  it('answered before the pause comes: the workflow goes on as soon as it is paused', async () => {
    await answer();
    await ask();
    assert.equal(root.pause_state, 'passing');
  });

  it('what a user pauses stays paused', async () => {
    root.status = 'pausing';
    await ask();
    await answer();
    assert.equal(root.pause_state, undefined);
  });

  it('a chain goes on when its answer is there, as it looks at it then', async () => {
    root.runner_type = 'action-chain';
    await ask();
    root.status = 'paused';
    await answer();
    assert.deepEqual(course, ['root pausing', 'question succeeded', 'root resumed']);
  });
});
