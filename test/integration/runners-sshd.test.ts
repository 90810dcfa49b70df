// The remote runners against OpenSSH's own server.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { RunContext } from '../../actionrunner/runners/contract.ts';
import { remoteShellCmdRunner } from '../../actionrunner/runners/remote-shell-cmd/runner.ts';
import { remoteShellScriptRunner } from '../../actionrunner/runners/remote-shell-script/runner.ts';
import { findOnPath } from '../../cli/provision/run-command.ts';
import { findSshd, type Sshd, startSshd } from '../support/sshd.ts';
import { waitFor } from '../support/wait-for.ts';
import { HOSTILE_STRINGS } from '../unit/actionrunner/hostile-strings.ts';
import { runContext } from '../unit/actionrunner/support/run-context.ts';

interface HostResult {
  readonly succeeded: boolean;
  readonly failed: boolean;
  readonly return_code: number;
  readonly stdout: unknown;
  readonly stderr: unknown;
  readonly error?: string;
}
type Given = Partial<RunContext> & { readonly env?: Readonly<Record<string, string>> };

const program = findSshd();

describe('remote runners and OpenSSH', { skip: program === undefined && 'no sshd is installed' }, () => {
  let one: Sshd;
  let two: Sshd;
  let knownHosts: string;

  before(async () => {
    one = await startSshd(program ?? '', true);
    two = await startSshd(program ?? '');
    knownHosts = path.join(one.folder, 'known_hosts');
    await writeFile(knownHosts, `[127.0.0.1]:${one.port} ${one.hostKey}\n[127.0.0.1]:${two.port} ${two.hostKey}\n`);
  });
  after(async () => {
    await one?.stop();
    await two?.stop();
  });

  const context = (parameters: Record<string, unknown>, given: Given = {}) =>
    runContext({
      ...given,
      env: { ST2_SSH_RUNNER__KNOWN_HOSTS: knownHosts, ST2_SSH_RUNNER__STRICT_HOST_KEYS: 'true', ...given.env },
      runnerParameters: {
        hosts: '127.0.0.1',
        port: one.port,
        username: one.user,
        private_key: one.privateKey,
        timeout: 20,
        ...parameters,
      },
    });
  const run = async (cmd: string, parameters: Record<string, unknown> = {}, given: Given = {}) => {
    const outcome = await remoteShellCmdRunner.run(context({ cmd, ...parameters }, given));
    return { status: outcome.status, hosts: outcome.result as Record<string, HostResult> };
  };
  const host = async (...args: Parameters<typeof run>) => (await run(...args)).hosts['127.0.0.1'] as HostResult;

  it('runs a command with folder and environment, streams it, and shapes the result', async () => {
    const asked = context({ cmd: 'pwd; echo "$ONE"; echo e >&2; exit 4', cwd: '/usr', env: { ONE: "a'b $HOME\n" } });
    const { status, result } = await remoteShellCmdRunner.run(asked);
    assert.equal(status, 'failed');
    const expected = { failed: true, succeeded: false, return_code: 4, stdout: "/usr\na'b $HOME\n", stderr: 'e' };
    assert.deepEqual(result, { '127.0.0.1': expected });
    assert.ok(
      asked.streamed.some((piece) => piece.startsWith('stdout:/usr')),
      asked.streamed.join(),
    );
  });

  it('logs in with a key in a file, the key of the system, and one under a passphrase', async () => {
    const file = path.join(one.folder, 'user_key');
    assert.equal((await run('true', { private_key: file })).status, 'succeeded');
    const env = { ST2_SYSTEM_USER__SSH_KEY_FILE: file };
    assert.equal((await run('true', { private_key: undefined }, { env })).status, 'succeeded');
    const encrypted = { private_key: one.encryptedKey, passphrase: one.passphrase };
    assert.equal((await run('true', encrypted)).status, 'succeeded');
    assert.match(
      (await host('true', { ...encrypted, passphrase: 'no' })).error ?? '',
      /^Failed connecting to host 127/,
    );
    await assert.rejects(run('true', { private_key: '/nowhere' }), /key file "\/nowhere" cannot be read/);
  });

  it('goes through a bastion host', async () => {
    const before = await one.logins();
    const hosts = `127.0.0.1:${two.port}`;
    const outcome = await run('echo inside', { hosts, bastion_host: '127.0.0.1', private_key: one.privateKey });
    // The other server knows other keys: that it refuses ours shows that we got there.
    assert.match(outcome.hosts['127.0.0.1']?.error ?? '', /All configured authentication methods failed/);
    assert.equal(await one.logins(), before + 1);
    const same = await run(
      'echo inside',
      { hosts: `localhost:${one.port}`, bastion_host: '127.0.0.1' },
      { env: { ST2_SSH_RUNNER__STRICT_HOST_KEYS: 'false' } },
    );
    assert.equal(same.hosts.localhost?.stdout, 'inside');
    assert.equal(await one.logins(), before + 3);
  });

  it('asks several hosts at once; one that fails does not hold the others', async () => {
    const loose = { ST2_SSH_RUNNER__STRICT_HOST_KEYS: 'false' };
    const given = { hosts: 'localhost,127.0.0.1:1' };
    const { status, hosts } = await run('echo hi', given, { env: loose });
    assert.equal(status, 'failed');
    assert.equal(hosts.localhost?.stdout, 'hi');
    const partial = { ...loose, ST2_SSH_RUNNER__ALLOW_PARTIAL_FAILURE: 'true' };
    assert.equal((await run('echo hi', given, { env: partial })).status, 'succeeded');
  });

  it('refuses a host with another key than the recorded one, and when told so one that is not recorded', async () => {
    const wrong = path.join(one.folder, 'wrong_hosts');
    await writeFile(wrong, `[127.0.0.1]:${one.port} ${two.hostKey}\n`);
    const empty = path.join(one.folder, 'no_hosts');
    const before = await one.logins();
    const policy = (file: string, strict: boolean) => ({
      env: { ST2_SSH_RUNNER__KNOWN_HOSTS: file, ST2_SSH_RUNNER__STRICT_HOST_KEYS: String(strict) },
    });
    assert.match((await host('true', {}, policy(wrong, false))).error ?? '', /^Failed connecting to host/);
    assert.match((await host('true', {}, policy(empty, true))).error ?? '', /^Failed connecting to host/);
    assert.equal(await one.logins(), before);
    assert.equal((await host('true', {}, policy(empty, false))).succeeded, true);
  });

  it('ends what a slow command started when its time is over', async () => {
    const pids = path.join(one.folder, 'pids');
    const { status, hosts } = await run(`echo out; sleep 300 & echo $! > ${pids}; wait`, { timeout: 2 });
    assert.equal(status, 'timeout');
    assert.deepEqual([hosts['127.0.0.1']?.return_code, hosts['127.0.0.1']?.stdout], [-9, 'out\n']);
    await gone(pids);
  });

  it('ends what a command started when it is cancelled', async () => {
    const pids = path.join(one.folder, 'pids-of-cancelled');
    const cancel = new AbortController();
    const running = run(`sleep 300 & echo $! > ${pids}; wait`, {}, { signal: cancel.signal });
    await waitFor(() => existsSync(pids), { what: 'the command runs' });
    cancel.abort('canceled');
    assert.notEqual((await running).status, 'succeeded');
    await gone(pids);
  });

  it('copies a script with its lib, passes hostile arguments unharmed, and cleans up', async () => {
    const pack = path.join(one.folder, 'pack');
    const target = path.join(one.folder, 'target dir');
    await mkdir(path.join(pack, 'lib'), { recursive: true });
    await mkdir(target);
    const script = path.join(pack, 'show.sh');
    await writeFile(script, '#!/bin/sh\ncat "$(dirname "$0")/lib/part"\nprintf "%s\\0" "$@"\n');
    await writeFile(path.join(pack, 'lib', 'part'), 'from lib\n');
    const texts = HOSTILE_STRINGS.filter(
      (text) => text !== '' && !text.includes('\0') && Buffer.from(text).toString() === text,
    );
    assert.ok(texts.length >= 100);
    const schemas = Object.fromEntries(texts.map((_, index) => [`p${index}`, { type: 'string', position: index }]));
    const asked = context(
      { dir: target },
      {
        entryPoint: script,
        action: { ref: 'p.a', name: 'a', pack: 'p', parameters: schemas } as never,
        actionParameters: Object.fromEntries(texts.map((text, index) => [`p${index}`, text])),
      },
    );
    const { result } = await remoteShellScriptRunner.run(asked);
    const { stdout, stderr } = (result as Record<string, HostResult>)['127.0.0.1'] as HostResult;
    assert.equal(stderr, '');
    const lines = String(stdout);
    assert.ok(lines.startsWith('from lib\n'));
    assert.deepEqual(lines.slice('from lib\n'.length).split('\0').slice(0, -1), texts);
    assert.deepEqual(await readdir(target), []);
  });

  it('cuts output beyond the limit and survives what is no UTF-8', async () => {
    const env = { ST2_ACTIONRUNNER__MAX_OUTPUT: '1000' };
    const { stdout } = await host('head -c 3000000 /dev/zero | tr "\\0" x', {}, { env });
    assert.match(String(stdout), /^x{1000}\n\[output cut: 2999000 more bytes/);
    assert.equal((await host("printf 'a\\377b'")).stdout, 'a\uFFFDb');
  });

  it('logs in with a password, and says that one is wrong, of the login and of sudo', async (test) => {
    const { account } = one;
    if (account === undefined) return test.skip('needs root and CI, to make an account');
    const login = { username: account.name, password: account.password, private_key: undefined };
    assert.equal((await host('id -un', login)).stdout, account.name);
    assert.match((await host('true', { ...login, password: 'no' })).error ?? '', /authentication methods failed/);
    if (findOnPath('sudo', process.env) === undefined) return;
    const refused = await host('true', { ...login, sudo: true, sudo_password: 'wrong' });
    assert.match(refused.error ?? '', new RegExp(`Invalid sudo password provided .* \\(${account.name}\\)`));
    const unasked = await host('true', { ...login, sudo: true });
    assert.equal(unasked.succeeded, false);
    assert.match(String(unasked.stderr), /password is required|terminal is required/);
    assert.equal((await host('id -u', { sudo: true })).stdout, 0, 'root needs no password');
  });
});

async function gone(file: string): Promise<void> {
  const pid = Number(await readFile(file, 'utf8'));
  assert.ok(pid > 1);
  await waitFor(async () => !(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ' Z ')).match(/\) [^Z]/), {
    what: 'what the command started is gone',
  });
}
