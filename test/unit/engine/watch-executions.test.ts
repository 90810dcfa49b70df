import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { pino } from 'pino';
import type { TrackerContext } from '../../../engine/tracker/tracker-context.ts';
import { createWatch } from '../../../engine/tracker/watch-executions.ts';
import type { Bus } from '../../../platform/bus/bus.ts';

const INTERVAL = 1_000;
const POOL = 2;

/** A watch over executions in progress that a test lets be looked at; each look reads the execution first, which is what is counted. */
function watchOver(context: TestContext, ids: readonly string[], look: (id: string) => Promise<unknown>) {
  // The clock of the day stands still, as after it was set back: what is due is due for all that.
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let elapsed = 0;
  context.mock.method(performance, 'now', () => elapsed);
  context.mock.method(Math, 'random', () => 0.5);
  const looks: string[] = [];
  const unclaimed = ids.map((id) => ({ id }));
  const stores = {
    executions: {
      async get(id: string) {
        looks.push(id);
        await look(id);
        return { id, status: 'running', context: {}, log: [] };
      },
      find: async () => unclaimed.splice(0),
      updateOne: async () => ({}),
      updateMany: async () => 0,
    },
    // The workflow has not been started yet: nothing about it changes.
    workflowExecutions: { findOne: async () => undefined },
  };
  const tracker = { stores, logger: pino({ level: 'silent' }) } as unknown as TrackerContext;
  const bus = { connected: () => true } as unknown as Bus;
  const watch = createWatch(tracker, bus, { owner: 'me', interval: INTERVAL, poolSize: POOL, lease: 3_600_000 });
  /** Lets time pass, and all that is due be done. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      elapsed += 50;
      context.mock.timers.tick(50);
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { watch, looks, pass };
}

const atOnce = async () => undefined;

describe('the watch over workflows in progress', () => {
  it('polls what does not change less and less often, and as often as ever when a thousand news came', async (context) => {
    const { watch, looks, pass } = watchOver(context, ['quiet'], atOnce);
    await watch.start();
    await pass(10_000);
    const before = looks.length;
    assert.ok(before >= 4 && before <= 6, `${before} polls in 10 s`);
    for (let news = 0; news < 1_000; news += 1) await watch.news('quiet');
    looks.length = 0;
    await pass(12_000);
    assert.ok(looks.length >= 1, 'a poll within the time that was next, though news came');
  });

  it('looks once more for all news that come during a look', async (context) => {
    let end: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      end = resolve;
    });
    const { watch, looks } = watchOver(context, [], () => first);
    const told = [watch.news('busy'), watch.news('busy'), watch.news('busy'), watch.news('busy')];
    assert.deepEqual(looks, ['busy']);
    end();
    await Promise.all(told);
    assert.deepEqual(looks, ['busy', 'busy']);
  });

  it('begins no poll while news have it look at more executions than its pool holds', async (context) => {
    const { watch, looks, pass } = watchOver(context, ['a', 'b', 'c', 'd'], () => new Promise(() => undefined));
    for (const id of ['1', '2', '3', '4', '5']) void watch.news(id);
    await watch.start();
    await pass(5_000);
    assert.deepEqual(looks, ['1', '2', '3', '4', '5']);
  });

  it('polls as many at once as its pool holds', async (context) => {
    const { watch, looks, pass } = watchOver(context, ['a', 'b', 'c', 'd'], () => new Promise(() => undefined));
    await watch.start();
    await pass(5_000);
    assert.equal(looks.length, POOL);
  });
});
