import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRuleWatch } from '../../../action-service/triggers/rule-watch.ts';
import type { Bus } from '../../../platform/bus/bus.ts';
import type { Stores } from '../../../stores/stores.ts';
import { clockSetBack } from '../../support/clock-set-back.ts';

it('a new rule is noticed without its message after a second, also when the clock was set back', async (test) => {
  let rule: object | undefined;
  const stores = { rules: { findOne: async () => rule } } as unknown as Stores;
  const watch = createRuleWatch(stores, {} as Bus);
  assert.equal(await watch.hasRules('core.one'), false);
  rule = { ref: 'default.new' };
  assert.equal(await watch.hasRules('core.one'), false);
  clockSetBack(test, 1_000);
  assert.equal(await watch.hasRules('core.one'), true);
});
