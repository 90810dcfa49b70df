import assert from 'node:assert/strict';
import { it, mock } from 'node:test';
import type { ActionService } from '../../../action-service/contract.ts';
import { createEndNotes } from '../../../action-service/end-notes.ts';
import type { Execution } from '../../../stores/executions.ts';
import type { Stores } from '../../../stores/stores.ts';

/** What is written, in order: ids of recorded ends, then of marked executions with their marks. */
function world() {
  const written: unknown[] = [];
  const stores = {
    triggerInstances: { insertNew: async (records: { id: string }[]) => written.push(records.map(({ id }) => id)) },
    executions: {
      updateMany: async ({ id }: { id: { $in: string[] } }, { $set }: { $set: object }) => written.push([id.$in, $set]),
    },
  };
  const actions = { present: async (executions: Execution[]) => executions.map(() => ({ parameters: {} })) };
  const fail = (error: unknown) => assert.fail(String(error));
  const notes = createEndNotes(stores as unknown as Stores, actions as unknown as ActionService, fail);
  return { written, notes };
}

function ended(id: string, parent?: string): Execution {
  return { id, parent, status: 'succeeded', start_timestamp: new Date() } as Execution;
}

it('records ends that nobody hears before they are marked, and marks each way of ending by itself', async () => {
  const { written, notes } = world();
  notes.add({ execution: ended('both', 'p'), isTold: true, isQuiet: true });
  notes.add({ execution: ended('told', 'p'), isTold: true, isQuiet: false });
  notes.add({ execution: ended('quiet', 'p'), isTold: false, isQuiet: true });
  await notes.flush();
  assert.deepEqual(written, [
    ['both', 'quiet'],
    [['both'], { callback_state: 'delivered', notify_state: 'done' }],
    [['told'], { callback_state: 'delivered' }],
    [['quiet'], { notify_state: 'done' }],
  ]);
});

it('does not wait with the end of what belongs to no workflow, unless many come', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { written, notes } = world();
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    for (const id of ['first', 'second', 'third']) {
      notes.add({ execution: ended(id), isTold: false, isQuiet: true });
      await turn();
    }
    assert.deepEqual(written, [['first'], [['first'], { notify_state: 'done' }]]);
    mock.timers.tick(100);
    await turn();
    assert.deepEqual(written[2], ['second', 'third']);
    notes.add({ execution: ended('child', 'p'), isTold: false, isQuiet: true });
    await turn();
    assert.equal(written.length, 4);
    await notes.flush();
    assert.deepEqual(written[4], ['child']);
  } finally {
    mock.timers.reset();
  }
});

it('waits with the end of what has a large result, which is read next', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { written, notes } = world();
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const large = { ...ended('large'), result: { result: 'x'.repeat(2 * 1024 * 1024) } } as Execution;
    notes.add({ execution: large, isTold: false, isQuiet: true });
    mock.timers.tick(300);
    await turn();
    assert.deepEqual(written, []);
    mock.timers.tick(100);
    await turn();
    assert.deepEqual(written, [['large'], [['large'], { notify_state: 'done' }]]);
  } finally {
    mock.timers.reset();
  }
});
