import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type HostedServices, hostServices } from '../../../cli/hosting/hosted-services.ts';
import { createProcessTable, type ProcessTable } from '../../../cli/processes/process-table.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitFor } from '../../support/wait-for.ts';

const env = { PATH: process.env.PATH };

/** A host whose service `broken` never starts, `late` starts the second time, and all others at once. */
const PROGRAM = `
  let late = 0;
  process.on('SIGTERM', () => process.exit(0));
  process.on('message', ({ start, stop }) => {
    if (stop !== undefined) process.send({ stopped: stop });
    else if (start === 'broken' || (start === 'late' && process.env.LATE && late++ === 0)) process.send({ failed: start, reason: 'no port' });
    else process.send({ started: start });
  });
  process.send({ ready: true });
`;

describe('services that share a process', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let processes: ProcessTable;
  const lines: string[] = [];
  const ends: (() => Promise<void>)[] = [];

  const host = (name: string, more: Readonly<Record<string, string>> = {}): HostedServices => {
    const spec = { name, command: process.execPath, args: ['-e', PROGRAM], env: { ...env, ...more }, ipc: true };
    const hosted = hostServices({ processes, spec, report: (line) => lines.push(line), retryMs: 10 });
    ends.push(async () => {
      for (const service of ['a', 'b', 'late']) await hosted.service(service).stop(1_000);
    });
    return hosted;
  };

  before(async () => {
    folder = await temporaryFolder();
    processes = createProcessTable(folder.path);
  });
  after(async () => {
    for (const end of ends) await end();
    await processes.close();
    await folder.remove();
  });

  it('start with one process, and stop by themselves; the last one ends it', async () => {
    const hosted = host('shared');
    const [a, b] = [hosted.service('a'), hosted.service('b')];
    await Promise.all([a.start(), b.start()]);
    const { pid } = a;
    assert.ok(pid !== undefined);
    assert.equal(b.pid, pid);
    await a.stop(1_000);
    assert.equal(a.pid, undefined);
    assert.equal(b.pid, pid);
    await a.start();
    assert.equal(a.pid, pid, 'it joins the process that runs');
    await Promise.all([a.stop(1_000), b.stop(1_000)]);
    assert.throws(() => process.kill(pid, 0), 'the process has ended');
    await a.start();
    assert.notEqual(a.pid, pid);
  });

  it('one that cannot start says why, and leaves the others alone', async () => {
    const hosted = host('picky');
    const a = hosted.service('a');
    await a.start();
    await assert.rejects(hosted.service('broken').start(), {
      message: /^broken could not start: no port \(see .+broken\.log\)$/,
    });
    assert.ok(a.pid !== undefined);
    assert.equal(hosted.service('broken').pid, undefined);
  });

  it('run again after their process was killed, those that are wanted, also when the first try fails', async () => {
    const hosted = host('killed');
    const [a, b] = [hosted.service('a'), hosted.service('b')];
    await Promise.all([a.start(), b.start()]);
    await b.stop(1_000);
    const first = a.pid ?? assert.fail('it has no pid');
    process.kill(first, 'SIGKILL');
    await waitFor(() => a.pid !== undefined && a.pid !== first, { what: 'the second process' });
    assert.equal(b.pid, undefined);

    const retried = host('retried', { LATE: 'yes' });
    const late = retried.service('late');
    await assert.rejects(late.start());
    await late.start();
    const before = late.pid ?? assert.fail('it has no pid');
    process.kill(before, 'SIGKILL');
    await waitFor(() => late.pid !== undefined && late.pid !== before, { what: 'the service in a new process' });
    assert.match(lines.join('\n'), /late could not start: no port; it is tried again in 0\.01 s/);
  });
});
