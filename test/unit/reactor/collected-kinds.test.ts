import assert from 'node:assert/strict';
import { it } from 'node:test';
import { COLLECTED_KINDS } from '../../../reactor/garbage-collector/kinds.ts';
import type { Filter } from '../../../stores/collection.ts';
import type { Stores } from '../../../stores/stores.ts';

it('keeps the sub-workflows of a root that is kept', async () => {
  const kind = COLLECTED_KINDS.find(({ name }) => name === 'workflow_executions');
  const filters: Filter[] = [];
  const stores = {
    workflowExecutions: {
      async find(filter: Filter) {
        filters.push(filter);
        return [{ uuid: 'running' }];
      },
    },
  } as unknown as Stores;
  const old = [
    { id: 'root', root_execution_id: null },
    { id: 'below-running', root_execution_id: 'running' },
    { id: 'below-ended', root_execution_id: 'ended' },
  ];
  const time = new Date(0);
  assert.deepEqual(await kind?.spare?.(stores, old, time), new Set(['below-running']));
  assert.deepEqual(filters, [
    {
      uuid: { $in: ['running', 'ended'] },
      $or: [{ state: { $nin: ['SUCCESS', 'ERROR', 'CANCELLED'] } }, { updated_at: { $gte: time } }],
    },
  ]);
});
