import assert from 'node:assert/strict';
import test from 'node:test';
import { pino } from 'pino';
import { createEventTriggers } from '../../../engine/tracker/event-triggers.ts';
import type { TrackerContext } from '../../../engine/tracker/tracker-context.ts';
import { type Bus, type ConsumeOptions, NotNowError } from '../../../platform/bus/bus.ts';

test('event triggers: an event that cannot be served before the end is left to another tracker', async () => {
  let isAway = false;
  const stores = {
    eventTriggers: {
      async find() {
        if (isAway) throw Object.assign(new Error('connection refused'), { name: 'MongoNetworkError' });
        return [{ exchange: 'openstack', topic: 'notifications' }];
      },
    },
  };
  let handler: ConsumeOptions['handler'] | undefined;
  const bus = {
    async consume(options: ConsumeOptions) {
      handler = options.handler;
      return { cancel: async () => undefined };
    },
  };
  const context = { stores, logger: pino({ level: 'silent' }) } as unknown as TrackerContext;
  const triggers = createEventTriggers(context, bus as unknown as Bus);
  await triggers.start();
  isAway = true;
  await triggers.stop();
  await assert.rejects(async () => handler?.({ event_type: 'made' }, 'notifications.info', 'openstack'), NotNowError);
});
