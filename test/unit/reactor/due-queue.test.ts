import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDueQueue } from '../../../reactor/timers/due-queue.ts';

describe('queue of due times', () => {
  it('gives items soonest first, and only what is due', () => {
    const queue = createDueQueue<number>();
    // A fixed scramble of 0..999.
    for (let index = 0; index < 1000; index += 1) queue.add((index * 617) % 1000, index);
    assert.equal(queue.nextDue(), 0);
    const taken: number[] = [];
    for (let next = queue.takeDue(499); next !== undefined; next = queue.takeDue(499)) taken.push(next.due);
    assert.deepEqual(
      taken,
      Array.from({ length: 500 }, (_, index) => index),
    );
    assert.equal(queue.nextDue(), 500);
    queue.clear();
    assert.equal(queue.nextDue(), undefined);
    assert.equal(queue.takeDue(10_000), undefined);
  });
});
