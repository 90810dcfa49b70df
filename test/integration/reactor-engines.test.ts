/** Parts of the reactor inside of the test's process, on a real database and bus: races, redelivery, retention. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { createProcessParts, type ProcessParts } from '../../action-service/process-parts.ts';
import { createTriggerService } from '../../action-service/triggers/trigger-service.ts';
import { EXCHANGES } from '../../platform/bus/bus.ts';
import { type Config, loadConfig } from '../../platform/config/load-config.ts';
import type { Service } from '../../platform/lifecycle.ts';
import { createGarbageCollector } from '../../reactor/garbage-collector/garbage-collector.ts';
import { createRuleEnforcer } from '../../reactor/rules/enforce-rule.ts';
import { createRulesEngine } from '../../reactor/rules/rules-engine.ts';
import { createTriggerTraces } from '../../reactor/rules/trigger-traces.ts';
import { createTimersEngine } from '../../reactor/timers/timers-engine.ts';
import { ensureIndexes } from '../../stores/stores.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { waitFor } from '../support/wait-for.ts';

const logger = pino({ level: 'silent' });
const DAY_MS = 86_400_000;

let infrastructure: Provisioned;
let config: Config;
let parts: ProcessParts;

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'] });
  config = loadConfig({ ST2_DATA_DIR: infrastructure.folder, ...infrastructure.env });
  parts = await createProcessParts({ name: 'test', config, logger });
  await ensureIndexes(parts.stores);
  await parts.infrastructure.start();
  await createTriggerService(parts.stores, parts.bus).registerInternalTypes();
  await parts.stores.runnerTypes.insert({
    name: 'noop',
    uid: 'runner_type:noop',
    description: '',
    enabled: true,
    runner_package: 'noop',
    runner_module: 'noop',
    runner_parameters: {},
  });
  await parts.stores.actions.insert({
    ref: 'test.noop',
    uid: 'action:test:noop',
    name: 'noop',
    pack: 'test',
    enabled: true,
    runner_type: 'noop',
    entry_point: '',
    parameters: {},
    tags: [],
    notify: {},
  });
});

after(async () => {
  await parts?.infrastructure.stop();
  await infrastructure?.stop();
});

function rulesEngine(instance: string, settings = config.rulesengine, actions = parts.actions): Service {
  const traces = createTriggerTraces(parts.stores, parts.actions.traces);
  const enforcer = createRuleEnforcer({ ...parts, actions, traces, systemUser: 'stanley', logger });
  return createRulesEngine({ ...parts, instance, enforcer, traces, settings, logger });
}

async function createRule(name: string, trigger: string): Promise<void> {
  await parts.stores.rules.insert({
    ref: `test.${name}`,
    uid: `rule:test:${name}`,
    name,
    pack: 'test',
    enabled: true,
    type: { ref: 'standard', parameters: {} },
    trigger: { ref: trigger, type: trigger, parameters: {} },
    criteria: {},
    action: { ref: 'test.noop', parameters: {} },
  });
}

describe('rules engines', () => {
  it('however many there are and however often a message comes, each instance makes one execution', async () => {
    await createRule('once', 'core.st2.key_value_pair.create');
    const engines = [rulesEngine('one'), rulesEngine('two')];
    for (const engine of engines) await engine.start();
    const ids: string[] = [];
    for (let count = 0; count < 20; count += 1) {
      const trigger = 'core.st2.key_value_pair.create';
      const { id } = (await parts.dispatch({ trigger, payload: { count } })) ?? assert.fail('it is new');
      ids.push(id);
      parts.bus.publish(EXCHANGES.triggerInstance, 'create', { id });
    }
    const done = { id: { $in: ids }, status: 'processed' };
    await waitFor(async () => (await parts.stores.triggerInstances.count(done)) === ids.length, {
      what: 'all instances',
    });
    for (const engine of engines) await engine.stop();
    assert.equal(await parts.stores.executions.count({ 'rule.ref': 'test.once' }), 20);
    assert.equal(await parts.stores.ruleEnforcements.count({ 'rule.ref': 'test.once' }), 20);
  });

  it('an instance that a killed engine had begun, even after its request, is finished without a second execution', async () => {
    await createRule('left', 'core.st2.key_value_pair.delete');
    const rule = await parts.stores.rules.findOne({ ref: 'test.left' });
    const instance = await parts.stores.triggerInstances.insert({
      trigger: 'core.st2.key_value_pair.delete',
      payload: {},
      occurrence_time: new Date(),
      status: 'processing',
      processing: { owner: 'killed', expires_at: new Date(Date.now() - 1_000) },
      attempts: 1,
    });
    const made = await parts.actions.request({
      action: 'test.noop',
      user: 'stanley',
      idempotencyKey: `${instance.id}/${rule?.id}`,
    });
    const engine = rulesEngine('heir', { ...config.rulesengine, sweep_interval: 0.05 });
    await engine.start();
    const finished = () => parts.stores.triggerInstances.findOne({ id: instance.id, status: 'processed' });
    const stored = await waitFor(finished, { what: 'the instance that was left' });
    await engine.stop();
    assert.equal(stored.processing, undefined);
    const enforcements = await parts.stores.ruleEnforcements.find({ 'rule.ref': 'test.left' });
    assert.deepEqual(
      enforcements.map(({ execution_id }) => execution_id),
      [made.id],
    );
  });

  it('a lease that ends later than any is given was written by a clock that had jumped', async () => {
    const instance = await parts.stores.triggerInstances.insert({
      trigger: 'core.st2.key_value_pair.update',
      payload: {},
      occurrence_time: new Date(),
      status: 'processing',
      processing: { owner: 'killed', expires_at: new Date(Date.now() + DAY_MS) },
      attempts: 1,
    });
    const engine = rulesEngine('heir', { ...config.rulesengine, sweep_interval: 0.05 });
    await engine.start();
    const finished = () => parts.stores.triggerInstances.findOne({ id: instance.id, status: 'processed' });
    await waitFor(finished, { what: 'the instance that was left' }).finally(() => engine.stop());
  });

  it('a rule that fails keeps no other from its action, and its enforcement says why in the end', async () => {
    const trigger = 'core.st2.key_value_pair.value_change';
    for (const name of ['before', 'failing', 'then']) await createRule(name, trigger);
    let asked = 0;
    const actions: typeof parts.actions = {
      ...parts.actions,
      async request(wanted) {
        if ((wanted.context?.rule as { readonly name: string } | undefined)?.name !== 'failing')
          return parts.actions.request(wanted);
        asked += 1;
        throw new Error('BSONObj size is invalid');
      },
    };
    const engine = rulesEngine('one', { ...config.rulesengine, sweep_interval: 0.05, lease: 0.1 }, actions);
    await engine.start();
    const { id } = (await parts.dispatch({ trigger, payload: {} })) ?? assert.fail('it is new');
    const failed = () => parts.stores.triggerInstances.findOne({ id, status: 'processing_failed' });
    await waitFor(failed, { what: 'the last attempt' }).finally(() => engine.stop());
    assert.equal(asked, 5);
    for (const name of ['before', 'then'])
      assert.equal(await parts.stores.executions.count({ 'rule.ref': `test.${name}` }), 1, name);
    const enforcements = await parts.stores.ruleEnforcements.find({ trigger_instance_id: id });
    assert.deepEqual(
      enforcements
        .map(({ rule, status, failure_reason }) => [(rule as { ref: string }).ref, status, failure_reason])
        .sort(),
      [
        ['test.before', 'succeeded', undefined],
        ['test.failing', 'failed', 'BSONObj size is invalid'],
        ['test.then', 'succeeded', undefined],
      ],
    );
  });
});

describe('timers engines', () => {
  it('two of them, one restarted, fire each time once and none is left out', async () => {
    const triggers = createTriggerService(parts.stores, parts.bus);
    const { ref } = await triggers.ensure({
      type: 'core.st2.IntervalTimer',
      parameters: { unit: 'seconds', delta: 1 },
    });
    const engine = () => createTimersEngine({ ...parts, settings: config.timersengine, logger });
    const fired = () => parts.stores.triggerInstances.find({ trigger: ref }, { sort: { occurrence_time: 1 } });
    const first = engine();
    const second = engine();
    await first.start();
    await second.start();
    await waitFor(async () => (await fired()).length >= 2, { what: 'two firings' });
    await first.stop();
    const third = engine();
    await third.start();
    await waitFor(async () => (await fired()).length >= 5, { what: 'five firings' });
    await second.stop();
    await third.stop();
    const times = (await fired()).map((instance) => (instance.occurrence_time as Date).getTime());
    assert.deepEqual(
      times,
      times.map((_time, index) => (times[0] ?? 0) + index * 1000),
    );
  });
});

describe('garbage collector', () => {
  const retention = { action_executions_output_ttl: 0, tokens_ttl: 1, batch: 2 };

  it('removes what is older than the settings say, in batches, and nothing else', async () => {
    const at = (days: number) => new Date(Date.now() - days * DAY_MS);
    for (const days of [1, 6, 8, 9, 10, 20, 30]) {
      await parts.stores.ruleEnforcements.insert({ enforced_at: at(days), rule: { ref: 'test.old' } });
      await parts.stores.triggerInstances.insert({ trigger: 'old', occurrence_time: at(days), status: 'processed' });
    }
    await parts.stores.triggerInstances.insert({ trigger: 'old', occurrence_time: at(30), status: 'pending' });
    const collector = createGarbageCollector({
      ...parts,
      systemUser: 'stanley',
      logger,
      settings: { ...config.garbagecollector, ...retention, trigger_instances_ttl: 7 },
    });
    const removed = await collector.collect();
    assert.equal(removed.trigger_instances, 5);
    assert.equal(removed.rule_enforcements, 0, 'without a setting they stay');
    assert.equal(await parts.stores.triggerInstances.count({ trigger: 'old' }), 3);
    assert.equal(await parts.stores.ruleEnforcements.count({ 'rule.ref': 'test.old' }), 7);
  });

  it('removes what nothing refers to any more: large payloads, copies of actions, places under a limit', async () => {
    const { stores } = parts;
    const at = (days: number) => new Date(Date.now() - days * DAY_MS);
    const workflow = (name: string, state: string, days: number, restart_key?: string) =>
      stores.workflowExecutions.insert({
        uuid: name,
        workflow_id: name,
        workflow_name: name,
        state,
        created_at: at(days),
        updated_at: at(days),
        ...(restart_key === undefined ? {} : { restart_key }),
      } as never);
    const payload = (key: string, days: number) =>
      stores.payloads.insert({ id: key, data: 'x', chunks: 1, created_at: at(days) });
    for (const [key, days] of [
      ['old-0', 60],
      ['old-1', 60],
      ['restart-0', 60],
      ['younger-0', 45],
      ['young-0', 5],
    ] as const)
      await payload(key, days);
    await workflow('failed', 'ERROR', 60, 'restart');
    await workflow('paused', 'PAUSED', 50);
    const snapshot = (hash: string, days: number) => stores.snapshots.insert({ hash, body: {}, used_at: at(days) });
    for (const [hash, days] of [
      ['unused', 30],
      ['held', 30],
      ['used', 5],
    ] as const)
      await snapshot(hash, days);
    const execution = async (days: number, change: Record<string, unknown>) => {
      const { id } = await parts.actions.request({ action: 'test.noop', user: 'stanley' });
      await stores.executions.updateOne(
        { id },
        { $set: { start_timestamp: at(days), end_timestamp: at(days), ...change } },
      );
      return id;
    };
    const ended = await execution(30, { status: 'succeeded', action_snapshot: 'unused', runner_snapshot: 'unused' });
    const going = await execution(30, { status: 'paused', action_snapshot: 'held', runner_snapshot: 'held' });
    const slot = (key: string, execution_id: string) =>
      stores.concurrencySlots.insert({ key, slot: 0, execution_id, taken_at: at(30) });
    await slot('ended', ended);
    await slot('going', going);
    const collector = createGarbageCollector({
      ...parts,
      systemUser: 'stanley',
      logger,
      settings: { ...config.garbagecollector, ...retention, action_executions_ttl: 14, payloads_ttl: 40 },
    });
    const removed = await collector.collect();
    assert.deepEqual(
      [removed.payloads, removed.snapshots, removed.concurrency_slots, removed.action_executions],
      [2, 1, 1, 1],
    );
    const left = await stores.payloads.find({}, { sort: { id: 1 } });
    assert.deepEqual(
      left.map(({ id }) => id),
      ['restart-0', 'young-0', 'younger-0'],
    );
    const copies = await stores.snapshots.find({ hash: { $in: ['unused', 'held', 'used'] } }, { sort: { hash: 1 } });
    assert.deepEqual(
      copies.map(({ hash }) => hash),
      ['held', 'used'],
    );
    assert.deepEqual(
      (await stores.concurrencySlots.find({})).map(({ key }) => key),
      ['going'],
    );
  });

  it('ends questions whose time is over', async () => {
    const pending = async (minutesAgo: number, ttl: number) => {
      const made = await parts.actions.request({ action: 'test.noop', user: 'stanley' });
      await parts.stores.executions.updateOne(
        { id: made.id },
        {
          $set: {
            status: 'pending',
            runner_type: 'inquirer',
            start_timestamp: new Date(Date.now() - minutesAgo * 60_000),
            result: { ttl },
          },
        },
      );
      return made.id;
    };
    const overdue = await pending(11, 10);
    const waiting = await pending(9, 10);
    const collector = createGarbageCollector({
      ...parts,
      systemUser: 'stanley',
      logger,
      settings: { ...config.garbagecollector, ...retention, purge_inquiries: true },
    });
    assert.equal((await collector.collect()).inquiries, 1);
    assert.equal((await parts.stores.executions.get(overdue))?.status, 'timeout');
    assert.equal((await parts.stores.executions.get(waiting))?.status, 'pending');
  });

  it('refuses to keep records for less than running work needs', () => {
    const settings = { ...config.garbagecollector, action_executions_ttl: 1 };
    assert.throws(
      () => createGarbageCollector({ ...parts, systemUser: 'stanley', logger, settings }),
      /Minimum value for "action_executions_ttl" is 7 days/,
    );
  });
});
