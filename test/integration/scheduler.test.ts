import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { retryKey } from '../../action-service/retry-policy.ts';
import { createTriggerDispatch } from '../../action-service/triggers/dispatch-trigger.ts';
import { createRuleWatch } from '../../action-service/triggers/rule-watch.ts';
import { createNotifier } from '../../actionrunner/notifier/notifier.ts';
import { ValidationError } from '../../core/errors.ts';
import { EXCHANGES } from '../../platform/bus/bus.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Execution } from '../../stores/executions.ts';
import { actionRunnerInProcess, type InProcessRunner } from '../support/action-runner-in-process.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { waitFor } from '../support/wait-for.ts';

const CHAIN = `
vars:
  greeting: "hello {{ who }}"
chain:
  - name: first
    ref: test.local
    parameters:
      cmd: "echo {{ greeting }}"
    publish:
      said: "{{ first.stdout }}"
    on-success: second
    on-failure: never
  - name: second
    ref: test.local
    params:
      cmd: "echo '{{ said }}!'; exit 1"
    on-failure: third
  - name: third
    ref: test.noop
  - name: never
    ref: test.noop
`;

describe('scheduler, policies, chains and notifier', () => {
  let infrastructure: Provisioned;
  let runner: InProcessRunner;
  let notifier: Service;

  before(async () => {
    infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
    runner = await actionRunnerInProcess(infrastructure, {
      ST2_ACTIONRUNNER__LEASE: '1',
      ST2_SCHEDULER__SWEEP_INTERVAL: '0.2',
      ST2_SCHEDULER__LOST_AFTER: '0.5',
    });
    await runner.scheduler().start();
    await runner.scheduler().start();
    await runner.dispatcher('one:1').start();
    const { stores, actions, bus, keyValues, policies } = runner;
    notifier = createNotifier({
      stores,
      actions,
      bus,
      keyValues,
      policies,
      dispatch: createTriggerDispatch(stores, bus),
      rules: createRuleWatch(stores, bus),
      logger: pino({ level: 'silent' }),
    });
    await notifier.start();
    const folder = path.join(infrastructure.folder, 'packs', 'test', 'actions');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'greet.yaml'), CHAIN);
    await runner.action('noop', 'noop');
    for (const name of ['local', 'limited', 'limited_attr', 'flaky']) {
      await runner.action(name, 'local-shell-cmd', { cmd: { type: 'string' }, key: { type: 'string' } });
    }
    await runner.action('chain', 'action-chain', { who: { type: 'string' } }, 'greet.yaml');
    const policy = (name: string, resource: string, type: string, parameters: Record<string, unknown>) =>
      stores.policies.insert({
        ref: `test.${name}`,
        uid: `policy:test:${name}`,
        name,
        pack: 'test',
        resource_ref: resource,
        policy_type: type,
        enabled: true,
        parameters,
      });
    await policy('two', 'test.limited', 'action.concurrency', { threshold: 2 });
    await policy('attr', 'test.limited_attr', 'action.concurrency.attr', {
      threshold: 1,
      attributes: ['key'],
      action: 'cancel',
    });
    await policy('again', 'test.flaky', 'action.retry', { retry_on: 'failure', max_retry_count: 2 });
  });

  after(async () => {
    await notifier?.stop();
    await runner?.stop();
    await infrastructure?.stop();
  });

  it('concurrency: never more than the threshold run, and all run in the end', async () => {
    const requested = await Promise.all(
      Array.from({ length: 6 }, () => runner.request('test.limited', { cmd: 'sleep 0.15' })),
    );
    const ended = await Promise.all(requested.map(({ id }) => runner.ended(id)));
    assert.ok(ended.every(({ status }) => status === 'succeeded'));
    const changes = ended.flatMap(({ log, end_timestamp: end }) => [
      ...log.filter((entry) => entry.status === 'running').map((entry) => ({ at: entry.timestamp.getTime(), by: 1 })),
      { at: (end as Date).getTime(), by: -1 },
    ]);
    let running = 0;
    let most = 0;
    for (const { by } of changes.sort((a, b) => a.at - b.at || a.by - b.by)) {
      running += by;
      most = Math.max(most, running);
    }
    assert.ok(most <= 2, `${most} ran at once`);
  });

  it('concurrency by attribute: cancels the second of the same value, runs that of another', async () => {
    // Ends only when the others have: however late they are looked at, it still runs.
    const held = path.join(infrastructure.folder, 'held');
    await writeFile(held, '');
    const cmd = `while [ -e ${held} ]; do sleep 0.05; done`;
    const first = await runner.request('test.limited_attr', { cmd, key: 'a' });
    await waitFor(async () => (await runner.stores.executions.get(first.id))?.status === 'running', {
      what: 'the first',
    });
    const [second, other] = await Promise.all([
      runner.run('test.limited_attr', { cmd: 'true', key: 'a' }),
      runner.run('test.limited_attr', { cmd: 'true', key: 'b' }),
    ]);
    assert.equal(second.status, 'canceled');
    assert.equal(other.status, 'succeeded');
    await rm(held);
    assert.equal((await runner.ended(first.id)).status, 'succeeded');
  });

  it('retry: runs a failed action again, up to the number of the policy, and hands the callback on', async () => {
    const callback = { source: 'nobody', url: 'http://127.0.0.1/x' };
    const first = await runner.run('test.flaky', { cmd: 'exit 1' }, { callback });
    assert.equal(first.callback, undefined);
    const all = await waitFor(
      async () => {
        const found = await runner.stores.executions.find(
          { action_ref: 'test.flaky' },
          { sort: { start_timestamp: 1 } },
        );
        return found.length === 3 && found.every(({ status }) => status === 'failed') ? found : undefined;
      },
      { what: 'two retries' },
    );
    const policies = all.map(({ context }) => context.policies as { retry: { retry_count: number } } | undefined);
    assert.deepEqual(
      policies.map((one) => one?.retry.retry_count),
      [undefined, 1, 2],
    );
    assert.deepEqual(all[2]?.callback, callback);
  });

  it('retry: leaves a request alone that was refused before it could run', async () => {
    await assert.rejects(
      runner.request('test.flaky', { cmd: 'rm -rf {{ nothing }}', key: 'refused' }),
      ValidationError,
    );
    const refused = { action_ref: 'test.flaky', 'parameters.key': 'refused' };
    const [failed] = await runner.stores.executions.find(refused);
    assert.equal(failed?.status, 'failed');
    const { id } = failed;
    runner.bus.publish(EXCHANGES.liveactionStatus, 'failed', { id, status: 'failed' });
    // The trigger of its end comes after the policies.
    await waitFor(
      async () => {
        const found = await runner.stores.triggerInstances.find({ trigger: 'core.st2.generic.actiontrigger' });
        return found.some((one) => (one.payload as { execution_id: string }).execution_id === id);
      },
      { what: 'the trigger instance' },
    );
    assert.equal(await runner.stores.executions.count({ idempotency_key: retryKey(id) }), 0);
  });

  for (const [name, offset, key] of [
    ['', -60_000, 'a'],
    [', also when the clock of who made them was ahead', 1_800_000, 'c'],
  ] as const) {
    it(`finds executions whose messages were lost${name}`, async () => {
      const { id } = await runner.stores.executions.insert({
        ...(await runner.run('test.noop')),
        id: undefined,
        liveaction_id: key.repeat(24),
        status: 'requested',
        updated_at: new Date(Date.now() + offset),
        result: undefined,
      });
      assert.equal((await runner.ended(id)).status, 'succeeded');
    });
  }

  it('abandons what a dead action runner ran', async () => {
    const { id } = await runner.stores.executions.insert({
      ...(await runner.run('test.noop')),
      id: undefined,
      liveaction_id: 'b'.repeat(24),
      status: 'running',
      lease: { owner: 'gone:1', expires_at: new Date(Date.now() - 1) },
      result: undefined,
    });
    const execution = await runner.ended(id);
    assert.equal(execution.status, 'abandoned');
    assert.match(JSON.stringify(execution.result), /gone:1 died/);
  });

  it('runs a chain: variables, published values, failure path', async () => {
    const execution = await runner.run('test.chain', { who: 'Ada' });
    const result = execution.result as {
      tasks: { name: string; state: string; result: { stdout: unknown } }[];
      published: unknown;
    };
    assert.equal(execution.status, 'succeeded', JSON.stringify(result));
    assert.deepEqual(
      result.tasks.map(({ name, state }) => [name, state]),
      [
        ['first', 'succeeded'],
        ['second', 'failed'],
        ['third', 'succeeded'],
      ],
    );
    assert.equal(result.tasks[1]?.result.stdout, 'hello Ada!');
    assert.deepEqual(result.published, { said: 'hello Ada' });
    const children = await runner.stores.executions.find({ parent: execution.id }, { sort: { start_timestamp: 1 } });
    assert.deepEqual(
      children.map((child) => (child.context.chain as { name: string }).name),
      ['first', 'second', 'third'],
    );
    // Results may be large; who asks for the children has to know how they do.
    const [child] = await runner.actions.children(execution.id);
    assert.deepEqual(child, { id: children[0]?.id, runner_type: 'local-shell-cmd', status: 'succeeded' });
  });

  it('shows a chain as running when its first task exists, not before', async () => {
    const { id, log } = await runner.run('test.chain', { who: 'Ada' });
    assert.deepEqual(
      log.map(({ status }) => status),
      ['requested', 'scheduled', 'running', 'succeeded'],
    );
    const [first] = await runner.stores.executions.find({ parent: id }, { sort: { start_timestamp: 1 } });
    const running = log.find(({ status }) => status === 'running')?.timestamp;
    assert.ok(first !== undefined && running !== undefined && first.start_timestamp <= running);
  });

  it('leaves the end of a cancel to whoever has taken the execution', async () => {
    const { id: _id, idempotency_key: _key, ...scheduled } = await runner.run('test.noop');
    const claimed = (liveaction_id: string, lease: Record<string, unknown>) =>
      runner.stores.executions.insert({
        ...scheduled,
        liveaction_id,
        status: 'scheduled',
        result: undefined,
        ...lease,
      });
    const expires_at = new Date(Date.now() + 60_000);
    const taken = await claimed('d'.repeat(24), { lease: { owner: 'other:1', expires_at } });
    assert.equal((await runner.actions.cancel(taken.id, 'tester')).status, 'canceling');
    const free = await claimed('e'.repeat(24), {});
    assert.equal((await runner.actions.cancel(free.id, 'tester')).status, 'canceled');
  });

  it('keeps the result of an end when news from before it come late', async () => {
    const { id } = await runner.run('test.local', { cmd: 'echo end' });
    assert.equal(await runner.actions.updateProgress(id, { result: { stdout: 'before' } }), undefined);
    const { result } = (await runner.stores.executions.get(id)) as Execution;
    assert.equal((result as { stdout: string }).stdout, 'end');
  });

  it('tells rules of every end, once', async () => {
    const execution = await runner.run('test.noop');
    runner.bus.publish(EXCHANGES.liveactionStatus, 'succeeded', { id: execution.id, status: 'succeeded' });
    const instances = await waitFor(
      async () => {
        const found = await runner.stores.triggerInstances.find({ trigger: 'core.st2.generic.actiontrigger' });
        const mine = found.filter((one) => (one.payload as { execution_id: string }).execution_id === execution.id);
        return mine.length > 0 ? mine : undefined;
      },
      { what: 'the trigger instance' },
    );
    assert.equal(instances.length, 1);
    assert.deepEqual(
      instances.map((one) => (one.payload as { status: string }).status),
      ['succeeded'],
    );
  });

  it('sends notifications of the execution to their routes', async () => {
    const notify = { 'on-success': { message: 'done {{ action_parameters.cmd }}', routes: ['slack'], data: {} } };
    const execution = await runner.run('test.local', { cmd: 'echo hi' }, { notify });
    const payload = await waitFor(
      async () => {
        const found = await runner.stores.triggerInstances.find({ trigger: 'core.st2.generic.notifytrigger' });
        return found
          .map((one) => one.payload as Record<string, unknown>)
          .find((one) => one.execution_id === execution.id);
      },
      { what: 'the notification' },
    );
    assert.equal(payload.message, 'done echo hi');
    assert.equal(payload.route, 'slack');
  });
});
