import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { gather } from '../../../platform/gather.ts';

const LONG_MS = 60_000;

/** What is due in this turn of the event loop, and what follows of it, is done. */
async function settled(): Promise<void> {
  await turn();
  await turn();
}

/** Work that notes what it is given, and ends when it is told to. */
function heldWork() {
  const seen: (readonly number[])[] = [];
  const ends: (() => void)[] = [];
  const work = (items: readonly number[]) => {
    seen.push(items);
    return new Promise<readonly number[]>((resolve) => ends.push(() => resolve(items.map((item) => item * 10))));
  };
  return { seen, work, end: () => ends.shift()?.() };
}

/** Work that notes what it is given, and ends at once. */
function notedWork() {
  const seen: (readonly number[])[] = [];
  const work = async (items: readonly number[]) => {
    seen.push(items);
    return items.map((item) => item * 10);
  };
  return { seen, work };
}

describe('gather', () => {
  it('does calls of the same turn together and gives each its result', async () => {
    const { seen, work } = notedWork();
    const one = gather(work, { most: 3 });
    const results = await Promise.all([1, 2, 3, 4].map(one));
    assert.deepEqual(results, [10, 20, 30, 40]);
    assert.deepEqual(seen, [[1, 2, 3], [4]]);
    assert.equal(await one(5), 50);
    assert.deepEqual(seen[2], [5]);
  });

  it('keeps what comes later from waiting, unless it is to be patient', async () => {
    const { seen, work, end } = heldWork();
    const one = gather(work, { most: 10 });
    const results = [one(1)];
    await settled();
    results.push(one(2));
    await settled();
    assert.deepEqual(seen, [[1], [2]]);
    end();
    end();
    assert.deepEqual(await Promise.all(results), [10, 20]);
  });

  it('lets calls wait for the work under way, until it ends, there are many, or their patience does', async () => {
    const { seen, work, end } = heldWork();
    const one = gather(work, { most: 3, patienceMs: LONG_MS });
    const results = [one(1)];
    await settled();
    results.push(one(2), one(3));
    await settled();
    assert.deepEqual(seen, [[1]]);
    end();
    await settled();
    assert.deepEqual(seen, [[1], [2, 3]]);
    results.push(one(4), one(5), one(6));
    await settled();
    assert.deepEqual(seen[2], [4, 5, 6], 'as many as go together');
    end();
    end();
    assert.deepEqual(await Promise.all(results), [10, 20, 30, 40, 50, 60]);

    const hasty = heldWork();
    const soon = gather(hasty.work, { most: 3, patienceMs: 5 });
    const both = [soon(1)];
    await settled();
    both.push(soon(2));
    await sleep(20);
    assert.deepEqual(hasty.seen, [[1], [2]]);
    hasty.end();
    hasty.end();
    await Promise.all(both);
  });

  it('keeps a call for others only as long after the last work as it says', async () => {
    const { seen, work } = notedWork();
    const one = gather(work, {
      most: 10,
      patienceMs: 5,
      keptUntil: (item, { lastBegin }) => lastBegin + (item < 100 ? LONG_MS : 0),
    });
    await one(1);
    const kept = [one(2), one(3)];
    await sleep(10);
    assert.deepEqual(seen, [[1]], 'the first waits for nobody, the next ones for others');
    await one(100);
    assert.deepEqual(seen[1], [2, 3, 100], 'who does not wait takes them along');
    assert.deepEqual(await Promise.all(kept), [20, 30]);
  });

  it('does not keep a call for others once none has come for a while', async () => {
    const { seen, work } = notedWork();
    const one = gather(work, {
      most: 10,
      patienceMs: LONG_MS,
      keptUntil: (_item, { lastBegin }) => lastBegin + LONG_MS,
      quietMs: 400,
    });
    await one(1);
    const began = performance.now();
    const kept = [one(2)];
    for (let number = 3; number < 6; number += 1) {
      await sleep(10);
      kept.push(one(number));
    }
    assert.deepEqual(seen, [[1]], 'others come');
    await Promise.all(kept);
    assert.deepEqual(seen[1], [2, 3, 4, 5]);
    assert.ok(performance.now() - began >= 420, 'as long after the last as it says');
  });

  it('does only calls of a kind together', async () => {
    const { seen, work } = notedWork();
    const one = gather(work, { most: 2, kindOf: (item) => item % 2 });
    assert.deepEqual(await Promise.all([1, 2, 3, 4, 5].map(one)), [10, 20, 30, 40, 50]);
    assert.deepEqual(seen, [[1, 3], [2, 4], [5]]);
  });

  it('tells each what failed: its own, or the whole', async () => {
    const one = gather(
      async (items: readonly number[]) => {
        if (items.includes(0)) throw new Error('all');
        return items.map((item) => (item < 0 ? Promise.reject(new Error(`only ${item}`)) : item));
      },
      { most: 10 },
    );
    const told = await Promise.allSettled([one(1), one(-1)]);
    assert.deepEqual(
      told.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))),
      [1, 'Error: only -1'],
    );
    const failed = await Promise.allSettled([one(1), one(0)]);
    assert.ok(failed.every((result) => result.status === 'rejected' && String(result.reason) === 'Error: all'));
    assert.equal(await one(7), 7, 'and goes on');
  });
});
