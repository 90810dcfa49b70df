import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { writeEventPack } from '../support/event-pack.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type Execution, type RuleLoop, ruleLoop, say, TIMEOUT } from '../support/rule-loop.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

let infrastructure: Provisioned;
let system: RunningServices;
let loop: RuleLoop;

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
});

after(async () => {
  await system?.stop();
  await infrastructure?.stop();
});

describe('from events to actions', () => {
  it('cron and interval timers', async () => {
    await loop.createRule('on-cron', {
      trigger: { type: 'core.st2.CronTimer', parameters: { second: '*/2' } },
      action: say('tick'),
    });
    await loop.createRule('on-interval', {
      trigger: { type: 'core.st2.IntervalTimer', parameters: { unit: 'seconds', delta: 3 } },
      action: say('{{ trigger.schedule.delta }}'),
    });
    assert.equal((await loop.executionOf('on-cron')).result.stdout, 'tick');
    assert.equal((await loop.executionOf('on-interval')).result.stdout, 3);
    await system.request('DELETE', '/rules/looptest.on-cron');
    await system.request('DELETE', '/rules/looptest.on-interval');
  });

  it('a rule whose timer could never fire is refused', async () => {
    const wrong: readonly (readonly [type: string, parameters: Record<string, unknown>, message: RegExp])[] = [
      ['CronTimer', { second: '99' }, /400.*Unrecognized expression \\"99\\" for field \\"second\\"/],
      ['CronTimer', { second: '*', timezone: 'Mars' }, /400.*Time zone \\"Mars\\" is not known/],
      ['IntervalTimer', { unit: 'seconds', delta: 0 }, /400.*positive delta/],
      ['DateTimer', { date: 'no date' }, /400.*Unknown string format/],
    ];
    for (const [type, parameters, message] of wrong) {
      const rule = { trigger: { type: `core.st2.${type}`, parameters }, action: say('never') };
      await assert.rejects(loop.createRule('never', rule), message);
    }
  });

  it('Python sensor, trigger, rule; stopped at run time; others unharmed by one that crashes', async () => {
    await loop.createRule('on-count', {
      trigger: { type: 'looptest.counted' },
      criteria: { 'trigger.count': { type: 'gt', pattern: 1 } },
      action: say('{{ trigger.count }} {{ trigger.triggers[0] }}'),
    });
    await loop.createRule('on-exit', {
      trigger: { type: 'core.st2.sensor.process_exit' },
      criteria: { 'trigger.id': { type: 'eq', pattern: 'CrashingSensor' } },
      action: say('{{ trigger.exit_code }}'),
    });
    assert.match(String((await loop.executionOf('on-count')).result.stdout), /^\d+ looptest\.counted$/);
    assert.equal((await loop.executionOf('on-exit')).result.stdout, 1);
    await system.request('PUT', '/sensortypes/looptest.CrashingSensor', { enabled: false });
    await system.request('PUT', '/sensortypes/looptest.CounterSensor', { enabled: false });
    const cleaned = await waitFor(() => system.request<{ value: string }>('GET', '/keys/cleaned'), {
      what: 'clean-up of the sensor',
      ...TIMEOUT,
    });
    assert.equal(cleaned.value, 'yes');
    const instances = await system.request<{ payload: { count: unknown } }[]>(
      'GET',
      '/triggerinstances?trigger=looptest.counted&limit=100',
    );
    assert.ok(
      instances.every(({ payload }) => typeof payload.count === 'number'),
      'a payload that does not fit is dropped',
    );
  });

  it('JavaScript sensor', async () => {
    await loop.createRule('on-tick', { trigger: { type: 'looptest.ticked' }, action: say('{{ trigger.ticks }}') });
    assert.match(String((await loop.executionOf('on-tick')).result.stdout), /^\d+$/);
    await system.request('PUT', '/sensortypes/looptest.TickerSensor', { enabled: false });
  });

  it('key change', async () => {
    await loop.createRule('on-key', {
      trigger: { type: 'core.st2.key_value_pair.value_change' },
      criteria: { 'trigger.new_object.name': { type: 'eq', pattern: 'watched' } },
      action: say('{{ trigger.old_object.value }}-{{ trigger.new_object.value }}'),
    });
    await system.request('PUT', '/keys/watched', { name: 'watched', value: 'a' });
    await system.request('PUT', '/keys/watched', { name: 'watched', value: 'b' });
    await waitFor(async () => (await loop.enforcements('on-key')).length > 0, { what: 'rule on a key', ...TIMEOUT });
    assert.equal((await loop.executionOf('on-key')).result.stdout, 'a-b');
  });

  it('end of an action', async () => {
    await loop.createRule('on-end', {
      trigger: { type: 'core.st2.generic.actiontrigger' },
      criteria: {
        'trigger.action_name': { type: 'eq', pattern: 'core.noop' },
        'trigger.status': { type: 'eq', pattern: 'succeeded' },
      },
      action: say('of {{ trigger.execution_id }}'),
    });
    const { id } = await system.request<Execution>('POST', '/executions', { action: 'core.noop' });
    assert.equal((await loop.executionOf('on-end')).result.stdout, `of ${id}`);
  });

  it('question and answer', async () => {
    await loop.createRule('on-ask', {
      trigger: { type: 'core.st2.generic.inquiry' },
      criteria: { 'trigger.route': { type: 'eq', pattern: 'people' } },
      action: say('of {{ trigger.id }}'),
    });
    const asked = await system.request<Execution>('POST', '/executions', {
      action: 'core.ask',
      parameters: { route: 'people' },
    });
    assert.equal((await loop.executionOf('on-ask')).result.stdout, `of ${asked.id}`);
    await system.request('PUT', `/inquiries/${asked.id}`, { id: asked.id, response: { continue: true } });
    const answered = await system.request<Execution>('GET', `/executions/${asked.id}`);
    assert.equal(answered.status, 'succeeded');
  });

  it('rules that cannot be enforced leave their reason', async () => {
    await loop.createRule('on-broken', {
      trigger: { type: 'core.st2.webhook', parameters: { url: 'loop/broken' } },
      action: { ref: 'core.local', parameters: { cmd: 'echo {{ trigger.body.missing.deeper }}' } },
    });
    await system.request('POST', '/webhooks/loop/broken', { word: 'x' });
    const [failed] = await waitFor(
      async () => {
        const found = await loop.enforcements('on-broken');
        return found.length > 0 ? found : undefined;
      },
      { what: 'enforcement of the broken rule', ...TIMEOUT },
    );
    assert.equal(failed?.status, 'failed');
    assert.match(failed?.failure_reason ?? '', /Failed to render parameter "cmd"/);
  });

  it('what arrives while the rules engine is down is done once it is back, once', async () => {
    await loop.createRule('on-late', {
      trigger: { type: 'core.st2.webhook', parameters: { url: 'loop/late' } },
      action: say('{{ trigger.body.n }}'),
    });
    await system.kill('st2rulesengine');
    for (let n = 0; n < 5; n += 1) await system.request('POST', '/webhooks/loop/late', { n });
    await system.restart('st2rulesengine');
    const made = await waitFor(
      async () => {
        const found = await loop.enforcements('on-late');
        return found.length >= 5 ? found : undefined;
      },
      { what: 'late webhooks', ...TIMEOUT },
    );
    assert.equal(made.length, 5);
    assert.equal(new Set(made.map(({ execution_id }) => execution_id)).size, 5);
  });
});
