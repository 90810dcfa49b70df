import assert from 'node:assert/strict';
import test from 'node:test';
import { createTriggerDispatch, type Occurrence } from '../../../action-service/triggers/dispatch-trigger.ts';
import { ConflictError } from '../../../core/errors.ts';
import type { Bus } from '../../../platform/bus/bus.ts';
import type { Stores } from '../../../stores/stores.ts';

/** A dispatch on instances in memory; an id is stored once, as in the database. */
function dispatchInMemory() {
  const stored = new Map<string, object>();
  const announced: unknown[] = [];
  const stores = {
    triggerInstances: {
      async insert(record: { readonly id?: string }) {
        const id = record.id ?? `new-${stored.size}`;
        if (stored.has(id)) throw new ConflictError('It is there.');
        stored.set(id, record);
        return { ...record, id };
      },
    },
  } as unknown as Stores;
  const bus = { publish: (_exchange: string, _key: string, message: unknown) => announced.push(message) };
  return { dispatch: createTriggerDispatch(stores, bus as unknown as Bus), stored, announced };
}

const occurrence: Occurrence = { trigger: 'core.event', payload: {} };

test('an occurrence with an id is stored and announced once, however often it is told', async () => {
  const { dispatch, stored, announced } = dispatchInMemory();
  assert.equal((await dispatch({ ...occurrence, id: 'one' }))?.id, 'one');
  assert.equal(await dispatch({ ...occurrence, id: 'one' }), undefined);
  assert.equal(stored.size, 1);
  assert.deepEqual(announced, [{ id: 'one' }]);
});

test('without an id each is another one, and what no rule hears is not announced', async () => {
  const { dispatch, stored, announced } = dispatchInMemory();
  await dispatch(occurrence);
  await dispatch(occurrence);
  await dispatch({ ...occurrence, unheard: true });
  assert.equal(stored.size, 3);
  assert.equal(announced.length, 2);
});
