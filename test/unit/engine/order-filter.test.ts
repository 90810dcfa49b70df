import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createOrderFilter } from '../../../engine/workflows/order-filter.ts';

const mark = (from: string, number: number) => ({ from, number });

it('a pause that is told after the resume behind it is not heard; what comes again is', () => {
  const isInOrder = createOrderFilter();
  assert.ok(isInOrder('run', mark('one', 4)));
  assert.ok(isInOrder('run', mark('one', 6)));
  assert.ok(!isInOrder('run', mark('one', 5)));
  assert.ok(isInOrder('run', mark('one', 6)));
  assert.ok(isInOrder('run', mark('one', 8)));
});

it('runs, and the executions of retries, do not get into the way of each other', () => {
  const isInOrder = createOrderFilter();
  assert.ok(isInOrder('run', mark('one', 9)));
  assert.ok(isInOrder('other', mark('two', 4)));
  assert.ok(isInOrder('run', mark('retry', 4)));
  assert.ok(isInOrder('run', undefined));
});
