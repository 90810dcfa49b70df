/** What happens to events when a process, the bus or the database goes away, or a sensor keeps crashing. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { projectRoot } from '../../cli/project-paths.ts';
import { type Bus, EXCHANGES } from '../../platform/bus/bus.ts';
import { createBus } from '../../platform/bus/create-bus.ts';
import { loadConfig } from '../../platform/config/load-config.ts';
import { writeEventPack } from '../support/event-pack.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RuleLoop, ruleLoop, TIMEOUT } from '../support/rule-loop.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 1_200;
const HOUR_MS = 3_600_000;

let infrastructure: Provisioned;
let system: RunningServices;
let loop: RuleLoop;
/** For messages that come again. */
let bus: Bus;

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'], own: true });
  system = await startServices(infrastructure, {
    packFolders: [await writeEventPack(infrastructure.folder)],
    only: ['st2api', 'st2auth', 'st2scheduler', 'st2actionrunner', 'st2rulesengine', 'st2sensorcontainer'],
    env: {
      ST2_RULESENGINE__LEASE: '2',
      ST2_RULESENGINE__SWEEP_INTERVAL: '0.5',
      ST2_RULESENGINE__LOST_AFTER: '1',
      ST2_SCHEDULER__SWEEP_INTERVAL: '0.5',
      ST2_SCHEDULER__LOST_AFTER: '1',
      ST2_SENSORCONTAINER__RESPAWN_DELAY: String(FIRST_PAUSE_MS / 1000),
      ST2_SENSORCONTAINER__RESPAWN_DELAY_MAX: String(LONGEST_PAUSE_MS / 1000),
    },
  });
  loop = ruleLoop(system);
  bus = createBus(loadConfig(system.env), pino({ level: 'silent' }));
  await bus.start();
});

after(async () => {
  await bus?.stop();
  await system?.stop();
  await infrastructure?.stop();
});

/** Lets the clock of a process go by the milliseconds that a file holds. */
const skewed = (file: string) => ({
  NODE_OPTIONS: `--import ${pathToFileURL(path.join(projectRoot, 'test', 'support', 'skewed-clock.mjs'))}`,
  TRAMONTANE_TEST_CLOCK_FILE: file,
});

async function createHook(name: string): Promise<void> {
  await loop.createRule(name, {
    trigger: { type: 'core.st2.webhook', parameters: { url: name } },
    action: { ref: 'core.noop' },
  });
}

/** Sends numbered webhooks, a few at once; `meanwhile` is called after a third of them. */
async function send(
  name: string,
  count: number,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<void> {
  let next = 0;
  let disturbance = Promise.resolve();
  const sender = async () => {
    while (next < count) {
      const number = next++;
      if (number === Math.floor(count / 3)) disturbance = meanwhile();
      await system.request('POST', `/webhooks/${name}`, { number });
    }
  };
  await Promise.all([sender(), sender(), sender()]);
  await disturbance;
}

/** Each number has made one execution, and it has succeeded. */
async function eachOnce(name: string, count: number, timeoutMs = TIMEOUT.timeoutMs): Promise<void> {
  const path = `/executions?rule=${name}&limit=500&include_attributes=status,trigger_instance`;
  type Made = {
    readonly status: string;
    readonly trigger_instance: { readonly payload: { body: { number: number } } };
  };
  let last = '';
  const made = await waitFor(
    async () => {
      const found = await system.request<Made[]>('GET', path);
      last = found.map(({ status }) => status).join(' ');
      return found.length >= count && found.every(({ status }) => status === 'succeeded') ? found : undefined;
    },
    { what: `${count} executions of ${name}`, ...TIMEOUT, timeoutMs },
  ).catch((error) => {
    throw new Error(`${error.message}; there are ${last}`, { cause: error });
  });
  const numbers = made.map(({ trigger_instance: { payload } }) => payload.body.number).sort((a, b) => a - b);
  assert.deepEqual(
    numbers,
    Array.from({ length: count }, (_item, index) => index),
  );
  // Its record is written behind the request.
  const recorded = async () => (await loop.enforcements(name)).length >= count;
  await waitFor(recorded, { what: `${count} enforcements of ${name}`, ...TIMEOUT });
  assert.equal((await loop.enforcements(name)).length, count);
}

interface Spawn {
  readonly occurrence_time: string;
  readonly payload: { readonly id: string; readonly pid: number };
}

/** The starts of a sensor, the first one first. */
async function spawns(sensor: string): Promise<readonly Spawn[]> {
  const path = '/triggerinstances?trigger=core.st2.sensor.process_spawn&limit=500';
  const all = await system.request<Spawn[]>('GET', path);
  return all.filter(({ payload }) => payload.id === sensor).reverse();
}

async function counterGoesOn(): Promise<void> {
  const count = async () =>
    Number((await system.request<{ value: string }>('GET', '/keys/looptest.CounterSensor:count')).value);
  const counted = await count();
  await waitFor(async () => (await count()) > counted, { what: 'the sensor that counts to go on', ...TIMEOUT });
}

describe('faults on the way from events to actions', () => {
  it('a sensor that crashes at once is started again after growing pauses, and others are unharmed', async () => {
    const crashes = await waitFor(
      async () => {
        const found = await spawns('CrashingSensor');
        return found.length >= 6 ? found : undefined;
      },
      { what: 'six starts of the sensor that crashes', ...TIMEOUT },
    );
    const times = crashes.map(({ occurrence_time: time }) => Date.parse(time));
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    for (const [index, pause] of pauses.slice(0, 5).entries())
      assert.ok(pause >= Math.min(FIRST_PAUSE_MS * 2 ** index, LONGEST_PAUSE_MS), `pauses ${pauses.join(', ')}`);
    await counterGoesOn();
    assert.equal((await spawns('CounterSensor')).length, 1);
  });

  it('API away: a sensor that keeps values waits for it, and does not end', async () => {
    const before = await spawns('CounterSensor');
    await counterGoesOn();
    await system.kill('st2api');
    // It polls once a second, so it has asked meanwhile.
    await delay(2_500);
    await system.restart('st2api');
    await counterGoesOn();
    assert.deepEqual(await spawns('CounterSensor'), before);
  });

  it('rules engine killed while it matches and requests: each webhook makes its execution once', async () => {
    await createHook('killed');
    await send('killed', 60, async () => {
      await system.kill('st2rulesengine');
      await system.restart('st2rulesengine');
      await system.kill('st2rulesengine');
      await system.restart('st2rulesengine');
    });
    await eachOnce('killed', 60);
  });

  it('several rules engines, one whose clock jumps while they work, messages that come again: each webhook makes its execution once', async () => {
    const clock = path.join(infrastructure.folder, 'rules.clock');
    const other = await system.startAnother('st2rulesengine', skewed(clock));
    // By the clock of the other engine every lease is over; then none has begun.
    for (const [name, jump] of Object.entries({ forward: HOUR_MS, back: -HOUR_MS })) {
      await createHook(name);
      const { trigger } = await system.request<{ trigger: { ref: string } }>('GET', `/rules/looptest.${name}`);
      const tellAgain = async () => {
        const query = `trigger=${trigger.ref}&limit=100`;
        const stored = await system.request<{ id: string }[]>('GET', `/triggerinstances?${query}`);
        for (const { id } of [...stored, ...stored]) bus.publish(EXCHANGES.triggerInstance, 'create', { id });
      };
      await send(name, 60, async () => {
        await writeFile(clock, String(jump));
        await tellAgain();
      });
      await tellAgain();
      await eachOnce(name, 60);
    }
    await other.stop();
  });

  it('timers engines, one whose clock jumps forward and back: each time fires once, and they go on', async () => {
    const clock = path.join(infrastructure.folder, 'timers.clock');
    await loop.createRule('jumping', {
      trigger: { type: 'core.st2.CronTimer', parameters: { second: '*' } },
      action: { ref: 'core.noop' },
    });
    const { trigger } = await system.request<{ trigger: { ref: string } }>('GET', '/rules/looptest.jumping');
    const times = async () => {
      const query = `trigger=${trigger.ref}&limit=1000`;
      const found = await system.request<{ occurrence_time: string }[]>('GET', `/triggerinstances?${query}`);
      return found.map(({ occurrence_time: time }) => Date.parse(time));
    };
    const reach = (from: number, what: string) =>
      waitFor(async () => (await times()).filter((time) => time >= from && time < from + HOUR_MS / 2).length >= 3, {
        what,
        ...TIMEOUT,
      });
    const engine = await system.startAnother('st2timersengine', skewed(clock));
    await reach(Date.now() - 10_000, 'timers before the jump');
    await writeFile(clock, String(HOUR_MS));
    await reach(Date.now() + HOUR_MS - 60_000, 'timers of the hour to come');
    await writeFile(clock, '0');
    await reach(Date.now() + 2_000, 'timers after the jump back');
    const steady = await system.startAnother('st2timersengine');
    await reach(Date.now() + 2_000, 'timers of two engines');
    await engine.stop();
    await steady.stop();
    const fired = await times();
    assert.equal(new Set(fired).size, fired.length, 'no time fires twice');
    // A rule that is gone does nothing about what it has not been asked yet.
    await waitFor(async () => (await loop.enforcements('jumping')).length >= fired.length, {
      what: 'an execution for each',
      ...TIMEOUT,
    });
    await system.request('DELETE', '/rules/looptest.jumping');
    const query = 'rule=jumping&limit=1000&include_attributes=trigger_instance';
    const made = await system.request<{ trigger_instance: { id: string } }[]>('GET', `/executions?${query}`);
    assert.equal(new Set(made.map(({ trigger_instance: { id } }) => id)).size, made.length);
    assert.equal(made.length, fired.length);
  });

  it('bus away: webhooks are taken as they are stored, and done once it is back', async () => {
    await createHook('unheard');
    await infrastructure.kill('bus');
    await send('unheard', 10);
    const { trigger } = await system.request<{ trigger: { ref: string } }>('GET', '/rules/looptest.unheard');
    const stored = await system.request<unknown[]>('GET', `/triggerinstances?trigger=${trigger.ref}&limit=100`);
    assert.equal(stored.length, 10);
    infrastructure.restart('bus');
    // The broker may take a minute to start on a loaded machine.
    await eachOnce('unheard', 10, 180_000);
  });

  it('database away: a webhook is refused, not taken and lost', async () => {
    await createHook('refused');
    await infrastructure.kill('mongodb');
    await assert.rejects(system.request('POST', '/webhooks/refused', { number: 7 }));
    infrastructure.restart('mongodb');
    await waitFor(() => system.request('GET', '/rules/looptest.refused'), { what: 'the database', ...TIMEOUT });
    await send('refused', 3);
    await eachOnce('refused', 3);
  });
});
