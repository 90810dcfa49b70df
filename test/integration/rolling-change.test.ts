import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import type { ServiceName } from '../../cli/services.ts';
import { descendantsOf, endOf, requestExecution, runToEnd } from '../support/executions.ts';
import { assertSeen, startRuns } from '../support/fault-runs.ts';
import { type FaultedSystem, startFaultedSystem } from '../support/faulted-system.ts';
import { workflowServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

const newKey = (id: string) => `${id}=${randomBytes(32).toString('base64')}`;
const [keyOne, keyTwo] = [newKey('one'), newKey('two')];

describe('a rolling change under load', () => {
  let system: FaultedSystem;
  const env: Record<string, string> = { ST2_TEMPORAL__ENCRYPTION_KEYS: keyOne };

  before(async () => {
    system = await startFaultedSystem({ envOf: () => env });
  });
  after(() => system?.stop());

  it('each process stops on SIGTERM and starts: no action is lost or run twice, no workflow fails', async () => {
    const { services, pack } = system;
    const names = workflowServices.filter((name) => name !== 'st2auth');
    for (const name of names) {
      const runs = await startRuns(services, pack, 'steps', 2);
      await runs.underWay(2);
      await services.stopService(name);
      const { code, signal } = await services.process(name).exited;
      assert.deepEqual({ code, signal }, { code: 0, signal: null }, `${name} did not drain`);
      await services.restart(name);
      await runs.endWell();
    }
  });

  it('payloads: a new key writes, the old one still reads what runs', async () => {
    const { services, pack } = system;
    const runs = await startRuns(services, pack, 'steps', 1);
    await runs.underWay(1);
    // In two steps, as docs/security.md has it: first every process knows the new key, then it writes.
    for (const keys of [`${keyOne}:${keyTwo}`, `${keyTwo}:${keyOne}`]) {
      env.ST2_TEMPORAL__ENCRYPTION_KEYS = keys;
      for (const name of ['mistral-api', 'mistral-server', 'st2resultstracker', 'st2actionrunner'] as ServiceName[]) {
        await services.stopService(name);
        await services.restart(name);
      }
    }
    await runs.endWell();
    const { id } = await runToEnd(services, 'testpack.wftest');
    const history = await historyOf(`testpack.wftest/${id}`);
    assert.ok(history.includes('two'), 'the new key is not named');
    assert.ok(!history.includes('HELLO'), 'a payload is in clear');
  });

  it('a running workflow finishes on the interpreter that began it, new ones begin on the new one', async () => {
    const { services, pack } = system;
    Object.assign(env, { ST2_TEMPORAL__VERSIONING: 'true', ST2_TEMPORAL__BUILD_ID: 'build-1' });
    await services.stopService('mistral-server');
    await services.restart('mistral-server');
    await untilCurrent('build-1');
    const marks = 'versions';
    const old = await requestExecution(services, 'faultpack.handled', { marks: pack.markFile(marks) });
    await waitFor(async () => (await pack.marks(marks)).length === 1, { what: 'its action to run' });
    const second = await services.startAnother('mistral-server', { ...env, ST2_TEMPORAL__BUILD_ID: 'build-2' });
    await untilCurrent('build-2');
    const { id } = await runToEnd(services, 'testpack.wftest');
    assert.equal((await endOf(services, old.id)).status, 'succeeded');
    assertSeen(await pack.marks(marks), await descendantsOf(services, old.id));
    assert.deepEqual(await buildsOf(`faultpack.handled/${old.id}`), ['build-1']);
    assert.deepEqual(await buildsOf(`testpack.wftest/${id}`), ['build-2']);
    assert.equal(second.hasExited, false);
  });

  const withClient = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = system.infrastructure.env;
    const connection = await Connection.connect({ address });
    try {
      return await work(new Client({ connection, namespace }));
    } finally {
      await connection.close();
    }
  };

  async function untilCurrent(build: string): Promise<void> {
    const deploymentName = system.infrastructure.env.ST2_TEMPORAL__TASK_QUEUE ?? '';
    const isCurrent = () =>
      withClient(async (client) => {
        const { namespace } = client.options;
        const answer = await client.workflowService.describeWorkerDeployment({ namespace, deploymentName });
        return answer.workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId === build;
      });
    await waitFor(isCurrent, { what: `${build} to be the current version`, intervalMs: 200 });
  }

  /** Builds that have carried out workflow tasks. */
  async function buildsOf(workflowId: string): Promise<readonly string[]> {
    const { events } = await withClient((client) => client.workflow.getHandle(workflowId).fetchHistory());
    const builds = (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: done }) => {
      const build = done?.deploymentVersion?.buildId;
      return typeof build === 'string' ? [build] : [];
    });
    return [...new Set(builds)];
  }

  async function historyOf(workflowId: string): Promise<string> {
    const history = await withClient((client) => client.workflow.getHandle(workflowId).fetchHistory());
    return JSON.stringify(history).replace(/"data":"([^"]*)"|"encryption-key-id":"([^"]*)"/g, (_, data, key) =>
      Buffer.from(data ?? key, 'base64').toString(),
    );
  }
});
