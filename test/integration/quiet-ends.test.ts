import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ACTION_TRIGGER } from '../../action-service/triggers/internal-trigger-types.ts';
import { COMPLETED_STATUSES } from '../../core/statuses.ts';
import { bindingsOf, EXCHANGES } from '../../platform/bus/bus.ts';
import { newId } from '../../stores/collection.ts';
import { actionRunnerInProcess, type InProcessRunner } from '../support/action-runner-in-process.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { waitFor } from '../support/wait-for.ts';

describe('a runner without notifier and scheduler', () => {
  let infrastructure: Provisioned;
  let runner: InProcessRunner;
  /** Ids of ends that the notifier would have to see to. */
  const handedOn: string[] = [];

  before(async () => {
    infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
    runner = await actionRunnerInProcess(infrastructure, {}, { recordsEnds: true });
    await runner.dispatcher('one:1').start();
    await runner.action('noop', 'noop');
    await runner.bus.subscribe({
      bindings: bindingsOf(EXCHANGES.executionEnd, COMPLETED_STATUSES),
      handler: ({ id }) => handedOn.push(String(id)),
    });
  });

  after(async () => {
    await runner?.stop();
    await infrastructure?.stop();
  });

  const notified = async (id: string) => (await runner.stores.executions.get(id))?.notify_state;

  it('records an end that nobody is to hear of', async () => {
    const { id } = await runner.run('test.noop');
    await waitFor(async () => (await notified(id)) === 'done', { what: 'the note of the end' });
    const instance = await runner.stores.triggerInstances.get(id);
    assert.equal(instance?.trigger, ACTION_TRIGGER);
    assert.equal(instance?.status, 'processed');
    assert.equal((instance?.payload as { status: string } | undefined)?.status, 'succeeded');
    assert.ok(!handedOn.includes(id));
  });

  it('leaves an end that asks for a notification to the notifier', async () => {
    const { id } = await runner.run('test.noop', {}, { notify: { 'on-complete': { routes: ['chat'] } } });
    await waitFor(async () => handedOn.includes(id), { what: 'the message of the end' });
    assert.equal(await notified(id), 'pending');
  });

  it('leaves an end that a rule listens to to the notifier', async () => {
    const { stores, bus } = runner;
    await stores.rules.insert({
      ref: 'test.hears',
      uid: 'rule:test:hears',
      name: 'hears',
      pack: 'test',
      enabled: true,
      trigger: { ref: ACTION_TRIGGER },
    } as never);
    bus.publish(EXCHANGES.rule, 'create', { ref: 'test.hears' });
    await sleep(50);
    const { id } = await runner.run('test.noop');
    await waitFor(async () => handedOn.includes(id), { what: 'the message of the end' });
    assert.equal(await notified(id), 'pending');
  });

  it('carries an order out that comes before its execution is stored', async () => {
    const { stores, bus } = runner;
    const { id: _id, ...asked } = await runner.request('test.noop', {}, { delay: 3_600_000 });
    const id = newId();
    bus.publish(EXCHANGES.liveactionStatus, 'scheduled', {
      id,
      status: 'scheduled',
      runner_type: 'noop',
      child: false,
      scheduled_at: Date.now(),
      early: true,
    });
    await sleep(30);
    await stores.executions.insert({ ...asked, id, liveaction_id: newId() });
    assert.equal((await runner.ended(id)).status, 'succeeded');
  });
});
