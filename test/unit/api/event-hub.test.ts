import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import type { ActionService } from '../../../action-service/contract.ts';
import { createEventHub, type Listener } from '../../../api/stream/event-hub.ts';
import { type Bus, EXCHANGES, type SubscribeOptions } from '../../../platform/bus/bus.ts';
import type { Stores } from '../../../stores/stores.ts';

/** A hub without a broker; `update` is a message about an execution, which `load` gives as it is shown. */
function hubWith(load: (id: string) => Promise<object>) {
  let handler: SubscribeOptions['handler'] = () => undefined;
  const bus = {
    subscribe: async (options: SubscribeOptions) => {
      handler = options.handler;
      return { cancel: async () => undefined };
    },
  } as unknown as Bus;
  const stores = {
    executions: { get: async (id: string) => ({ id, context: {}, ...(await load(id)) }) },
  } as unknown as Stores;
  const actions = { present: async (all: readonly object[]) => all } as unknown as ActionService;
  const hub = createEventHub({ bus, stores, actions, logger: pino({ level: 'silent' }) });
  const heard: { readonly execution: string; readonly id: string }[] = [];
  const listener: Listener = (event, frame) => {
    const id = /^id: (.*)$/m.exec(String(frame().subarray(0, 200)))?.[1] ?? '';
    heard.push({ execution: event.executionId ?? '', id });
  };
  const update = (id: string) => handler({ id }, 'update', EXCHANGES.execution);
  return { hub, heard, update, listen: () => hub.listen((event, frame) => listener(event, frame)) };
}

async function until(condition: () => boolean): Promise<void> {
  for (let looks = 0; !condition() && looks < 100_000; looks += 1) await turn();
  assert.ok(condition());
}

test('event hub: what is kept for clients that come back has a bounded size', async () => {
  const result = 'é'.repeat(512 * 1024);
  const { hub, heard, update, listen } = hubWith(async () => ({ result }));
  await listen();
  for (let count = 0; count < 40; count += 1) update(`e${count}`);
  await until(() => heard.length === 80);
  const known = heard.filter(({ id }) => hub.after(id) !== undefined);
  assert.equal(known.length, 31, 'a megabyte each, and a little more');
  assert.equal(known.at(-1), heard.at(-1));
});

test('event hub: a burst is loaded a few at once and keeps its order', async () => {
  const waiting: (() => void)[] = [];
  let most = 0;
  const { heard, update, listen } = hubWith(async () => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return {};
  });
  await listen();
  const ids = Array.from({ length: 50 }, (_item, index) => `e${index}`);
  ids.forEach(update);
  await until(() => {
    most = Math.max(most, waiting.length);
    // The last to begin is the first to be there.
    waiting.pop()?.();
    return heard.length === 100;
  });
  assert.ok(most <= 8, `${most} at once`);
  assert.deepEqual(
    heard.map(({ execution }) => execution),
    ids.flatMap((id) => [id, id]),
  );
});

test('event hub: once nobody listens, events are kept for a minute', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { hub, heard, update, listen } = hubWith(async () => ({}));
  const leave = await listen();
  update('e1');
  await until(() => heard.length === 2);
  const first = heard[0]?.id ?? '';
  leave();
  t.mock.timers.tick(50_000);
  const leaveAgain = await listen();
  leave();
  t.mock.timers.tick(50_000);
  assert.equal(hub.after(first)?.length, 1, 'somebody came back');
  leaveAgain();
  t.mock.timers.tick(50_000);
  assert.equal(hub.after(first)?.length, 1);
  t.mock.timers.tick(50_000);
  assert.equal(hub.after(first), undefined);
});
