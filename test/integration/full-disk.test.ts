/** The disk with the data folder is full: requests are refused with a sentence, what runs ends well once there is room. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { endOf, getExecution, requestExecution } from '../support/executions.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** MiB of the small disk. */
const DISK_MIB = 64;

const mount = (...args: string[]) => spawnSync('mount', args).status === 0;
const folder = await temporaryFolder();
const disk = path.join(folder.path, 'disk');
mkdirSync(disk);
const skip = mount('-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', disk) ? false : 'no file system may be mounted';

describe('a full disk', { skip }, () => {
  let infrastructure: Provisioned;
  let services: RunningServices;
  const filling = path.join(disk, 'filling');

  before(async () => {
    const { TMPDIR } = process.env;
    process.env.TMPDIR = disk;
    infrastructure = await provisioned({ own: true, parts: ['mongodb', 'bus'], bus: 'local' });
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    services = await startServices(infrastructure, { only: ['st2api', 'st2auth', 'st2scheduler', 'st2actionrunner'] });
    await services.token();
  });
  after(async () => {
    rmSync(filling, { force: true });
    await services?.stop();
    await infrastructure?.stop();
    spawnSync('umount', [disk]);
    await folder.remove();
  });

  function fill(): void {
    for (let size = 16 * 1024 * 1024; size >= 1; size = Math.floor(size / 2)) {
      try {
        for (;;) writeFileSync(filling, Buffer.alloc(size), { flag: 'a' });
      } catch {
        // That much does not fit any more: what is left is filled with less.
      }
    }
  }

  it('refuses with a sentence, keeps what runs, and goes on when there is room', async () => {
    const gate = path.join(folder.path, 'gate');
    const running = await requestExecution(services, 'core.local', {
      cmd: `until test -e ${gate}; do sleep 0.1; done`,
    });
    const isRunning = async () => (await getExecution(services, running.id)).status === 'running';
    await waitFor(isRunning, { what: 'the running action' });
    fill();
    const refusal = await waitFor(
      async () => {
        try {
          await requestExecution(services, 'core.noop');
          return undefined;
        } catch (error) {
          return String(error);
        }
      },
      { what: 'the first refusal' },
    );
    assert.match(refusal, /503 \{"faultstring":"The disk of the database is full\."\}$/);
    assert.equal((await getExecution(services, running.id)).status, 'running', 'reading goes on');
    // The action ends now, and its end cannot be stored.
    writeFileSync(gate, '');
    await assert.rejects(requestExecution(services, 'core.noop'), /503/);
    rmSync(filling);
    assert.equal((await endOf(services, running.id)).status, 'succeeded');
    const { id } = await waitFor(() => requestExecution(services, 'core.noop').catch(() => undefined), {
      what: 'a request that is taken',
    });
    assert.equal((await endOf(services, id)).status, 'succeeded');
  });
});
