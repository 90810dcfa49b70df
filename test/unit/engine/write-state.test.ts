import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ExecutionView, TaskView } from '../../../engine/conductor/contract.ts';
import type { StateReport } from '../../../engine/contract.ts';
import { createStateWriter, type StateWriterContext } from '../../../engine/executions/write-state.ts';

/** A writer for a workflow whose tasks are stored up to a version; ids of what it puts. */
function writerOf(synced_version: number | undefined) {
  const put: string[] = [];
  const putNewer = async (records: readonly { readonly id: string }[]) => void put.push(...records.map(({ id }) => id));
  const stores = {
    taskExecutions: { putNewer },
    taskRuns: { putNewer },
    workflowExecutions: { findOne: async () => ({ synced_version }), updateOne: async () => ({}) },
  };
  const context = { stores, bus: { publish: () => undefined } };
  return { write: createStateWriter(context as unknown as StateWriterContext), put };
}

function task(version: number, runVersion: number): TaskView {
  const run = { id: `r${version}`, uuid: `r${version}`, version: runVersion };
  return { id: `t${version}`, version, runs: [run] } as unknown as TaskView;
}

function report(tasks: readonly TaskView[]): StateReport {
  const view = { version: 1_000, more: false, state: 'SUCCESS', tasks, removed_runs: [] } as unknown as ExecutionView;
  return { uuid: 'w', workflow_name: 'a.b', view, params: {} } as unknown as StateReport;
}

const many = Array.from({ length: 60 }, (_, index) => task(index + 1, index + 1));

it('all that a short workflow tells is written', async () => {
  const { write, put } = writerOf(undefined);
  await write(report([task(1, 1), task(2, 2)]));
  assert.deepEqual(put.sort(), ['r1', 'r2', 't1', 't2']);
});

it('of many tasks those are written that were not stored as they are, by themselves or by a run', async () => {
  const { write, put } = writerOf(58);
  await write(report([...many.slice(1), task(1, 99)]));
  assert.deepEqual(put.sort(), ['r1', 'r59', 'r60', 't1', 't59', 't60']);
});

it('all of many tasks are written when nobody has looked before', async () => {
  const { write, put } = writerOf(undefined);
  await write(report(many));
  assert.equal(put.length, 120);
});
