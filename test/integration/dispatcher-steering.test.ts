/** Orders to pause and resume that meet: the later one counts. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import mongoose from 'mongoose';
import type { Runner } from '../../actionrunner/runners/contract.ts';
import { EXCHANGES } from '../../platform/bus/bus.ts';
import { actionRunnerInProcess, type InProcessRunner } from '../support/action-runner-in-process.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { waitFor } from '../support/wait-for.ts';

let infrastructure: Provisioned;
let runner: InProcessRunner;
const pauses: { readonly id: string; end(): void }[] = [];
const resumes: (typeof pauses)[number][] = [];

/** Pauses of `test.unlucky` that met a database that was away. */
let unlucky = 0;

/** A workflow whose pauses end when the test says so, and its resumes where it is `test.slow_resume`. */
const slow: Runner = {
  name: 'mistral-v2',
  isWorkflow: true,
  run: async () => ({ status: 'running' }),
  async pause({ execution: { id, action_ref } }) {
    if (action_ref === 'test.unlucky') {
      unlucky += 1;
      if (unlucky === 1) throw new mongoose.mongo.MongoNetworkError('connection 7 closed');
      return { status: 'paused' };
    }
    await new Promise<void>((end) => pauses.push({ id, end }));
    return { status: 'paused' };
  },
  async resume({ execution: { id, action_ref } }) {
    if (action_ref === 'test.slow_resume') await new Promise<void>((end) => resumes.push({ id, end }));
    return { status: 'running' };
  },
};

before(async () => {
  infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
  runner = await actionRunnerInProcess(infrastructure);
  await runner.dispatcher('one:1', () => slow).start();
  await runner.action('slow', 'mistral-v2');
  await runner.action('slow_resume', 'mistral-v2');
  await runner.action('unlucky', 'mistral-v2');
});
after(async () => {
  await runner?.stop();
  await infrastructure?.stop();
});

const reaches = (id: string, status: string) =>
  waitFor(async () => (await runner.stores.executions.get(id))?.status === status, {
    what: `${id} in status ${status}`,
  });

it('a pause that tells its end after the resume pauses nothing, and one that is said again is one', async () => {
  const { stores, actions, bus } = runner;
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

it('a resume is carried out while an earlier one has not told its end yet, and that end is not taken for its own', async () => {
  const { actions } = runner;
  const { id } = await runner.request('test.slow_resume');
  const resumeBegins = (times: number) => waitFor(() => resumes.length >= times, { what: `resume ${times} of ${id}` });
  await reaches(id, 'running');
  await actions.changeStatus(id, 'paused');
  await actions.resume(id, 'tester');
  await resumeBegins(1);
  // The workflow ran on and is held again before the runner has told that it runs: the tracker was faster.
  await actions.changeStatus(id, 'running');
  await actions.changeStatus(id, 'paused');
  await actions.resume(id, 'tester');
  await resumeBegins(2);
  const [first, second] = resumes;
  first?.end();
  // Behind the end of the first one.
  const other = await runner.request('test.slow');
  await reaches(other.id, 'running');
  assert.equal((await runner.stores.executions.get(id))?.status, 'resuming');
  second?.end();
  await reaches(id, 'running');
});

it('a pause that met a database that was away is carried out later, and ends nothing', async () => {
  const { id } = await runner.request('test.unlucky');
  await reaches(id, 'running');
  await runner.actions.pause(id, 'tester');
  await reaches(id, 'paused');
  assert.equal(unlucky, 2);
});
