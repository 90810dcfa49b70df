import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createProcessTable, type ProcessTable } from '../../../cli/processes/process-table.ts';
import { type SupervisedProcess, superviseProcess } from '../../../cli/supervisor/supervised-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitFor } from '../../support/wait-for.ts';

const env = { PATH: process.env.PATH };

describe('a supervised process', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let processes: ProcessTable;
  const lines: string[] = [];
  const started: SupervisedProcess[] = [];

  /** A Node program under supervision that starts again quickly. */
  const supervise = (name: string, program: string) => {
    const spec = { name, command: process.execPath, args: ['-e', program], env, ipc: true };
    const options = { processes, spec, report: (line: string) => lines.push(line), startTimeoutMs: 10_000 };
    const supervised = superviseProcess({ ...options, backoffMs: { first: 10, longest: 40 } });
    started.push(supervised);
    return supervised;
  };

  before(async () => {
    folder = await temporaryFolder();
    processes = createProcessTable(folder.path);
  });
  after(async () => {
    await Promise.all(started.map((supervised) => supervised.stop(100)));
    await processes.close();
    await folder.remove();
  });

  it('is started when it says that it is ready, and again after it was killed', async () => {
    const service = supervise('steady', 'process.send({ ready: true }); setInterval(() => {}, 1000)');
    await service.start();
    const first = service.pid ?? assert.fail('it has no pid');
    process.kill(first, 'SIGKILL');
    const second = await waitFor(() => service.pid !== first && service.pid, { what: 'the second process' });
    assert.notEqual(second, first);
    assert.match(lines.join('\n'), /steady was ended by SIGKILL; it starts again in 0\.01 s/);
  });

  it('stays ended when it was stopped', async () => {
    const service = supervise('stopped', 'process.send({ ready: true }); setInterval(() => {}, 1000)');
    await service.start();
    await service.stop(5_000);
    assert.equal(service.pid, undefined);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('stopped')),
      [],
    );
  });

  it('fails to start with the last line that the process said', async () => {
    const service = supervise('broken', 'console.error("the database does not answer"); process.exit(1)');
    await assert.rejects(service.start(), {
      code: 'UNAVAILABLE',
      message: /^broken could not start: the database does not answer \(see .*broken\.log\)$/,
    });
    assert.equal(service.pid, undefined);
  });

  it('is reported as a crash loop when it ends again and again', async () => {
    const flag = path.join(folder.path, 'crash');
    const program = `
      process.send({ ready: true });
      if (require('node:fs').existsSync(${JSON.stringify(flag)})) process.exit(3);
      setInterval(() => {}, 1000);
    `;
    const service = supervise('looping', program);
    await service.start();
    writeFileSync(flag, '');
    process.kill(service.pid ?? assert.fail('it has no pid'), 'SIGKILL');
    const isReported = () => lines.some((line) => /^looping ends again and again; see /.test(line));
    await waitFor(isReported, { what: 'the report of the crash loop' });
    assert.equal(lines.filter((line) => /^looping ended with code 3/.test(line)).length, 4);
  });
});
