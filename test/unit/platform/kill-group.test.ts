import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type KillWays, killGroup } from '../../../platform/process/kill-group.ts';
import { waitFor } from '../../support/wait-for.ts';

/** What is asked of sudo where a signal is answered by an error. */
function asked(code: string, password?: string): unknown[] {
  const calls: unknown[] = [];
  const ways: KillWays = {
    kill() {
      throw Object.assign(new Error(code), { code });
    },
    sudo: (args, input) => void calls.push([args.join(' '), input]),
  };
  killGroup(123, 'SIGKILL', password, ways);
  return calls;
}

describe('killing a process group', () => {
  it('is done through sudo where the group is not ours', () => {
    assert.deepEqual(asked('EPERM'), [['-n -- pkill -KILL -s 123', undefined]]);
    assert.deepEqual(asked('EPERM', "it's; secret"), [['-S -p  -- pkill -KILL -s 123', "it's; secret\n"]]);
    assert.deepEqual(asked('ESRCH'), []);
    assert.throws(() => asked('EINVAL'), /EINVAL/);
  });

  const sudoers = makeSudoers();
  const skip = sudoers.works ? false : 'needs root, sudo and mount namespaces';

  for (const reason of ['timeout', 'cancel']) {
    it(`ends an action with sudo of an ordinary user: ${reason}`, { skip }, async () => {
      const seconds = `${reason === 'timeout' ? 391 : 392}.${process.pid}`;
      const module = `../actionrunner/support/sudo-action${path.extname(import.meta.filename)}`;
      const program = fileURLToPath(new URL(module, import.meta.url));
      const { stdout, stderr } = sudoers.run([process.execPath, ...process.execArgv, program, reason, seconds]);
      const { outcome, survived } = JSON.parse(stdout || JSON.stringify({ outcome: stderr }));
      assert.equal(outcome.result?.return_code, -9, JSON.stringify(outcome));
      assert.equal(survived, false);
      const commands = () => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
      await waitFor(() => !commands().includes(`sleep ${seconds}`), { what: 'its end', timeoutMs: 30_000 });
    });
  }

  it('leaves no rules for sudo behind', () => sudoers.remove());
});

/** Lets the user `nobody` use sudo, as seen by the processes that are run here only. */
function makeSudoers() {
  const folder = mkdtempSync(path.join(tmpdir(), 'sudoers-'));
  writeFileSync(path.join(folder, 'nobody'), 'nobody ALL=(ALL) NOPASSWD:SETENV: ALL\n', { mode: 0o440 });
  chmodSync(folder, 0o755);
  const script = `mount --bind ${folder} /etc/sudoers.d && exec setpriv --reuid=nobody --clear-groups "$@"`;
  const run = (command: readonly string[]) =>
    spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', ...command], { encoding: 'utf8', timeout: 60_000 });
  return {
    run,
    works: process.getuid?.() === 0 && run(['sudo', '-n', 'true']).status === 0,
    remove: () => rmSync(folder, { recursive: true }),
  };
}
