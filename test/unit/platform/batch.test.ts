import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createBatch } from '../../../platform/batch.ts';

const LONG_MS = 60_000;

describe('batch', () => {
  it('works on what has come, in order, at once when it is full, and opens a new one after that', async () => {
    const seen: (readonly number[])[] = [];
    const batch = createBatch<number>(async (items) => void seen.push(items), { waitMs: LONG_MS, most: 2 });
    const done = [1, 2, 3].map((item) => batch.add(item));
    await Promise.all(done.slice(0, 2));
    assert.deepEqual(seen, [[1, 2]]);
    await batch.flush();
    await done[2];
    assert.deepEqual(seen, [[1, 2], [3]]);
  });

  it('does not wait for more than the given time', async () => {
    const seen: (readonly string[])[] = [];
    const batch = createBatch<string>(async (items) => void seen.push(items), { waitMs: 1, most: 100 });
    await batch.add('alone');
    assert.deepEqual(seen, [['alone']]);
  });

  it('tells each of a batch that fails, and goes on with the next', async () => {
    let fails = true;
    const work = async () => {
      if (fails) throw new Error('away');
    };
    const batch = createBatch<number>(work, { waitMs: LONG_MS, most: 2 });
    const first = await Promise.allSettled([batch.add(1), batch.add(2)]);
    assert.deepEqual(
      first.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    fails = false;
    const second = batch.add(3);
    await batch.flush();
    await second;
  });

  it('has nothing to do when nothing waits', async () => {
    const batch = createBatch<number>(() => assert.fail('there was nothing'), { waitMs: LONG_MS, most: 2 });
    await batch.flush();
  });
});
