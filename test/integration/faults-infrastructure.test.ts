import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf, endOf, requestExecution, runToEnd } from '../support/executions.ts';
import type { FaultPack } from '../support/fault-pack.ts';
import { assertSeen, startRuns } from '../support/fault-runs.ts';
import { type FaultedSystem, startFaultedSystem } from '../support/faulted-system.ts';
import type { PartName, Provisioned } from '../support/provisioned.ts';
import type { RunningServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

describe('kill -9 of a part of the infrastructure while workflows run', () => {
  let infrastructure: Provisioned;
  let services: RunningServices;
  let pack: FaultPack;
  let system: FaultedSystem | undefined;

  before(async () => {
    system = await startFaultedSystem({ own: true });
    ({ infrastructure, services, pack } = system);
  });
  after(() => system?.stop());

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
      await waitFor(isAway, { what: `${title} to be away` });
      infrastructure.restart(part);
      await runs.endWell();
      assert.equal((await runToEnd(services, 'testpack.wftest')).status, 'succeeded', 'what is asked for afterwards');
      assert.deepEqual(services.pids(), pids, 'a service has ended');
    });
  }

  it('the database, at any moment of a run: what it did without being able to say so is found out', async () => {
    for (const workflow of ['steps', 'linked'] as const) {
      for (let moment = 0; moment < 4; moment += 1) {
        const runs = await startRuns(services, pack, workflow, 3);
        await runs.underWay(1);
        await sleep(moment * 200);
        await infrastructure.kill('mongodb');
        infrastructure.restart('mongodb');
        await runs.endWell();
      }
    }
  });

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
