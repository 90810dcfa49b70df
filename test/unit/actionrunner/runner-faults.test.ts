// What users and packs do to runners: too many processes, too much output, other versions of a file, other users.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { resolveEntryPoint } from '../../../actionrunner/dispatcher/entry-point.ts';
import { localShellCmdRunner } from '../../../actionrunner/runners/local-shell-cmd/runner.ts';
import { localShellScriptRunner } from '../../../actionrunner/runners/local-shell-script/runner.ts';
import { commitPack } from '../../support/pack-fixtures.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitFor } from '../../support/wait-for.ts';
import { runContext } from './support/run-context.ts';

interface ShellResult {
  readonly stdout: unknown;
  readonly stderr: unknown;
  readonly return_code: number;
  readonly error?: string;
}

const isSudoFree = () => {
  try {
    execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    // not installed, or it asks for a password
    return false;
  }
};

describe('runners under abuse', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  const run = async (cmd: string, parameters: Record<string, unknown> = {}, env: Record<string, string> = {}) => {
    const outcome = await localShellCmdRunner.run(runContext({ env, runnerParameters: { cmd, ...parameters } }));
    return { status: outcome.status, result: outcome.result as ShellResult };
  };
  const processesWith = (mark: string) =>
    execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(mark) && !line.includes('ps -eo')).length;

  it('a fork bomb ends with its time, whole', async () => {
    const mark = `bomb-${process.pid}-${Date.now()}`;
    const script = path.join(folder.path, mark);
    // It grows until the limit of processes that it sets itself, so that it harms nobody else.
    await writeFile(
      script,
      `#!/bin/sh\n[ "$1" -gt 6 ] && exec sleep 300\n"$0" $(($1 + 1)) & "$0" $(($1 + 1)) & wait\n`,
      {
        mode: 0o755,
      },
    );
    const { status, result } = await run(`${script} 0`, { timeout: 3 });
    assert.equal(status, 'timeout');
    assert.equal(result.return_code, -9);
    await waitFor(() => processesWith(mark) === 0, { what: 'all processes of the bomb are gone' });
  });

  it('output without end is cut with a note, in bounded memory (1 GiB with TEST_OUTPUT_BYTES)', async (test) => {
    const size = process.env.TEST_OUTPUT_BYTES ?? String(100 * 1024 * 1024);
    const context = runContext({
      env: { ST2_ACTIONRUNNER__MAX_OUTPUT: '1000000' },
      runnerParameters: { cmd: `head -c ${size} /dev/zero`, timeout: 300 },
      output: { write: async () => undefined },
    });
    let highest = 0;
    const watch = setInterval(() => {
      highest = Math.max(highest, process.memoryUsage().rss);
    }, 20);
    const before = process.memoryUsage().rss;
    const { status, result } = await localShellCmdRunner.run(context);
    clearInterval(watch);
    assert.equal(status, 'succeeded');
    const text = String((result as ShellResult).stdout);
    assert.equal(text.length, 1_000_000 + text.slice(1_000_000).length);
    assert.match(text.slice(1_000_000), new RegExp(`^\\n\\[output cut: ${Number(size) - 1_000_000} more bytes`));
    test.diagnostic(`memory grew by ${Math.round((highest - before) / 1024 / 1024)} MiB`);
    assert.ok(highest - before < 80 * 1024 * 1024, `memory grew by ${highest - before} bytes`);
  });

  it('sudo runs as root, keeps the environment, and says when it is refused', async (test) => {
    if (!isSudoFree()) return test.skip('sudo asks for a password here, or is not installed');
    const { status, result } = await run('id -u; echo "$COLOR"', { sudo: true, env: { COLOR: 'blue; id' } });
    assert.equal(status, 'succeeded', String(result.stderr));
    assert.equal(result.stdout, '0\nblue; id');
  });

  it('a wrong password for sudo is said', async () => {
    const fake = path.join(folder.path, 'bin');
    await mkdir(fake);
    const words = 'echo "[sudo] password for ada: " >&2; read -r given; echo "Sorry, try again." >&2';
    await writeFile(
      path.join(fake, 'sudo'),
      `#!/bin/sh\n[ "$1" = -S ] || exit 9\n${words}\n[ "$given" = right ] || { echo "sudo: 1 incorrect password attempt" >&2; exit 1; }\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n`,
      { mode: 0o755 },
    );
    const before = process.env.PATH;
    process.env.PATH = `${fake}:${before}`;
    try {
      const wrong = await run('echo in', { sudo: true, sudo_password: 'wrong' });
      assert.equal(wrong.status, 'failed');
      assert.match(
        wrong.result.error ?? '',
        /Invalid sudo password provided or sudo is not configured for this user \(ada\)/,
      );
      assert.doesNotMatch(JSON.stringify(wrong.result), /wrong/);
      assert.equal((await run('echo in', { sudo: true, sudo_password: 'right' })).result.stdout, 'in');
    } finally {
      process.env.PATH = before;
    }
  });

  it('content_version runs the file of a revision, and names what is no revision', async () => {
    const pack = path.join(folder.path, 'versions');
    const script = path.join(pack, 'actions', 'tell.sh');
    await mkdir(path.dirname(script), { recursive: true });
    for (const version of ['v1', 'v2']) {
      await writeFile(script, `#!/bin/sh\necho "${version} $1"\n`, { mode: 0o755 });
      commitPack(pack, version);
    }
    const tell = async (content_version: string | undefined) => {
      const outcome = await localShellScriptRunner.run(
        runContext({
          packPath: pack,
          entryPoint: script,
          runnerParameters: { content_version },
          action: { name: 'tell', pack: 'versions', parameters: { a: { type: 'string', position: 0 } } } as never,
          actionParameters: { a: 'x y' },
        }),
      );
      return (outcome.result as ShellResult).stdout;
    };
    assert.equal(await tell(undefined), 'v2 x y');
    assert.equal(await tell('v1'), 'v1 x y');
    for (const wrong of ['v9', '--upload-pack=touch x', '$(id)']) {
      await assert.rejects(tell(wrong), /Invalid content_version|Failed to create git worktree for pack "versions"/);
    }
    const trees = execFileSync('git', ['-C', pack, 'worktree', 'list'], { encoding: 'utf8' }).trim().split('\n');
    assert.equal(trees.length, 1, 'work trees are gone');
    const none = path.join(folder.path, 'no-repository');
    await mkdir(none);
    const outside = runContext({
      packPath: none,
      entryPoint: path.join(none, 'x.sh'),
      runnerParameters: { content_version: 'v1' },
      action: { name: 'x', pack: 'none', parameters: {} } as never,
    });
    await assert.rejects(localShellScriptRunner.run(outside), /is not a git repository/);
  });

  it('refuses entry points out of the pack, also through a link', async () => {
    const pack = path.join(folder.path, 'traversal');
    await mkdir(path.join(pack, 'actions'), { recursive: true });
    await writeFile(path.join(pack, 'actions', 'in.sh'), '');
    await writeFile(path.join(folder.path, 'secret.sh'), '');
    await symlink(path.join(folder.path, 'secret.sh'), path.join(pack, 'actions', 'link.sh'));
    assert.match((await resolveEntryPoint(pack, 'traversal', 'in.sh')) ?? '', /in\.sh$/);
    for (const wrong of ['../../secret.sh', '/etc/passwd', 'link.sh', '../actions/../../secret.sh', '..']) {
      await assert.rejects(resolveEntryPoint(pack, 'traversal', wrong), /is not inside of pack/, wrong);
    }
    await assert.rejects(resolveEntryPoint(pack, 'traversal', 'missing.sh'), /does not exist/);
    await rm(pack, { recursive: true });
    assert.ok((await readdir(folder.path)).includes('secret.sh'));
  });
});
