/** What people do about events with the unmodified `st2`: follow traces, turn rules and sensors on and off, have things happen once more. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ClientDriver, startClientDriver } from '../support/client-script.ts';
import { writeEventPack } from '../support/event-pack.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { realClients } from '../support/real-clients.ts';
import { type RuleLoop, ruleLoop, TIMEOUT } from '../support/rule-loop.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

let infrastructure: Provisioned;
let system: RunningServices;
let loop: RuleLoop;
let driver: ClientDriver;

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'] });
  system = await startServices(infrastructure, {
    packFolders: [await writeEventPack(infrastructure.folder)],
    only: [
      'st2api',
      'st2auth',
      'st2scheduler',
      'st2actionrunner',
      'st2notifier',
      'st2rulesengine',
      'st2timersengine',
      'st2sensorcontainer',
    ],
  });
  loop = ruleLoop(system);
  const clients = await realClients(system, path.join(infrastructure.folder, 'home'));
  driver = startClientDriver(clients.python, { ...clients.env, ST2_AUTH_TOKEN: await system.token() });
});

after(async () => {
  driver?.stop();
  await system?.stop();
  await infrastructure?.stop();
});

async function st2(...args: string[]): Promise<string> {
  const { code, output } = await driver.run(['st2', ...args]);
  assert.equal(code, 0, output);
  return output;
}

const st2Json = async <T>(...args: string[]) => JSON.parse(await st2(...args, '-j')) as T;

/** Waits until a command prints a list of so many. */
const listOf = <T>(count: number, ...args: string[]) =>
  waitFor(
    async () => {
      const found = await st2Json<T[]>(...args);
      return found.length >= count ? found : undefined;
    },
    { what: `${count} of st2 ${args.join(' ')}`, ...TIMEOUT },
  );

async function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const response = await fetch(`${system.apiUrl}/v1/webhooks/${url}`, {
    method: 'POST',
    headers: { 'x-auth-token': await system.token(), 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 202);
}

const echo = (message: string) => ({ ref: 'core.echo', parameters: { message } });
const webhook = (url: string) => ({ type: 'core.st2.webhook', parameters: { url } });

interface Enforcement {
  readonly id: string;
  readonly execution_id: string;
  readonly trigger_instance_id: string;
}

describe('events, seen with st2', () => {
  it('a trace goes from trigger instances over rules to executions, and from each of these back', async () => {
    await loop.createRule('first', { trigger: webhook('traced'), action: echo('one') });
    await loop.createRule('aside', { trigger: webhook('traced'), action: echo('aside') });
    await loop.createRule('second', {
      trigger: { type: 'core.st2.generic.actiontrigger' },
      criteria: { 'trigger.parameters.message': { type: 'equals', pattern: 'one' } },
      action: echo('two'),
    });
    await post('traced', {}, { 'St2-Trace-Tag': 'followed' });
    const [last] = await listOf<Enforcement>(1, 'rule-enforcement', 'list', '--rule', 'looptest.second');
    const [first] = await listOf<Enforcement>(1, 'rule-enforcement', 'list', '--rule', 'looptest.first');
    assert.ok(last !== undefined && first !== undefined);
    // Of one trace alone the client shows what it holds.
    const trace = await st2Json<{ id: string }>('trace', 'list', '--trace-tag', 'followed');

    /** Types and ids of the rows of a trace. */
    const rows = async (...args: string[]) =>
      [...(await st2('trace', 'get', trace.id, ...args)).matchAll(/^\| ([0-9a-f]{24}) +\| (\S+) +\| (\S+)/gm)].map(
        ([, id = '', type = '', ref = '']) => ({ id, type, ref }),
      );
    const of = (type: string, all: readonly { type: string; id: string }[]) =>
      all.filter((row) => row.type === type).map(({ id }) => id);
    const rules = async (...args: string[]) =>
      (await rows(...args)).filter(({ type }) => type === 'rule').map(({ ref }) => ref);

    const all = await rows();
    assert.ok(of('trigger-instance', all).includes(first.trigger_instance_id));
    assert.ok(of('trigger-instance', all).includes(last.trigger_instance_id));
    assert.equal(of('execution', all).length, 3);
    assert.deepEqual((await rules()).sort(), ['looptest.aside', 'looptest.first', 'looptest.second']);

    const back = await rows('-e', last.execution_id);
    assert.deepEqual(of('execution', back).sort(), [first.execution_id, last.execution_id].sort());
    assert.deepEqual(of('trigger-instance', back).sort(), [first.trigger_instance_id, last.trigger_instance_id].sort());
    assert.deepEqual((await rules('-e', last.execution_id)).sort(), ['looptest.first', 'looptest.second']);
    assert.deepEqual(of('rule', await rows('--show-executions')), []);

    for (const option of [
      ['-e', last.execution_id],
      ['-g', last.trigger_instance_id],
    ]) {
      assert.match(await st2('trace', 'list', ...option), new RegExp(trace.id));
    }
    for (const name of ['first', 'aside', 'second']) await st2('rule', 'delete', `looptest.${name}`);
  });

  it('rule disable and enable hold at once; trigger-instance re-emit has it happen once more', async () => {
    await loop.createRule('switched', { trigger: webhook('switched'), action: echo('on') });
    const enforcements = (count: number) =>
      listOf<Enforcement>(count, 'rule-enforcement', 'list', '--rule', 'looptest.switched');
    await st2('rule', 'disable', 'looptest.switched');
    await post('switched', { number: 1 });
    await st2('rule', 'enable', 'looptest.switched');
    await post('switched', { number: 2 });
    const [made] = await enforcements(1);
    const instance = await st2Json<{ payload: { body: object } }>(
      'trigger-instance',
      'get',
      String(made?.trigger_instance_id),
    );
    assert.deepEqual(instance.payload.body, { number: 2 });
    assert.match(await st2('trigger-instance', 're-emit', String(made?.trigger_instance_id)), /succes+fully re-sent/);
    const both = await enforcements(2);
    assert.equal(new Set(both.map(({ execution_id: id }) => id)).size, 2);
    assert.match(await st2('rule-enforcement', 'get', String(both[0]?.id)), /looptest\.switched/);
    await st2('rule', 'delete', 'looptest.switched');
    assert.doesNotMatch(await st2('webhook', 'list'), /switched/);
  });

  it('timer list shows the timers of rules, as long as there are rules', async () => {
    const parameters = { unit: 'seconds', delta: 1 };
    await loop.createRule('timed', { trigger: { type: 'core.st2.IntervalTimer', parameters }, action: echo('tick') });
    assert.match(await st2('timer', 'list'), /core\.st2\.IntervalTimer/);
    await listOf(2, 'rule-enforcement', 'list', '--rule', 'looptest.timed');
    await st2('rule', 'delete', 'looptest.timed');
    assert.doesNotMatch(await st2('timer', 'list'), /IntervalTimer/);
  });

  it('sensor disable ends its process, enable starts it again', async () => {
    assert.match(await st2('sensor', 'list', '--pack', 'looptest'), /looptest\.TickerSensor/);
    const ends = () => instancesOf('core.st2.sensor.process_exit');
    const starts = () => instancesOf('core.st2.sensor.process_spawn');
    const instancesOf = async (trigger: string) => {
      const query = `trigger=${trigger}&limit=500`;
      const all = await system.request<{ payload: { id: string } }[]>('GET', `/triggerinstances?${query}`);
      return all.filter(({ payload }) => payload.id === 'TickerSensor').length;
    };
    await waitFor(async () => (await starts()) === 1, { what: 'the sensor', ...TIMEOUT });
    assert.match(await st2('sensor', 'disable', 'looptest.TickerSensor'), /enabled +\| False/);
    await waitFor(async () => (await ends()) === 1, { what: 'the end of the sensor', ...TIMEOUT });
    assert.match(await st2('sensor', 'enable', 'looptest.TickerSensor'), /enabled +\| True/);
    await waitFor(async () => (await starts()) === 2, { what: 'the sensor again', ...TIMEOUT });
  });
});
