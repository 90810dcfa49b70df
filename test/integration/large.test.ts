/**
 * Large workflows through every process. Small enough for each change by default; `TRAMONTANE_LARGE=1` runs them in the sizes
 * that docs/benchmarks.md shows.
 */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ExecutionAnswer, endOf, getExecution, reachStatus, requestExecution } from '../support/executions.ts';
import { writeLargePack } from '../support/large-pack.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices, workflowServices } from '../support/running-services.ts';
import { eventCounts, HISTORY_LIMITS, temporalRuns } from '../support/temporal-runs.ts';
import { waitFor } from '../support/wait-for.ts';

const LARGE = process.env.TRAMONTANE_LARGE === '1';
const SIZES = LARGE
  ? {
      items: 10_000,
      steered: 2_000,
      gated: 2_000,
      flawed: 1_000,
      branches: 1_000,
      turns: 10_000,
      spins: 10_000,
      depth: 50,
      bytes: 10_000_000,
      context: 5_000_000,
      contextTurns: 20,
    }
  : {
      items: 120,
      steered: 300,
      gated: 30,
      flawed: 10,
      branches: 60,
      turns: 40,
      spins: 5_100,
      depth: 4,
      bytes: 3_000_000,
      context: 1_500_000,
      contextTurns: 3,
    };
const END_MS = LARGE ? 3_600_000 : 240_000;

/** What MongoDB takes in one document, with room for the rest of an execution. */
const RESULT_LIMIT = 12 * 1024 * 1024;

let infrastructure: Provisioned;
let services: RunningServices;
let files = 0;

before(async () => {
  infrastructure = await provisioned();
  const packs = path.join(infrastructure.folder, 'packs');
  await writeLargePack(packs, { branches: SIZES.branches });
  services = await startServices(infrastructure, {
    only: [...workflowServices, 'st2notifier'],
    packFolders: [packs],
  });
});
after(async () => {
  await services?.stop();
  await infrastructure?.stop();
});

const start = (name: string, parameters: Readonly<Record<string, unknown>> = {}) =>
  requestExecution(services, `large.${name}`, parameters);
const end = (id: string) => endOf(services, id, END_MS);
const missingFile = () => {
  files += 1;
  return path.join(infrastructure.folder, `file${files}`);
};

function output({ result }: ExecutionAnswer): Readonly<Record<string, unknown>> {
  const { tasks: _tasks, extra: _extra, ...rest } = result;
  return rest;
}

/** Ends as it should, and no part of it is larger than those who keep it allow. */
async function assertEnd(id: string, status: string, expected?: Readonly<Record<string, unknown>>): Promise<void> {
  const execution = await end(id);
  const { extra } = execution.result;
  assert.equal(execution.status, status, JSON.stringify(extra ?? execution.result).slice(0, 2_000));
  if (expected !== undefined) assert.deepEqual(output(execution), expected);
  assert.ok(JSON.stringify(execution.result).length < RESULT_LIMIT, 'the result fits into a document');
  const runs = await temporalRuns(infrastructure.env.TEMPORAL_ADDRESS ?? '', `${execution.action.ref}/${id}`);
  for (const { events, bytes } of runs) {
    assert.ok(
      events < HISTORY_LIMITS.events && bytes < HISTORY_LIMITS.bytes,
      `a history of ${events} events, ${bytes} bytes`,
    );
  }
}

const childCount = async (id: string, query = ''): Promise<number> => {
  const answer = await fetch(
    `${services.apiUrl}/v1/executions?parent=${id}&limit=1&include_attributes=status${query}`,
    {
      headers: { 'x-auth-token': await services.token() },
    },
  );
  return Number(answer.headers.get('x-total-count'));
};

/** Waits until so many actions of a workflow have ended. */
const untilEnded = (id: string, count: number) =>
  waitFor(async () => (await childCount(id, '&status=succeeded')) >= count, {
    what: `${count} ended actions`,
    timeoutMs: END_MS,
    intervalMs: 200,
  });

/** Its actions may be seen before it is `running` itself, and what is not `running` cannot be paused. */
async function pause(id: string): Promise<void> {
  await reachStatus(services, id, (status) => status === 'running', 'the start');
  await services.request('PUT', `/executions/${id}`, { status: 'pausing' });
}

/** Until the actions that were on their way have ended, it may be `paused` and then `pausing` again. */
async function resumeWhenPaused(id: string): Promise<void> {
  await waitFor(
    async () => {
      const { status } = await getExecution(services, id);
      if (status !== 'paused' || (await childCount(id, '&status=running')) > 0) return false;
      await services.request('PUT', `/executions/${id}`, { status: 'resuming' });
      return true;
    },
    { what: `execution ${id} paused, then resumed`, timeoutMs: END_MS, intervalMs: 200 },
  );
}

describe(`large workflows${LARGE ? '' : ', lean sizes'}`, () => {
  const whole: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>])[] = [
    ['items', { size: SIZES.items }, { count: SIZES.items }],
    ['paced', { size: SIZES.items }, { count: SIZES.items }],
    ['fan', {}, { last: SIZES.branches - 1 }],
    ['loop', { size: SIZES.turns }, { count: SIZES.turns }],
    ['nest', { depth: SIZES.depth, file: '' }, { depth: SIZES.depth }],
    ['chain', { depth: SIZES.depth }, { depth: SIZES.depth }],
    ['result', { bytes: SIZES.bytes }, { got: SIZES.bytes }],
    ['context', { bytes: SIZES.context, turns: SIZES.contextTurns }, { count: SIZES.contextTurns, got: SIZES.context }],
  ];
  for (const [name, parameters, expected] of whole) {
    it(`${name} ${JSON.stringify(parameters)}: ends, with its output`, async (t) => {
      const began = Date.now();
      const { id } = await start(name, parameters);
      await assertEnd(id, 'succeeded', expected);
      t.diagnostic(`${((Date.now() - began) / 1_000).toFixed(1)} s`);
    });
  }

  it(`spin ${SIZES.spins}: turns without a wait end, and only the newest tasks are shown`, async () => {
    const { id } = await start('spin', { size: SIZES.spins });
    await assertEnd(id, 'succeeded', { count: SIZES.spins });
    const { tasks, extra } = (await getExecution(services, id)).result as Readonly<{
      tasks: readonly unknown[];
      extra: Readonly<Record<string, unknown>>;
    }>;
    assert.equal(extra.tasks_total, SIZES.spins + 1);
    assert.equal(tasks.length, 5_000);
    // Temporal lets a timer wait for up to a second, unless told otherwise.
    const counts = await eventCounts(infrastructure.env.TEMPORAL_ADDRESS ?? '', `large.spin/${id}`);
    assert.equal(counts.timerStarted, undefined);
    assert.ok((counts.activityTaskCompleted ?? 0) >= 5, 'goes on with the end of an activity');
  });

  const steered: readonly (readonly [string, Record<string, unknown>, number])[] = [
    // Before the pause comes, all of a few hundred would have been started.
    ...(LARGE ? ([['items', { size: SIZES.items / 2 }, SIZES.items / 2]] as const) : []),
    ...(LARGE ? ([['fan', {}, SIZES.branches + 2]] as const) : []),
    ['paced', { size: SIZES.steered }, SIZES.steered],
    ['loop', { size: SIZES.steered }, SIZES.steered + 1],
  ];
  for (const [name, parameters, actions] of steered) {
    it(`${name}: paused in the middle, resumed, nothing runs twice`, async () => {
      const { id } = await start(name, parameters);
      await untilEnded(id, Math.floor(actions / 5));
      await pause(id);
      await resumeWhenPaused(id);
      await assertEnd(id, 'succeeded');
      assert.equal(await childCount(id), actions);
    });

    it(`${name}: cancelled in the middle, nothing more is started`, async () => {
      const { id } = await start(name, parameters);
      await untilEnded(id, Math.floor(actions / 20));
      await services.request('DELETE', `/executions/${id}`);
      await assertEnd(id, 'canceled');
      assert.ok((await childCount(id)) < actions, 'some were never started');
    });
  }

  it('held: cancelled while many items wait for their turn, which are not started any more', async () => {
    const file = missingFile();
    await writeFile(file, '');
    const { id } = await start('held', { size: 1_000, file });
    await waitFor(async () => (await childCount(id)) > 0, { what: 'the first action' });
    await services.request('DELETE', `/executions/${id}`);
    await rm(file);
    await assertEnd(id, 'canceled');
    assert.ok((await childCount(id)) < 1_000, 'some were never started');
  });

  it('held: paused while many items wait for their turn, which are started after the resume', async () => {
    const file = missingFile();
    await writeFile(file, '');
    const { id } = await start('held', { size: 1_000, file });
    await waitFor(async () => (await childCount(id)) > 0, { what: 'the first action' });
    await pause(id);
    await rm(file);
    await reachStatus(services, id, (status) => status === 'paused', 'the pause');
    assert.ok((await childCount(id)) < 1_000, 'some were not started');
    await services.request('PUT', `/executions/${id}`, { status: 'resuming' });
    await assertEnd(id, 'succeeded');
    assert.equal(await childCount(id), 1_000);
  });

  it('nest: paused and resumed at the deepest level', async () => {
    const file = missingFile();
    await writeFile(file, '');
    const { id } = await start('nest', { depth: SIZES.depth, file });
    // All levels have begun, and the deepest one is at its last action.
    await waitFor(async () => (await childCount(id)) > SIZES.depth, { what: 'the deepest action', timeoutMs: END_MS });
    await pause(id);
    await rm(file);
    await resumeWhenPaused(id);
    await assertEnd(id, 'succeeded', { depth: SIZES.depth });
  });

  it('chain: cancelled, down to the deepest level', async () => {
    const { id } = await start('chain', { depth: SIZES.depth });
    await waitFor(async () => (await childCount(id)) > 0, { what: 'the first action' });
    await services.request('DELETE', `/executions/${id}`);
    await assertEnd(id, 'canceled');
  });

  it('gated: a failed task between many items is run again, and the rest follows', async () => {
    const file = missingFile();
    const { id } = await start('gated', { size: SIZES.gated, file });
    await assertEnd(id, 'failed');
    await writeFile(file, '');
    const again = await services.request<ExecutionAnswer>('POST', `/executions/${id}/re_run`, { tasks: ['gate'] });
    const execution = await end(again.id);
    assert.equal(execution.status, 'succeeded', JSON.stringify(execution.result.extra));
    assert.deepEqual(output(execution), { before: SIZES.gated, behind: SIZES.gated });
  });

  it('flawed: only the failed items are run again', async () => {
    const file = missingFile();
    const { id } = await start('flawed', { size: SIZES.flawed, file });
    await assertEnd(id, 'failed');
    await writeFile(file, '');
    const request = { tasks: ['many'], reset: [] };
    const again = await services.request<ExecutionAnswer>('POST', `/executions/${id}/re_run`, request);
    const execution = await end(again.id);
    assert.equal(execution.status, 'succeeded', JSON.stringify(execution.result.extra));
    assert.deepEqual(output(execution), { count: SIZES.flawed });
    assert.equal(await childCount(again.id), Math.ceil(SIZES.flawed / 100));
  });
});
