import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createNewsFilter } from '../../../engine/workflows/news-filter.ts';

const mark = (execution_id: string, changes: number) => ({ execution_id, changes });

it('a pause that is told after the resume behind it is not heard; what comes again is', () => {
  const isNews = createNewsFilter();
  assert.ok(isNews('run', mark('one', 4)));
  assert.ok(isNews('run', mark('one', 6)));
  assert.ok(!isNews('run', mark('one', 5)));
  assert.ok(isNews('run', mark('one', 6)));
  assert.ok(isNews('run', mark('one', 8)));
});

it('runs, and the executions of retries, do not get into the way of each other', () => {
  const isNews = createNewsFilter();
  assert.ok(isNews('run', mark('one', 9)));
  assert.ok(isNews('other', mark('two', 4)));
  assert.ok(isNews('run', mark('retry', 4)));
  assert.ok(isNews('run', undefined));
});
