import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type ControlContext, rerunTask } from '../../../engine/executions/control-execution.ts';
import type { TaskExecution } from '../../../stores/records.ts';

type Values = Record<string, unknown>;

/** A workflow that holds an environment for its next order, and is like `after` by the time the order was taken. */
function contextOf(after: Values) {
  const record: Values = {
    uuid: 'w',
    workflow_id: 'a.b/1',
    task_execution_id: null,
    state: 'ERROR',
    version: 3,
    pending_env: { note: 'kept' },
  };
  const signals: unknown[] = [];
  const workflowExecutions = {
    findOne: async () => ({ ...record }),
    async updateOne(filter: Values, change: { readonly $set?: Values; readonly $unset?: Values }) {
      if (Object.entries(filter).some(([name, value]) => record[name] !== value)) return;
      Object.assign(record, change.$set);
      for (const name of Object.keys(change.$unset ?? {})) delete record[name];
    },
  };
  const signal = async (...order: unknown[]) => {
    signals.push(order);
    Object.assign(record, after);
  };
  const context = { stores: { workflowExecutions }, client: { workflow: { getHandle: () => ({ signal }) } } };
  return { context: context as unknown as ControlContext, record, signals };
}

const TASK = { name: 'first', workflow_execution_id: 'w' } as TaskExecution;

it('a task that is run again takes the noted environment with it', async () => {
  const { context, record, signals } = contextOf({});
  await rerunTask(context, TASK, { reset: true, skip: false });
  const env = { note: 'kept' };
  assert.deepEqual(signals, [['rerun', { tasks: [{ task: 'first', reset: true }], env }]]);
  assert.equal(record.state, 'RUNNING');
  assert.equal('pending_env' in record, false);
});

it('the noted environment goes with the order, though the workflow has ended again by then, which stays', async () => {
  const { context, record } = contextOf({ state: 'SUCCESS', version: 7 });
  await rerunTask(context, TASK, { reset: true, skip: false });
  assert.equal(record.state, 'SUCCESS');
  assert.equal('pending_env' in record, false);
});
