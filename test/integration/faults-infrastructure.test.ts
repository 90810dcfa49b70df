import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { runToEnd } from '../support/executions.ts';
import { type FaultPack, writeFaultPack } from '../support/fault-pack.ts';
import { startRuns } from '../support/fault-runs.ts';
import { type PartName, type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

/** A part that is away is no reason to call a runner dead: leases outlast it. */
const settings = { ST2_SCHEDULER__SWEEP_INTERVAL: '0.5', ST2_SCHEDULER__LOST_AFTER: '1' };

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
