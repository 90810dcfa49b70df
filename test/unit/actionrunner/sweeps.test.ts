import assert from 'node:assert/strict';
import { it } from 'node:test';
import { pino } from 'pino';
import { createSweeps, type SweepDeps } from '../../../actionrunner/scheduler/sweeps.ts';
import type { Filter, FindOptions } from '../../../stores/collection.ts';

it('finds what is due behind many that a policy holds back', async () => {
  const waiting = Array.from({ length: 1_000 }, (_, index) => `held-${index}`).concat('due');
  const seen: string[] = [];
  const executions = {
    find: async ({ status }: Filter, { offset = 0, limit }: FindOptions) =>
      status === 'delayed' ? waiting.slice(offset, offset + Number(limit)).map((id) => ({ id })) : [],
  };
  const sweep = createSweeps({
    stores: { executions },
    logger: pino({ level: 'silent' }),
    lostAfterMs: 1,
    leaseMs: 1,
    schedule: async ({ id }: { readonly id: string }) => void seen.push(id),
  } as unknown as SweepDeps);
  for (let round = 0; round < 6; round += 1) await sweep();
  assert.ok(seen.includes('due'));
  assert.equal(seen.filter((id) => id === 'held-0').length, 6, 'the oldest are looked at each time');
});
