/** Orders to pause and resume that meet: the later one counts. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { Runner } from '../../actionrunner/runners/contract.ts';
import { EXCHANGES } from '../../platform/bus/bus.ts';
import { actionRunnerInProcess, type InProcessRunner } from '../support/action-runner-in-process.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { waitFor } from '../support/wait-for.ts';

let infrastructure: Provisioned;
let runner: InProcessRunner;
const pauses: (() => void)[] = [];

/** A workflow whose pauses end when the test says so. */
const slow: Runner = {
  name: 'mistral-v2',
  isWorkflow: true,
  run: async () => ({ status: 'running' }),
  pause: () => new Promise((resolve) => pauses.push(() => resolve({ status: 'paused' }))),
  resume: async () => ({ status: 'running' }),
};

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
  runner = await actionRunnerInProcess(infrastructure);
  await runner.dispatcher('one:1', () => slow).start();
  await runner.action('slow', 'mistral-v2');
});
after(async () => {
  await runner?.stop();
  await infrastructure?.stop();
});

it('a pause that tells its end after the resume pauses nothing, and one that is said again is one', async () => {
  const { stores, actions, bus } = runner;
  const { id } = await runner.request('test.slow');
  const reaches = (status: string) =>
    waitFor(async () => (await stores.executions.get(id))?.status === status, { what: `the status ${status}` });
  await reaches('running');
  await actions.pause(id, 'tester');
  await waitFor(() => pauses.length > 0, { what: 'the pause' });
  bus.publish(EXCHANGES.liveactionStatus, 'pausing', { id, status: 'pausing' });
  // The tracker has seen that the workflow is paused.
  await actions.changeStatus(id, 'paused');
  await actions.resume(id, 'tester');
  await reaches('running');
  for (const end of pauses) end();
  // Orders are worked off one after the other: behind this one, the end of the first has been told.
  await actions.pause(id, 'tester');
  await waitFor(() => pauses.length > 1, { what: 'the second pause' });
  const { log = [] } = (await stores.executions.get(id)) ?? {};
  const states = log.map(({ status }) => status).filter((status) => status !== 'scheduled');
  assert.deepEqual(states, ['requested', 'running', 'pausing', 'paused', 'resuming', 'running', 'pausing']);
  assert.equal(pauses.length, 2);
  pauses[1]?.();
  await reaches('paused');
});
