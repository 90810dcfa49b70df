import assert from 'node:assert/strict';
import { it } from 'node:test';
import { pino } from 'pino';
import { createSweeps, type SweepDeps } from '../../../actionrunner/scheduler/sweeps.ts';
import type { Filter, FindOptions } from '../../../stores/collection.ts';

it('says an order that was lost, behind any number of pauses that take long', async () => {
  const said: unknown[] = [];
  const executions = {
    find: async ({ status, updated_at: changed }: Filter, { limit }: FindOptions) => {
      const wanted = typeof status === 'string' ? [status] : ((status as { $in?: string[] } | undefined)?.$in ?? []);
      if (!Object.hasOwn((changed ?? {}) as object, '$lt')) return [];
      const pausing = Array.from({ length: 1_000 }, (_, index) => ({ id: `p-${index}`, status: 'pausing' }));
      const found = [...pausing, { id: 'lost', status: 'scheduled' }].filter((one) => wanted.includes(one.status));
      return found.slice(0, Number(limit)).map((one) => ({ ...one, updated_at: new Date(0) }));
    },
  };
  const sweep = createSweeps({
    stores: { executions },
    bus: { publish: (_exchange: string, _key: string, message: unknown) => void said.push(message) },
    logger: pino({ level: 'silent' }),
    lostAfterMs: 1,
    leaseMs: 1,
    schedule: async () => undefined,
  } as unknown as SweepDeps);
  await sweep();
  assert.deepEqual(said.at(0), { id: 'lost', status: 'scheduled' });
});

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
