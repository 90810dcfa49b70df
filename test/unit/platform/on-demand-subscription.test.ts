import assert from 'node:assert/strict';
import test from 'node:test';
import { UnavailableError } from '../../../core/errors.ts';
import type { Bus, SubscribeOptions } from '../../../platform/bus/bus.ts';
import { createOnDemandSubscription } from '../../../platform/bus/on-demand-subscription.ts';

const options: SubscribeOptions = { bindings: [{ exchange: 'e', routing_key: '#' }], handler: () => undefined };

/** A bus that counts its subscriptions. */
function countingBus() {
  const seen = { open: 0, made: 0, isAway: false };
  const bus = {
    async subscribe() {
      if (seen.isAway) throw new UnavailableError('There is no connection to the message broker.');
      seen.open += 1;
      seen.made += 1;
      return {
        async cancel() {
          seen.open -= 1;
        },
      };
    },
  } as unknown as Bus;
  return { seen, bus };
}

test('on demand: one subscription for all who need it, none when nobody does', async () => {
  const { seen, bus } = countingBus();
  const subscription = createOnDemandSubscription(bus, options);
  assert.equal(seen.open, 0);
  const [first, second] = await Promise.all([subscription.need(), subscription.need()]);
  assert.deepEqual([seen.open, seen.made], [1, 1]);
  first?.();
  first?.();
  await Promise.resolve();
  assert.equal(seen.open, 1, 'leaving twice is leaving once');
  second?.();
  await new Promise(setImmediate);
  assert.equal(seen.open, 0);
  const again = await subscription.need();
  assert.deepEqual([seen.open, seen.made], [1, 2]);
  again();
});

test('on demand: who cannot be served is told, and may ask again', async () => {
  const { seen, bus } = countingBus();
  const subscription = createOnDemandSubscription(bus, options);
  seen.isAway = true;
  await assert.rejects(subscription.need(), UnavailableError);
  seen.isAway = false;
  const leave = await subscription.need();
  assert.equal(seen.open, 1);
  leave();
});
