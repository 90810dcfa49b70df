import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTriggerService } from '../../../action-service/triggers/trigger-service.ts';
import { ConflictError } from '../../../core/errors.ts';
import type { Bus } from '../../../platform/bus/bus.ts';
import type { OpenContent } from '../../../stores/records.ts';
import type { Stores } from '../../../stores/stores.ts';

const TRIGGER = {
  id: '0123456789abcdef01234567',
  ref: 'core.one',
  type: 'core.st2.IntervalTimer',
  parameters: { unit: 'seconds', delta: 5 },
} as unknown as OpenContent;

/** One trigger, and rules that are counted. `afterCount` happens between a count and what follows it. */
function world(afterCount: (state: { rules: number }) => void = () => undefined) {
  const state = { triggers: [TRIGGER], rules: 0 };
  const announced: string[] = [];
  const stores = {
    triggers: {
      findOne: async ({ ref }: { ref: string }) => state.triggers.find((one) => one.ref === ref),
      async insert(record: OpenContent) {
        if (state.triggers.some(({ ref }) => ref === record.ref)) throw new ConflictError('It is there.');
        state.triggers.push(record);
        return record;
      },
      async removeOne({ ref }: { ref: string }) {
        state.triggers = state.triggers.filter((one) => one.ref !== ref);
      },
    },
    rules: {
      async count() {
        const counted = state.rules;
        afterCount(state);
        return counted;
      },
    },
  } as unknown as Stores;
  const bus = { publish: (_exchange: string, key: string) => announced.push(key) } as unknown as Bus;
  return { state, announced, triggers: createTriggerService(stores, bus) };
}

describe('the trigger of a rule', () => {
  it('is removed when no rule uses it', async () => {
    const { state, announced, triggers } = world();
    await triggers.removeIfUnused('core.one');
    assert.deepEqual(state.triggers, []);
    assert.deepEqual(announced, ['delete']);
  });

  it('is there again, as it was, when a rule was stored while it was removed', async () => {
    const { state, announced, triggers } = world((now) => {
      now.rules = 1;
    });
    await triggers.removeIfUnused('core.one');
    assert.deepEqual(state.triggers, [TRIGGER]);
    assert.deepEqual(announced, ['create']);
  });

  it('is there again when it was removed before its rule was stored', async () => {
    const { state, announced, triggers } = world();
    await triggers.removeIfUnused('core.one');
    await Promise.all([triggers.keep(TRIGGER), triggers.keep(TRIGGER)]);
    assert.deepEqual(state.triggers, [TRIGGER]);
    assert.deepEqual(announced, ['delete', 'create']);
  });
});
