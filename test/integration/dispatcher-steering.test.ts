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
const pauses: { readonly id: string; end(): void }[] = [];

/** A workflow whose pauses end when the test says so. */
const slow: Runner = {
  name: 'mistral-v2',
  isWorkflow: true,
  run: async () => ({ status: 'running' }),
  pause: ({ execution: { id } }) =>
    new Promise((resolve) => pauses.push({ id, end: () => resolve({ status: 'paused' }) })),
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
  const reaches = (id: string, status: string) =>
    waitFor(async () => (await stores.executions.get(id))?.status === status, { what: `${id} in status ${status}` });
  const isPaused = (id: string, times: number) =>
    waitFor(() => pauses.filter((one) => one.id === id).length >= times, { what: `pause ${times} of ${id}` });
  const [{ id }, other] = [await runner.request('test.slow'), await runner.request('test.slow')];
  await reaches(id, 'running');
  await reaches(other.id, 'running');
  await actions.pause(id, 'tester');
  await isPaused(id, 1);
  bus.publish(EXCHANGES.liveactionStatus, 'pausing', { id, status: 'pausing' });
  // Behind what is said again.
  await actions.pause(other.id, 'tester');
  await isPaused(other.id, 1);
  assert.equal(pauses.length, 2);
  // The tracker has seen that the workflow is paused.
  await actions.changeStatus(id, 'paused');
  await actions.resume(id, 'tester');
  await reaches(id, 'running');
  for (const { end } of pauses) end();
  await reaches(other.id, 'paused');
  await actions.pause(id, 'tester');
  await isPaused(id, 2);
  const { log = [] } = (await stores.executions.get(id)) ?? {};
  const states = log.map(({ status }) => status).filter((status) => status !== 'scheduled');
  assert.deepEqual(states, ['requested', 'running', 'pausing', 'paused', 'resuming', 'running', 'pausing']);
  pauses.at(-1)?.end();
  await reaches(id, 'paused');
});
