import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecutionStatus } from '../../../core/statuses.ts';
import { buildResult } from '../../../engine/tracker/build-result.ts';
import { nextStatus } from '../../../engine/tracker/status-rules.ts';
import type { TaskExecution } from '../../../stores/records.ts';

const CASES: readonly [ExecutionStatus, string, boolean, ExecutionStatus][] = [
  ['running', 'RUNNING', false, 'running'],
  ['running', 'SUCCESS', false, 'succeeded'],
  ['running', 'ERROR', false, 'failed'],
  ['running', 'SUCCESS', true, 'running'],
  ['running', 'ERROR', true, 'running'],
  ['running', 'CANCELLED', true, 'canceling'],
  ['running', 'CANCELLED', false, 'canceled'],
  ['running', 'PAUSED', true, 'pausing'],
  ['running', 'PAUSED', false, 'paused'],
  ['canceling', 'CANCELLED', true, 'canceling'],
  ['canceling', 'RUNNING', false, 'canceling'],
  ['canceling', 'CANCELLED', false, 'canceled'],
  ['canceling', 'SUCCESS', false, 'canceled'],
  ['pausing', 'PAUSED', true, 'pausing'],
  ['pausing', 'RUNNING', false, 'pausing'],
  ['pausing', 'PAUSED', false, 'paused'],
  ['pausing', 'SUCCESS', false, 'succeeded'],
  ['resuming', 'PAUSED', false, 'resuming'],
  ['resuming', 'PAUSED', true, 'resuming'],
  ['resuming', 'RUNNING', false, 'running'],
];

for (const [status, state, active, expected] of CASES) {
  test(`status rules: ${status}, workflow ${state}, ${active ? 'something active' : 'nothing active'} -> ${expected}`, () => {
    assert.equal(nextStatus({ status, state, active }), expected);
  });
}

const now = new Date('2026-01-02T03:04:05.678Z');
const task: TaskExecution = {
  id: 't1',
  uuid: 't1',
  name: 'my_task',
  type: 'ACTION',
  workflow_execution_id: 'w1',
  workflow_name: 'a.b',
  state: 'SUCCESS',
  state_info: null,
  input: '{"ref":"core.local","st2_context":{"parent":{}}}',
  result: '{"stdout":"HELLO"}',
  published: '{}',
  processed: true,
  sequence: 0,
  version: 1,
  created_at: now,
  updated_at: now,
};
const record = { uuid: 'w1', workflow_name: 'a.b', state: 'SUCCESS', state_info: null, output: '{"answer":42}' };

test('the result has output on top, extra, and tasks without the context of the engine', () => {
  assert.deepEqual(buildResult(record, [task], 1), {
    answer: 42,
    extra: { state: 'SUCCESS', state_info: null },
    tasks: [
      {
        id: 't1',
        name: 'my_task',
        workflow_execution_id: 'w1',
        workflow_name: 'a.b',
        created_at: '2026-01-02 03:04:05',
        updated_at: '2026-01-02 03:04:05',
        state: 'SUCCESS',
        state_info: null,
        input: { ref: 'core.local' },
        result: { stdout: 'HELLO' },
        published: {},
      },
    ],
  });
});

test('a running workflow shows no output yet', () => {
  assert.deepEqual(buildResult({ ...record, state: 'RUNNING' }, [], 0), {
    extra: { state: 'RUNNING', state_info: null },
    tasks: [],
  });
});

test('of more tasks than fit into a document the newest are shown, and how many there are', () => {
  const tasks = Array.from({ length: 8 }, (_, sequence) => ({
    ...task,
    uuid: `t${sequence}`,
    sequence,
    result: JSON.stringify('x'.repeat(2 * 1024 * 1024)),
  }));
  const { extra, tasks: shown, answer } = buildResult(record, tasks, 20);
  assert.equal(answer, 42);
  assert.deepEqual(extra, { state: 'SUCCESS', state_info: null, tasks_total: 20 });
  assert.deepEqual(
    (shown as { id: string }[]).map(({ id }) => id),
    ['t3', 't4', 't5', 't6', 't7'],
  );
});

test('an output that is too big for a document is replaced by a sentence', () => {
  const output = JSON.stringify({ big: Array.from({ length: 2_000_000 }, () => 1) });
  const result = buildResult({ ...record, output }, [], 0);
  assert.match(String(result.output), /bytes, too big to be shown/);
});
