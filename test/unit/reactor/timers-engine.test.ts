import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import type { Message, SubscribeOptions } from '../../../platform/bus/bus.ts';
import { createTimersEngine, type TimersEngineDeps } from '../../../reactor/timers/timers-engine.ts';
import { waitFor } from '../../support/wait-for.ts';

const HOUR_MS = 3_600_000;

/** Id of a trigger that was made at a time. */
const idAt = (milliseconds: number) => `${Math.floor(milliseconds / 1000).toString(16)}${'0'.repeat(16)}`;

/** An engine on a clock that can be set, with triggers and firings in memory; an id is stored once, as in the database. */
function engineOnClock(created: number, refreshInterval = 3_600) {
  let offset = 0;
  const now = () => Date.now() + offset;
  const triggers = new Map([
    ['core.second', timer('second', 'core.st2.IntervalTimer', { unit: 'seconds', delta: 1 }, created)],
  ]);
  const fired = new Map<string, { readonly due: number; readonly at: number; readonly trigger: string }>();
  let looks = 0;
  let counted = 0;
  let revision = 1;
  let announce: (message: Message) => void = () => undefined;
  const deps = {
    stores: {
      triggers: {
        async find(filter: { readonly ref?: { readonly $in: readonly string[] } }) {
          looks += 1;
          const all = [...triggers.values()];
          return filter.ref === undefined ? all : all.filter(({ ref }) => filter.ref?.$in.includes(ref));
        },
        async storedRevision() {
          counted += 1;
          return revision;
        },
      },
    },
    bus: {
      async subscribe({ handler }: SubscribeOptions) {
        announce = (message) => handler(message, '', '');
        return { cancel: async () => undefined };
      },
    },
    async dispatch({ id = '', occurredAt, trigger }: Parameters<TimersEngineDeps['dispatch']>[0]) {
      if (fired.has(id)) return undefined;
      fired.set(id, { due: occurredAt?.getTime() ?? 0, at: now(), trigger });
      return { id };
    },
    logger: pino({ level: 'silent' }),
    settings: { refresh_interval: refreshInterval, misfire_grace: 60, timezone: 'UTC' },
    now,
  } as unknown as TimersEngineDeps;
  return {
    engine: createTimersEngine(deps),
    triggers,
    setClock: (milliseconds: number) => {
      offset += milliseconds;
    },
    firings: () => [...fired.values()].sort((a, b) => a.due - b.due),
    looks: () => looks,
    counted: () => counted,
    raiseRevision: () => {
      revision += 1;
    },
    announce: (message: Message) => announce(message),
  };
}

function timer(name: string, type: string, parameters: Record<string, unknown>, created: number) {
  return { id: idAt(created), ref: `core.${name}`, uid: '', name, pack: 'core', type, parameters };
}

describe('timers when the clock is set', () => {
  const clock = engineOnClock(Date.now() - 10_000);
  const next = async (what: string) => {
    const seen = clock.firings().length;
    await waitFor(() => clock.firings().length > seen, { what, timeoutMs: 15_000 });
  };

  before(() => clock.engine.start());
  after(() => clock.engine.stop());

  it('forward by an hour: what was missed is made up for once, by the last of it, and it goes on', async () => {
    await next('a firing');
    const before = clock.firings().at(-1)?.due ?? 0;
    clock.setClock(HOUR_MS);
    await next('a firing after the jump');
    await next('one more');
    const gaps = clock.firings().map(({ due }, index, all) => due - (all[index - 1]?.due ?? due));
    assert.equal(gaps.filter((gap) => gap > 2_000).length, 1, 'one gap, of the hour');
    assert.ok(clock.firings().every(({ due, at }) => at >= due && at - due < 60_000));
    assert.ok((clock.firings().at(-1)?.due ?? 0) > before + HOUR_MS - 60_000);
  });

  it('back by almost an hour: goes on within seconds, and no time is fired twice', async () => {
    const before = clock.firings().length;
    clock.setClock(30_000 - HOUR_MS);
    await next('a firing after the jump back');
    const times = clock.firings().map(({ due }) => due);
    assert.equal(new Set(times).size, times.length);
    assert.ok(times.length > before);
  });

  it('looks only at the timers that are announced as changed', async () => {
    const looked = clock.looks();
    const due = Math.ceil((clock.firings().at(-1)?.at ?? 0) / 1000) * 1000;
    const made = timer('cron', 'core.st2.CronTimer', { second: '*' }, due);
    clock.triggers.set(made.ref, made);
    clock.announce({ id: made.id, ref: made.ref, type: made.type });
    await waitFor(() => clock.firings().some(({ trigger }) => trigger === made.ref), { what: 'the new timer' });
    assert.equal(clock.looks(), looked + 1);
    clock.triggers.delete(made.ref);
    clock.announce({ id: made.id, ref: made.ref, type: made.type });
    await waitFor(() => clock.looks() === looked + 2, { what: 'a look at what was removed' });
    const count = clock.firings().filter(({ trigger }) => trigger === made.ref).length;
    await next('the other timer');
    await next('the other timer again');
    assert.ok(clock.firings().filter(({ trigger }) => trigger === made.ref).length <= count + 1);
  });
});

describe('looks for timers of which no message came', () => {
  const clock = engineOnClock(Date.now(), 0.01);
  before(() => clock.engine.start());
  after(() => clock.engine.stop());

  it('read the timers only when the count of changes is another one', async () => {
    const looked = clock.looks();
    const counted = clock.counted();
    await waitFor(() => clock.counted() > counted + 5, { what: 'looks at the count' });
    assert.equal(clock.looks(), looked);
    const made = timer('late', 'core.st2.CronTimer', { second: '*' }, Date.now());
    clock.triggers.set(made.ref, made);
    clock.raiseRevision();
    await waitFor(() => clock.firings().some(({ trigger }) => trigger === made.ref), { what: 'the new timer' });
    assert.equal(clock.looks(), looked + 1);
    clock.triggers.delete(made.ref);
    clock.raiseRevision();
    await waitFor(() => clock.looks() === looked + 2, { what: 'a look at what was removed' });
  });
});
