import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isCompleted, isExecutionStatus } from '../../core/statuses.ts';
import {
  descendantsOf,
  type ExecutionAnswer,
  endOf,
  reachStatus,
  requestExecution,
  tasksOf,
} from '../support/executions.ts';
import type { FaultPack } from '../support/fault-pack.ts';
import { assertSeen, startRuns } from '../support/fault-runs.ts';
import { type FaultedSystem, startFaultedSystem } from '../support/faulted-system.ts';
import type { RunningServices } from '../support/running-services.ts';
import { startedActivities } from '../support/temporal-runs.ts';
import { waitFor } from '../support/wait-for.ts';

describe('kill -9 of a service while workflows run', () => {
  let services: RunningServices;
  let pack: FaultPack;
  let system: FaultedSystem | undefined;

  before(async () => {
    system = await startFaultedSystem();
    ({ services, pack } = system);
  });
  after(() => system?.stop());

  for (const name of ['mistral-server', 'st2scheduler', 'mistral-api', 'st2resultstracker'] as const) {
    it(`${name}: every workflow goes on when it is back and runs each action once`, async () => {
      const runs = await startRuns(services, pack, 'steps', 3);
      await runs.underWay(2);
      await services.kill(name);
      await services.restart(name);
      await runs.endWell();
    });
  }

  it('st2resultstracker: a workflow that ended while it was away gets its result and status', async () => {
    await services.kill('st2resultstracker');
    const { id } = await requestExecution(services, 'testpack.wftest');
    const isOver = async () => {
      const response = await fetch(`${services.mistralUrl}/executions?workflow_name=testpack.wftest&state=SUCCESS`);
      const { executions } = (await response.json()) as { readonly executions: readonly unknown[] };
      return executions.length === 1;
    };
    await waitFor(isOver, { what: 'the end of the workflow in the engine' });
    await services.restart('st2resultstracker');
    const execution = await endOf(services, id);
    assert.equal(execution.status, 'succeeded');
    assert.equal(tasksOf(execution).get('my_task')?.state, 'SUCCESS');
  });

  it('mistral-server: a cancel while it is away is carried out when it is back', async () => {
    const marks = 'canceled';
    const { id } = await requestExecution(services, 'faultpack.handled', { marks: pack.markFile(marks) });
    await waitFor(async () => (await pack.marks(marks)).length === 1, { what: 'the action to run' });
    await services.kill('mistral-server');
    await services.request('DELETE', `/executions/${id}`);
    await services.restart('mistral-server');
    assert.equal((await endOf(services, id)).status, 'canceled');
    const children = await descendantsOf(services, id);
    // StackStorm lets an action that runs come to its end; the workflow waits for it, and nothing comes after it.
    assert.deepEqual(
      children.map(({ status }) => status),
      ['succeeded'],
    );
    assertSeen(await pack.marks(marks), children);
  });

  it('st2actionrunner in an action of 5 s: it ends abandoned, and the workflow is told', async () => {
    const names = ['long', 'handled'] as const;
    const started = await Promise.all(
      names.map((name) => requestExecution(services, `faultpack.${name}`, { marks: pack.markFile(`runner-${name}`) })),
    );
    const bothRun = async () =>
      (await Promise.all(names.map((name) => pack.marks(`runner-${name}`)))).every((marks) => marks.length === 1);
    await waitFor(bothRun, { what: 'both actions to run' });
    await services.kill('st2actionrunner');
    await services.restart('st2actionrunner');
    const [long, handled] = await Promise.all(started.map(({ id }) => endOf(services, id)));
    assert.equal(long?.status, 'failed');
    assert.equal(handled?.status, 'succeeded', 'its on-error has dealt with it');
    for (const [index, execution] of [long, handled].entries()) {
      assert.equal(tasksOf(execution as ExecutionAnswer).get('wait')?.state, 'ERROR');
      const children = await descendantsOf(services, execution?.id ?? '');
      assert.deepEqual(
        children.map(({ status }) => status),
        index === 0 ? ['abandoned'] : ['abandoned', 'succeeded'],
      );
      assert.match(String(children[0]?.result.error), /^The action runner \S+ died while it ran this action\.$/);
      assertSeen(await pack.marks(`runner-${names[index]}`), children);
    }
  });

  it('st2api while twenty tasks ask for their actions: each action is created and run once', async () => {
    const runs = await startRuns(services, pack, 'wide', 1);
    const someExist = async () => (await descendantsOf(services, runs.ids[0] ?? '')).length >= 2;
    await waitFor(someExist, { what: 'the first actions to be asked for', intervalMs: 5 });
    await services.kill('st2api');
    await services.restart('st2api');
    await runs.endWell();
  });

  it('mistral-server with twenty tasks in hand that it could not ask for yet: each is created and run once', async () => {
    const { pid } = services.process('st2api');
    const runs = await startRuns(services, pack, 'wide', 1);
    process.kill(pid, 'SIGSTOP');
    const [id = ''] = runs.ids;
    const areHandedOver = async () =>
      (await startedActivities(system?.infrastructure.env.TEMPORAL_ADDRESS ?? '', id)) === 20;
    await waitFor(areHandedOver, { what: 'the tasks to be handed to the worker' });
    await services.kill('mistral-server');
    // What was sent to it dies with it.
    await services.kill('st2api');
    const wereLost = Date.now();
    await Promise.all([services.restart('st2api'), services.restart('mistral-server')]);
    await runs.endWell();
    const children = await descendantsOf(services, id);
    assert.ok(
      children.every(({ log }) => Date.parse(log[0]?.timestamp ?? '') > wereLost),
      'some had been asked for',
    );
  });

  it('st2api between creation and reply: the same request again makes no second execution', async () => {
    const headers = { 'content-type': 'application/json', 'x-auth-token': await services.token() };
    const marks = pack.markFile('replies');
    const post = async (key: number) => {
      const cmd = `echo "$ST2_ACTION_EXECUTION_ID" >> ${marks}`;
      const response = await fetch(`${services.apiUrl}/v1/executions`, {
        method: 'POST',
        headers: { ...headers, 'idempotency-key': `reply-${key}` },
        body: JSON.stringify({ action: 'core.local', parameters: { cmd } }),
      });
      assert.equal(response.status, 201);
      return ((await response.json()) as ExecutionAnswer).id;
    };
    const keys = Array.from({ length: 60 }, (_, key) => key);
    const first = keys.map(post);
    const settled = Promise.allSettled(first);
    // The first answer says that the others are under way.
    await Promise.any(first);
    await services.kill('st2api');
    const outcomes = await settled;
    assert.ok(
      outcomes.some(({ status }) => status === 'rejected'),
      'all answers had come already: nothing was tested',
    );
    await services.restart('st2api');
    const ids = await Promise.all(keys.map(post));
    assert.equal(new Set(ids).size, keys.length);
    for (const [key, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled')
        assert.equal(ids[key], outcome.value, 'a known request got another execution');
    }
    const isEnd = ({ status }: ExecutionAnswer) => isExecutionStatus(status) && isCompleted(status);
    const ended = async () => {
      const query = 'action=core.local&parent=null&limit=500';
      const all = await services.request<ExecutionAnswer[]>('GET', `/executions?${query}`);
      return all.every(isEnd) && all.filter(({ parent }) => parent === undefined);
    };
    const executions = await waitFor(ended, { what: 'the end of all', intervalMs: 200 });
    assert.deepEqual(executions.map(({ id }) => id).sort(), [...ids].sort());
    assertSeen(await pack.marks('replies'), executions);
  });

  it('st2auth, and then all at once: what was under way ends right', async () => {
    await services.kill('st2auth');
    const runs = await startRuns(services, pack, 'steps', 1);
    await runs.underWay(1);
    const { id } = await requestExecution(services, 'testpack.wftest');
    const names = ['st2api', 'st2scheduler', 'mistral-api', 'mistral-server', 'st2resultstracker'] as const;
    await Promise.all(names.map((name) => services.kill(name)));
    await Promise.all([...names, 'st2auth' as const].map((name) => services.restart(name)));
    await runs.endWell();
    assert.equal((await reachStatus(services, id, (status) => status === 'succeeded', 'success')).status, 'succeeded');
  });
});
