import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readLivePidFiles, writePidFile } from '../../../cli/processes/pid-file.ts';
import { createProcessTable } from '../../../cli/processes/process-table.ts';
import { projectRoot } from '../../../cli/project-paths.ts';
import { isAlive } from '../../../platform/noted-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitFor } from '../../support/wait-for.ts';

const env = { PATH: process.env.PATH };

/** A shell that ignores SIGTERM when told to, and has a child of its own. */
const shell = (script: string) => ({ command: '/bin/sh', args: ['-c', script], env });

describe('process table', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(async () => {
    await folder.remove();
  });

  it('notes a process in a pid file while it lives, and writes its output to its log', async () => {
    const table = createProcessTable(folder.path);
    const child = table.start({ name: 'speaker', ...shell('echo hello; sleep 30') });
    await waitFor(() => readFileSync(child.logFile, 'utf8') === 'hello\n', { what: 'the log line' });
    assert.deepEqual(readLivePidFiles(table.pidFolder), [{ name: 'speaker', pid: child.pid }]);
    await child.stop();
    assert.deepEqual(readdirSync(table.pidFolder), []);
    await table.close();
  });

  it('kills the whole group of a process that does not heed SIGTERM', async () => {
    const table = createProcessTable(folder.path);
    const child = table.start({ name: 'stubborn', ...shell("trap '' TERM; sleep 60 & echo $!; wait") });
    const inner = await waitFor(() => Number(readFileSync(child.logFile, 'utf8')) || undefined, {
      what: 'the pid of the inner process',
    });
    await child.stop(200);
    assert.equal((await child.exited).signal, 'SIGKILL');
    await waitFor(() => !isAlive(inner), { what: 'the end of the inner process' });
    await table.close();
  });

  it('takes a pid that was reused by another process for nobody of ours', async () => {
    const table = createProcessTable(folder.path);
    writeFileSync(path.join(table.pidFolder, 'old.pid'), `${process.pid} 1\n`);
    assert.deepEqual(readLivePidFiles(table.pidFolder), []);
    writePidFile(table.pidFolder, 'old', process.pid);
    assert.deepEqual(readLivePidFiles(table.pidFolder), [{ name: 'old', pid: process.pid }]);
    writeFileSync(path.join(table.pidFolder, 'old.pid'), '');
    await table.close();
  });

  it('ends all processes when their starter is killed with SIGKILL', async () => {
    const module = JSON.stringify(new URL('../../../cli/processes/process-table.ts', import.meta.url).href);
    const compiled = import.meta.url.endsWith('.js') ? module.replace(/\.ts"$/, '.js"') : module;
    const program = `
      const { createProcessTable } = await import(${compiled});
      const table = createProcessTable(${JSON.stringify(folder.path)});
      const child = table.start({ name: 'orphan', command: '/bin/sh', args: ['-c', 'sleep 60 & wait'], env: {} });
      console.log(child.pid);
      setInterval(() => {}, 1000);
    `;
    const loader = import.meta.url.endsWith('.ts') ? ['--import', 'tsx'] : [];
    const starter = spawn(process.execPath, [...loader, '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: projectRoot,
    });
    const orphan = await new Promise<number>((resolve) => {
      starter.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
    });
    assert.equal(isAlive(orphan), true);
    starter.kill('SIGKILL');
    await waitFor(() => !isAlive(orphan), { what: 'the end of the orphan', timeoutMs: 15_000 });
  });

  it('kills what still runs when it is closed', async () => {
    const table = createProcessTable(folder.path);
    const child = table.start({ name: 'forgotten', ...shell("trap '' TERM; sleep 60 & wait") });
    await table.close();
    assert.equal(child.hasExited, true);
    assert.equal(isAlive(child.pid), false);
  });

  it('ends leftovers of an earlier supervisor by their pid files', async () => {
    const leftover = spawn('/bin/sh', ['-c', 'sleep 60'], { stdio: 'ignore', detached: true });
    const table = createProcessTable(folder.path);
    writePidFile(table.pidFolder, 'leftover', Number(leftover.pid));
    assert.deepEqual(await table.endLeftovers(), ['leftover']);
    await waitFor(() => leftover.exitCode !== null || leftover.signalCode !== null, {
      what: 'the end of the leftover',
    });
    await table.close();
  });
});
