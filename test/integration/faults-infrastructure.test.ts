import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { descendantsOf, endOf, requestExecution, runToEnd } from '../support/executions.ts';
import { type FaultPack, writeFaultPack } from '../support/fault-pack.ts';
import { assertSeen, startRuns } from '../support/fault-runs.ts';
import { type PartName, type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

const settings = {
  ST2_ACTIONRUNNER__LEASE: '2',
  ST2_SCHEDULER__SWEEP_INTERVAL: '0.5',
  ST2_SCHEDULER__LOST_AFTER: '1',
};

describe('kill -9 of a part of the infrastructure while workflows run', () => {
  let infrastructure: Provisioned;
  let services: RunningServices;
  let pack: FaultPack;

  before(async () => {
    infrastructure = await provisioned({ own: true });
    pack = await writeFaultPack(infrastructure.folder);
    services = await startServices(infrastructure, {
      only: [
        'st2api',
        'st2auth',
        'st2actionrunner',
        'st2scheduler',
        'mistral-api',
        'mistral-server',
        'st2resultstracker',
      ],
      packFolders: [pack.folder],
      env: settings,
    });
  });
  after(async () => {
    await services?.stop();
    await infrastructure?.stop();
  });

  const parts: readonly (readonly [PartName, string, string])[] = [
    ['bus', 'the message bus', 'ST2_MESSAGING__URL'],
    ['temporal', 'Temporal', 'TEMPORAL_ADDRESS'],
    ['mongodb', 'the database', 'ST2_DATABASE__URI'],
  ];
  for (const [part, title, variable] of parts) {
    it(`${title}: services stay up, every workflow goes on and runs each action once`, async () => {
      const pids = services.pids();
      const runs = await startRuns(services, pack, 'steps', 3);
      await runs.underWay(2);
      await infrastructure.kill(part);
      const isAway = async () => !(await listens(infrastructure.env[variable] ?? ''));
      await waitFor(isAway, { what: `${title} to be away`, timeoutMs: 5_000 });
      infrastructure.restart(part);
      await runs.endWell(90_000);
      assert.equal((await runToEnd(services, 'testpack.wftest')).status, 'succeeded', 'what is asked for afterwards');
      assert.deepEqual(services.pids(), pids, 'a service has ended');
    });
  }

  it('the database, away for longer than a lease: what runs on a living runner is not given up', async () => {
    const { id } = await requestExecution(services, 'faultpack.ticking', { marks: pack.markFile('away') });
    const ticked = (count: number) => waitFor(async () => (await pack.ticks('away')) >= count, { what: 'ticks' });
    await ticked(1);
    await infrastructure.kill('mongodb');
    // Half a second a tick: more than twice the lease.
    await ticked((await pack.ticks('away')) + 9);
    infrastructure.restart('mongodb');
    const execution = await endOf(services, id);
    assert.equal(execution.status, 'succeeded', JSON.stringify(execution.result));
    assertSeen(await pack.marks('away'), await descendantsOf(services, id));
    assert.equal(await pack.ticks('away'), 16);
  });
});

/** Whether something listens at `host:port`, or at the host and port of a URL. */
async function listens(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address.includes('://') ? address : `tcp://${address}`);
  return await new Promise((resolve) => {
    const socket = net.connect(Number(port), hostname, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
