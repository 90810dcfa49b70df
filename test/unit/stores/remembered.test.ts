import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Collection, Stored } from '../../../stores/collection.ts';
import { rememberBy, rememberLoad } from '../../../stores/remembered.ts';
import { clockSetBack } from '../../support/clock-set-back.ts';

interface Named extends Stored {
  readonly name: string;
  readonly version: number;
}

const LONG_MS = 60_000;

/** A collection of one record that counts how often it is asked. */
function collectionOf(first: Named | undefined) {
  const state = { record: first, writes: 0, asked: 0 };
  const findOne = async () => {
    state.asked += 1;
    return state.record;
  };
  const collection = { findOne, revision: () => state.writes } as unknown as Collection<Named>;
  return { state, collection };
}

describe('remembered look-ups', () => {
  const record = { id: 'a', name: 'one', version: 1 };

  it('asks once for what was found, however many want it at the same time', async () => {
    const { state, collection } = collectionOf(record);
    const find = rememberBy(collection, 'name', LONG_MS);
    assert.deepEqual(await Promise.all([find('one'), find('one')]), [record, record]);
    assert.deepEqual(await find('one'), record);
    assert.equal(state.asked, 1);
  });

  it('asks again for what was not found, and after the given time', async () => {
    const missing = collectionOf(undefined);
    const findMissing = rememberBy(missing.collection, 'name', LONG_MS);
    await findMissing('one');
    await findMissing('one');
    assert.equal(missing.state.asked, 2);
    const short = collectionOf(record);
    const findShort = rememberBy(short.collection, 'name', -1);
    await findShort('one');
    await findShort('one');
    assert.equal(short.state.asked, 2);
  });

  it('forgets with each write of its own, also one that comes while it asks', async () => {
    const { state, collection } = collectionOf(record);
    const find = rememberBy(collection, 'name', LONG_MS);
    const early = find('one');
    state.writes += 1;
    const late = find('one');
    await Promise.all([early, late]);
    assert.equal(state.asked, 2);
    state.record = { ...record, version: 2 };
    state.writes += 1;
    assert.equal((await find('one'))?.version, 2);
  });

  it('forgets after the given time, also when the clock was set back', async (test) => {
    const { state, collection } = collectionOf(record);
    const find = rememberBy(collection, 'name', LONG_MS);
    const load = rememberLoad(collection, () => collection.findOne({}), LONG_MS);
    await find('one');
    await load();
    clockSetBack(test, LONG_MS);
    await find('one');
    await load();
    assert.equal(state.asked, 4);
  });

  it('does not keep a failure', async () => {
    const { state, collection } = collectionOf(record);
    let fails = true;
    const find = rememberBy(
      {
        ...collection,
        async findOne() {
          if (fails) throw new Error('away');
          return state.record;
        },
      },
      'name',
      LONG_MS,
    );
    await assert.rejects(find('one'), /away/);
    fails = false;
    assert.deepEqual(await find('one'), record);
  });
});
