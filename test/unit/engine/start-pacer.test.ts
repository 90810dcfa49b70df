import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { createStartPacer, type Ended, type StartPacer } from '../../../engine/workflows/start-pacer.ts';

/** Activities at once, to begin with. */
const WINDOW = 100;
const REST_MS = 1;
const WIDEN_MS = 500;

describe('start pacer', () => {
  let pacer: StartPacer;
  let begun: number[];
  let ends: Map<number, Ended>;
  let waits: { readonly ms: number; readonly over: () => void }[];

  beforeEach(() => {
    begun = [];
    ends = new Map();
    waits = [];
    pacer = createStartPacer((ms) => new Promise((resolve) => void waits.push({ ms, over: resolve })));
  });

  const start = (from: number, to: number, input: unknown = {}, isWanted = (_number: number) => true) => {
    for (let number = from; number < to; number += 1) {
      const go = (ended: Ended) => {
        begun.push(number);
        ends.set(number, ended);
      };
      pacer.start({ input, isWanted: () => isWanted(number), go });
    }
  };

  /** Ends the oldest of what is open. */
  const end = (count: number, byServer = true) => {
    for (const [number, ended] of [...ends].slice(0, count)) {
      ends.delete(number);
      ended(byServer);
    }
  };

  async function passTime(ms: number): Promise<void> {
    for (const wait of waits.splice(0)) {
      if (wait.ms === ms) wait.over();
      else waits.push(wait);
    }
    await settled();
  }

  it('begins a portion at once, in order, and the next one when one of it has come back', () => {
    start(0, 250);
    assert.deepEqual(
      begun,
      Array.from({ length: WINDOW }, (_, number) => number),
    );
    end(1);
    assert.equal(begun.length, WINDOW + 1, 'as many as the window has room for');
    end(60);
    assert.equal(begun.length, WINDOW + 61);
    assert.equal(pacer.open, WINDOW);
  });

  it('goes on after a rest where nothing of the portion comes back by the server', async () => {
    start(0, 150);
    end(WINDOW, false);
    assert.equal(begun.length, WINDOW, 'an end of our own says nothing of a new workflow task');
    await passTime(REST_MS);
    assert.equal(begun.length, 150);
  });

  it('widens the window while what is open takes long, up to a limit', async () => {
    start(0, 3_000);
    for (let open = WINDOW; open < 1_500; open = pacer.open) {
      for (let rests = 0; rests < 20 && pacer.open === open; rests += 1) {
        await passTime(REST_MS);
        await passTime(WIDEN_MS);
      }
      assert.ok(pacer.open > open, `more than ${open}`);
    }
    for (let rests = 0; rests < 20; rests += 1) {
      await passTime(REST_MS);
      await passTime(WIDEN_MS);
    }
    assert.equal(pacer.open, 1_500);
  });

  it('ends a portion by its size as well, and lets the largest begin alone', async () => {
    start(0, 10, 'x'.repeat(1_000_000));
    assert.equal(begun.length, 4, 'what is passed by a claim check counts for its check alone');
    await passTime(REST_MS);
    assert.equal(begun.length, 8);
  });

  it('begins nothing while it is held, and leaves out what is not wanted any more', () => {
    pacer.hold(true);
    start(0, 10, {}, (number) => number % 2 === 0);
    assert.deepEqual(begun, []);
    pacer.hold(false);
    assert.deepEqual(begun, [0, 2, 4, 6, 8]);
    assert.equal(pacer.open, 5);
  });
});
