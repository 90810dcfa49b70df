import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFilterValues } from '../../../api/resources/executions/filter-values.ts';
import type { Execution } from '../../../stores/executions.ts';
import type { Stores } from '../../../stores/stores.ts';

/** A store that counts how often it reads everything. */
function storeOf(executions: Execution[]) {
  const reads = { all: 0, documents: 0 };
  const newestFirst = () => [...executions].sort((a, b) => b.start_timestamp.getTime() - a.start_timestamp.getTime());
  const stores = {
    executions: {
      distinct: async (field: string) => {
        reads.all += 1;
        const values = executions.map((one) => (one as unknown as Record<string, unknown>)[field]);
        return [...new Set(values.filter((value) => value !== undefined))];
      },
      find: async (_filter: unknown, { limit = 0, offset = 0 }: { limit?: number; offset?: number }) => {
        const page = newestFirst().slice(offset, offset + limit);
        reads.documents += page.length;
        return page;
      },
      findOne: async ({ status }: { status: string }) => executions.find((one) => one.status === status),
    },
  };
  return { reads, stores: stores as unknown as Stores };
}

const execution = (action_ref: string, at: number, status = 'succeeded') =>
  ({
    action_ref,
    runner_type: 'noop',
    status,
    start_timestamp: new Date(at),
    context: { user: 'u' },
  }) as never as Execution;

test('values of new executions are found without reading the old ones again', async () => {
  const day = 86_400_000;
  const executions = Array.from({ length: 1_000 }, (_, index) => execution('core.old', 10 * day + index));
  const { stores, reads } = storeOf(executions);
  let now = 20 * day;
  const values = createFilterValues(stores, () => now);
  assert.deepEqual(await values(['action', 'status', 'rule']), {
    action: ['core.old'],
    status: ['succeeded'],
    rule: [null],
  });
  const { all } = reads;

  now += 1_000;
  executions.push(execution('core.new', now, 'running'));
  assert.deepEqual(await values(['action', 'status']), {
    action: ['core.old', 'core.new'],
    status: ['running', 'succeeded'],
  });
  assert.equal(reads.all, all);
  assert.ok(reads.documents <= 200, `${reads.documents} executions were read`);

  now += 2 * 3_600_000;
  executions.splice(0, 1_000);
  assert.deepEqual(await values(['action']), { action: ['core.new'] }, 'what is gone is forgotten in the end');
});
