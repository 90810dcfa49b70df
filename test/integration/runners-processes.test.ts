import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { actionRunnerInProcess, type InProcessRunner } from '../support/action-runner-in-process.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

const SETTINGS = {
  ST2_ACTIONRUNNER__LEASE: '1.5',
  ST2_ACTIONRUNNER__SHUTDOWN_TIMEOUT: '4',
  ST2_SCHEDULER__SWEEP_INTERVAL: '0.3',
  ST2_SCHEDULER__LOST_AFTER: '1',
};

function isRunning(command: string): boolean {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n').includes(command);
}

describe('action runner as a process', () => {
  let infrastructure: Provisioned;
  let services: RunningServices;
  /** Only asks and looks: scheduler and dispatcher are the processes. */
  let client: InProcessRunner;

  before(async () => {
    infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
    client = await actionRunnerInProcess(infrastructure, SETTINGS);
    await client.action('local', 'local-shell-cmd', { cmd: { type: 'string' } });
    services = await startServices(infrastructure, {
      only: ['st2actionrunner', 'st2scheduler'],
      registerPacks: false,
      env: SETTINGS,
    });
  });

  after(async () => {
    await services?.stop();
    await client?.stop();
    await infrastructure?.stop();
  });

  const running = (id: string) =>
    waitFor(async () => (await client.stores.executions.get(id))?.status === 'running', { what: 'the start' });

  it('kill -9: the execution is abandoned in seconds and what it started is gone', async () => {
    const { id } = await client.request('test.local', { cmd: 'sleep 371.25; true' });
    await running(id);
    await waitFor(() => isRunning('sleep 371.25'), { what: 'the process' });
    await services.kill('st2actionrunner');
    const execution = await client.ended(id);
    assert.equal(execution.status, 'abandoned');
    await waitFor(() => !isRunning('sleep 371.25'), { what: 'the end of the process' });
  });

  it('what was asked for while no runner lived runs when one is back', async () => {
    const { id } = await client.request('test.local', { cmd: 'echo back' });
    await services.restart('st2actionrunner');
    assert.equal((await client.ended(id)).status, 'succeeded');
  });

  it('SIGTERM: short actions end, long ones are abandoned, waiting ones are left to others', async () => {
    const held = path.join(infrastructure.folder, 'held');
    await writeFile(held, '');
    const short = await client.request('test.local', { cmd: `while [ -e ${held} ]; do sleep 0.05; done; echo done` });
    const long = await client.request('test.local', { cmd: 'sleep 72.25' });
    await running(short.id);
    await running(long.id);
    const { logFile } = services.process('st2actionrunner');
    const stopped = services.stopService('st2actionrunner');
    await waitFor(async () => (await readFile(logFile, 'utf8')).includes('service draining'), { what: 'the drain' });
    await rm(held);
    await stopped;
    const ended = await client.ended(short.id);
    assert.deepEqual([ended.status, (ended.result as { stdout: string }).stdout], ['succeeded', 'done']);
    assert.equal((await client.ended(long.id)).status, 'abandoned');
    await waitFor(() => !isRunning('sleep 72.25'), { what: 'the end of the long process' });
    const waiting = await client.request('test.local', { cmd: 'true' });
    await services.restart('st2actionrunner');
    assert.equal((await client.ended(waiting.id)).status, 'succeeded');
  });
});
