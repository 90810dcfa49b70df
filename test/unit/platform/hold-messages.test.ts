import assert from 'node:assert/strict';
import test from 'node:test';
import { pino } from 'pino';
import type { Bus } from '../../../platform/bus/bus.ts';
import { holdMessages } from '../../../platform/bus/hold-messages.ts';
import { waitFor } from '../../support/wait-for.ts';

test('messages published while the broker is away are sent, in order, when it is back', async () => {
  const sent: unknown[] = [];
  let isConnected = true;
  const bus = holdMessages(
    {
      publish: (...message: unknown[]) => sent.push(message[2]),
      connected: () => isConnected,
      stop: async () => undefined,
    } as unknown as Bus,
    pino({ level: 'silent' }),
  );
  bus.publish('e', 'k', { n: 1 });
  isConnected = false;
  bus.publish('e', 'k', { n: 2 });
  bus.publish('e', 'k', { n: 3 });
  assert.deepEqual(sent, [{ n: 1 }]);
  isConnected = true;
  bus.publish('e', 'k', { n: 4 });
  await waitFor(async () => sent.length === 4, { what: 'what was held' });
  assert.deepEqual(sent, [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]);
  await bus.stop();
});
