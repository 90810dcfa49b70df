/** Few slots and many orders: what waits neither runs twice nor keeps others from running. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { EXCHANGES } from '../../platform/bus/bus.ts';
import type { Service } from '../../platform/lifecycle.ts';
import { actionRunnerInProcess, type InProcessRunner } from '../support/action-runner-in-process.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { waitFor } from '../support/wait-for.ts';

/** More than twice what is delivered to a process at once. */
const CHAINS = 30;

const ONE = 'chain:\n  - {name: one, ref: test.noop}\n';
const holdOn = (file: string) => `while [ -e ${file} ]; do sleep 0.05; done`;
const HELD = `chain:\n  - {name: one, ref: test.held, params: {cmd: "${holdOn('{{ file }}')}"}}\n`;

describe('dispatcher with few slots', () => {
  let infrastructure: Provisioned;
  let runner: InProcessRunner;
  let dispatcher: Service;
  let files = 0;

  before(async () => {
    infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
    runner = await actionRunnerInProcess(infrastructure, {
      ST2_ACTIONRUNNER__ACTIONS_POOL_SIZE: '2',
      ST2_ACTIONRUNNER__WORKFLOWS_POOL_SIZE: '2',
      ST2_ACTIONRUNNER__LEASE: '2',
    });
    dispatcher = runner.dispatcher('one:1');
    await dispatcher.start();
    const actions = path.join(infrastructure.folder, 'packs', 'test', 'actions');
    await mkdir(actions, { recursive: true });
    await writeFile(path.join(actions, 'one.yaml'), ONE);
    await writeFile(path.join(actions, 'held_chain.yaml'), HELD);
    await runner.action('noop', 'noop');
    await runner.action('held', 'local-shell-cmd', { cmd: { type: 'string' } });
    await runner.action('chain', 'action-chain', {}, 'one.yaml');
    await runner.action(
      'held_chain',
      'action-chain',
      { file: { type: 'string' }, cmd: { type: 'string' } },
      'held_chain.yaml',
    );
  });

  after(async () => {
    await runner?.stop();
    await infrastructure?.stop();
  });

  /** Requests what ends when its file is gone. */
  async function held(ref = 'test.held'): Promise<{ readonly id: string; release(): Promise<void> }> {
    files += 1;
    const file = path.join(infrastructure.folder, `held${files}`);
    await writeFile(file, '');
    const parameters = ref === 'test.held' ? { cmd: holdOn(file) } : { file };
    return { id: (await runner.request(ref, parameters)).id, release: () => rm(file) };
  }
  const running = (id: string) =>
    waitFor(async () => (await runner.stores.executions.get(id))?.status === 'running', { what: `the start of ${id}` });
  const leaseOf = async (id: string) => (await runner.stores.executions.get(id))?.lease?.expires_at.getTime();

  it('an order that is said again while it waits for its slot leaves the run alone', async () => {
    const first = [await held(), await held()];
    for (const { id } of first) await running(id);
    const last = await held();
    const order = { id: last.id, status: 'scheduled', runner_type: 'local-shell-cmd', child: false };
    runner.bus.publish(EXCHANGES.liveactionStatus, 'scheduled', order);
    for (const { release } of first) await release();
    await running(last.id);
    // It came after the repeated order, which is done with by now.
    assert.equal((await runner.run('test.noop')).status, 'succeeded');
    const lease = await leaseOf(last.id);
    await waitFor(async () => (await leaseOf(last.id)) !== lease, { what: 'a sign of life', timeoutMs: 20_000 });
    await last.release();
    assert.equal((await runner.ended(last.id)).status, 'succeeded');
  });

  it('chains that wait for a slot do not hold back what the running ones wait for', async () => {
    const chains = await Promise.all(Array.from({ length: CHAINS }, () => runner.request('test.chain')));
    for (const { id } of chains) assert.equal((await runner.ended(id)).status, 'succeeded');
  });

  it('a process that stops leaves the chains in its line to others at once', async () => {
    const first = [await held('test.held_chain'), await held('test.held_chain')];
    for (const { id } of first) await running(id);
    const chains = await Promise.all(Array.from({ length: CHAINS }, () => runner.request('test.chain')));
    const queued = async () => (await runner.bus.inspect('st2.actionrunner.work')).messages;
    await waitFor(async () => (await queued()) === 0, { what: 'the end of the queue' });
    const stopped = dispatcher.stop();
    for (const { release } of first) await release();
    await stopped;
    for (const { id } of first) assert.equal((await runner.ended(id)).status, 'succeeded');
    // No scheduler runs here that would say the orders again.
    dispatcher = runner.dispatcher('two:1');
    await dispatcher.start();
    for (const { id } of chains) assert.equal((await runner.ended(id)).status, 'succeeded');
  });
});
