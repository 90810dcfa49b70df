import assert from 'node:assert/strict';
import { it } from 'node:test';
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
  created_at: new Date(),
  output: '{}',
};

/** An execution whose workflow has succeeded, and which somebody else changes to `next` while it is looked at. */
function contextOf(execution: { id: string; status: ExecutionStatus; context: object }, next: ExecutionStatus) {
  const changes: unknown[] = [];
  const stores = {
    executions: { get: async () => ({ ...execution }), findOne: async () => undefined },
    workflowExecutions: { findOne: async () => RECORD },
    taskExecutions: {
      findOne: async () => undefined,
      find: async () => {
        if (changes.length === 0) execution.status = next;
        return [];
      },
    },
  };
  const actions = {
    async changeStatus(_id: string, status: ExecutionStatus, { from }: { from: readonly ExecutionStatus[] }) {
      const isDone = from.includes(execution.status);
      changes.push([status, isDone]);
      if (!isDone) return undefined;
      execution.status = status;
      return execution;
    },
  };
  return { context: { stores, actions } as unknown as TrackerContext, changes };
}

it('what an execution has become meanwhile is not undone: it is looked at once more', async () => {
  const execution = { id: 'e1', status: 'running' as ExecutionStatus, context: { mistral: { execution_id: 'w1' } } };
  const { context, changes } = contextOf(execution, 'canceling');
  const known = new Map<string, string>();
  assert.equal((await updateExecution(context, 'e1', known)).done, false);
  assert.equal((await updateExecution(context, 'e1', known)).done, true);
  assert.deepEqual(changes, [
    ['succeeded', false],
    ['canceled', true],
  ]);
});
