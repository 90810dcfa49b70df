/** Policies over several schedulers that are processes of their own, measured from the records of the executions. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isCompleted, isExecutionStatus } from '../../core/statuses.ts';
import { type ExecutionAnswer, endOf, reachStatus, requestExecution } from '../support/executions.ts';
import { writePolicyPack } from '../support/policy-pack.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices, workflowServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

/** `TRAMONTANE_TEST_LONG=1`: the numbers that are promised; otherwise fewer, for the time of a test run. */
const EXECUTIONS = process.env.TRAMONTANE_TEST_LONG === '1' ? 500 : 60;

let infrastructure: Provisioned;
let services: RunningServices;

before(async () => {
  infrastructure = await provisioned();
  services = await startServices(infrastructure, {
    packFolders: [await writePolicyPack(infrastructure.folder)],
    only: [...workflowServices, 'st2notifier'],
    env: { ST2_SCHEDULER__SWEEP_INTERVAL: '1', ST2_SCHEDULER__LOST_AFTER: '2' },
  });
  await Promise.all([services.startAnother('st2scheduler'), services.startAnother('st2scheduler')]);
});

after(async () => {
  await services?.stop();
  await infrastructure?.stop();
});

/** Requests many at once. @returns their ids */
async function requestMany(action: string, parameters: readonly Record<string, unknown>[]): Promise<string[]> {
  const ids: string[] = [];
  const left = [...parameters];
  const post = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop())
      ids.push((await requestExecution(services, action, next)).id);
  };
  await Promise.all(Array.from({ length: 10 }, post));
  return ids;
}

interface Logged extends ExecutionAnswer {
  readonly log: readonly { readonly status: string; readonly timestamp: string }[];
}

async function recordsOf(action: string): Promise<Logged[]> {
  return await services.request<Logged[]>(
    'GET',
    `/executions?action=${action}&limit=1000&include_attributes=status,log,parameters,context`,
  );
}

/** All executions of an action, once every one of them has ended. */
async function allEnded(action: string, count: number): Promise<Logged[]> {
  return await waitFor(
    async () => {
      const records = await recordsOf(action);
      const ended = records.filter(({ status }) => isExecutionStatus(status) && isCompleted(status));
      return ended.length === count ? ended : undefined;
    },
    { what: `the end of ${count} executions of ${action}`, timeoutMs: 300_000, intervalMs: 500 },
  );
}

/** The most that were between `running` and their end at the same moment, by the times on record. */
function mostAtOnce(records: readonly Logged[]): number {
  const changes = records.flatMap(({ log }) => {
    const start = log.find(({ status }) => status === 'running');
    const end = log.at(-1);
    if (start === undefined || end === undefined) return [];
    return [
      { at: Date.parse(start.timestamp), by: 1 },
      { at: Date.parse(end.timestamp), by: -1 },
    ];
  });
  let running = 0;
  let most = 0;
  for (const { by } of changes.sort((a, b) => a.at - b.at || a.by - b.by)) {
    running += by;
    most = Math.max(most, running);
  }
  return most;
}

/** An execution that runs for as long as its file is there. */
async function startHeld(action: string) {
  const file = path.join(infrastructure.folder, action);
  await writeFile(file, '');
  const first = await requestExecution(services, action, { file });
  await reachStatus(services, first.id, (status) => status === 'running', 'running');
  return { file, first };
}

describe('policies with three schedulers', () => {
  it('concurrency: never more than the threshold run, all end, none is lost, though a scheduler is killed', async () => {
    const ids = await requestMany(
      'policied.five',
      Array.from({ length: EXECUTIONS }, () => ({})),
    );
    await services.kill('st2scheduler');
    await services.restart('st2scheduler');
    const ended = await allEnded('policied.five', EXECUTIONS);
    assert.deepEqual(new Set(ended.map(({ id }) => id)), new Set(ids));
    assert.ok(ended.every(({ status }) => status === 'succeeded'));
    const most = mostAtOnce(ended);
    assert.ok(most <= 5, `${most} ran at once`);
    assert.ok(most > 1, 'they do run side by side');
  });

  it('concurrency by attribute: the threshold holds for each value, one not given counting as its default', async () => {
    const values = ['a', 'b', undefined, 'none'];
    const parameters = Array.from({ length: 24 }, (_item, index) => {
      const key = values[index % values.length];
      return { cmd: 'sleep 0.1', ...(key === undefined ? {} : { key }) };
    });
    await requestMany('policied.keyed', parameters);
    const ended = await allEnded('policied.keyed', 24);
    assert.ok(ended.every(({ status }) => status === 'succeeded'));
    for (const value of ['a', 'b', 'none']) {
      const most = mostAtOnce(ended.filter((one) => (one.parameters.key ?? 'none') === value));
      assert.ok(most <= 2, `${most} of ${value} ran at once`);
    }
  });

  it('concurrency with cancel: what is over the threshold does not run at all', async () => {
    await requestMany(
      'policied.three',
      Array.from({ length: 12 }, () => ({ cmd: 'sleep 1' })),
    );
    const ended = await allEnded('policied.three', 12);
    const most = mostAtOnce(ended);
    assert.ok(most <= 3, `${most} ran at once`);
    const canceled = ended.filter(({ status }) => status === 'canceled');
    assert.ok(canceled.length > 0 && canceled.every(({ log }) => !log.some(({ status }) => status === 'running')));
    assert.equal(ended.filter(({ status }) => status === 'succeeded').length, 12 - canceled.length);
  });

  it('concurrency: a paused execution keeps its place', async () => {
    const { file, first } = await startHeld('policied.one');
    const second = await requestExecution(services, 'policied.one', { file });
    await services.request('PUT', `/executions/${first.id}`, { status: 'pausing' });
    await rm(file);
    await reachStatus(services, first.id, (status) => status === 'paused', 'pause');
    await reachStatus(services, second.id, (status) => status === 'delayed', 'delay');
    await services.request('PUT', `/executions/${first.id}`, { status: 'resuming' });
    const ended = await Promise.all([endOf(services, first.id), endOf(services, second.id)]);
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['succeeded', 'succeeded'],
    );
    assert.equal(mostAtOnce(await recordsOf('policied.one')), 1);
  });

  it('concurrency: a workflow within a workflow that waits for its place can be canceled with the outer one', async () => {
    const { file, first } = await startHeld('policied.alone');
    const outer = await requestExecution(services, 'policied.around', { file });
    const inner = await waitFor(
      async () => (await recordsOf('policied.alone')).find(({ id, status }) => id !== first.id && status === 'delayed'),
      { what: 'the inner workflow that waits for its place' },
    );
    await services.request('DELETE', `/executions/${outer.id}`);
    const ended = await Promise.all([endOf(services, outer.id), endOf(services, inner.id)]);
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['canceled', 'canceled'],
    );
    await rm(file);
    assert.equal((await endOf(services, first.id)).status, 'succeeded');
  });

  it('retry: a workflow within a workflow is tried again, and the outer one hears of the last try only', async () => {
    const file = path.join(infrastructure.folder, 'tries');
    const { id } = await requestExecution(services, 'policied.outer', { file });
    const outer = await endOf(services, id);
    assert.equal(outer.status, 'succeeded', JSON.stringify(outer.result));
    assert.equal(outer.result.said, 'came through');
    const tries = (await allEnded('policied.inner', 3)).reverse();
    assert.deepEqual(
      tries.map(({ status }) => status),
      ['failed', 'failed', 'succeeded'],
    );
    const chain = tries.map(
      ({ context }) => context.policies as { readonly retry: Record<string, unknown> } | undefined,
    );
    assert.deepEqual(
      chain.map((policies) => [policies?.retry.retry_count, policies?.retry.applied_policy]),
      [
        [undefined, undefined],
        [1, 'policied.inner'],
        [2, 'policied.inner'],
      ],
    );
  });

  it('retry on timeout: runs again what timed out, as often as the policy says, and not what failed', async () => {
    await requestExecution(services, 'policied.slow', { cmd: 'sleep 30', timeout: 1 });
    assert.deepEqual(
      (await allEnded('policied.slow', 2)).map(({ status }) => status),
      ['timeout', 'timeout'],
    );
    const failed = await requestExecution(services, 'policied.slow', { cmd: 'exit 3' });
    assert.equal((await endOf(services, failed.id)).status, 'failed');
    assert.equal((await recordsOf('policied.slow')).length, 3);
  });
});
