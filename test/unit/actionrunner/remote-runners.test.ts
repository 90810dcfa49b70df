import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import ssh2 from 'ssh2';
import { parseKnownHosts } from '../../../actionrunner/runners/remote/known-hosts.ts';
import { parseTarget } from '../../../actionrunner/runners/remote/ssh-connection.ts';
import { remoteShellCmdRunner } from '../../../actionrunner/runners/remote-shell-cmd/runner.ts';
import { remoteShellScriptRunner } from '../../../actionrunner/runners/remote-shell-script/runner.ts';
import { HOSTILE_STRINGS } from './hostile-strings.ts';
import { runContext } from './support/run-context.ts';
import { startSshServer, type TestSshServer } from './support/ssh-server.ts';

type Results = Readonly<
  Record<
    string,
    { readonly stdout: unknown; readonly stderr: string; readonly return_code: number; readonly error?: string }
  >
>;

describe('remote-shell runners', () => {
  const keys = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  const user = { name: 'ada', password: 'secret', publicKey: keys.public };
  let one: TestSshServer;
  let two: TestSshServer;
  let folder: string;

  before(async () => {
    [one, two] = await Promise.all([startSshServer(user), startSshServer(user)]);
    folder = await mkdtemp(path.join(tmpdir(), 'remote-test-'));
  });
  after(async () => {
    one.close();
    two.close();
    await rm(folder, { recursive: true, force: true });
  });

  const login = () => ({ username: 'ada', password: 'secret', port: one.port, timeout: 10 });
  const run = async (cmd: string, more: Record<string, unknown> = {}) => {
    const outcome = await remoteShellCmdRunner.run(
      runContext({ runnerParameters: { hosts: '127.0.0.1', cmd, ...login(), ...more } }),
    );
    return { status: outcome.status, hosts: outcome.result as Results };
  };

  it('runs a command and shapes the result by host', async () => {
    const { status, hosts } = await run('echo "[1]"; echo oops >&2; exit 3');
    assert.equal(status, 'failed');
    assert.deepEqual(hosts, {
      '127.0.0.1': { failed: true, succeeded: false, return_code: 3, stdout: [1], stderr: 'oops' },
    });
  });

  it('hears how a command ended that was over with the word that it began', async () => {
    for (const code of [0, 3]) assert.equal((await run(`at once ${code}`)).hosts['127.0.0.1']?.return_code, code);
  });

  it('logs in with a key, given or in a file', async () => {
    const file = path.join(folder, 'key');
    await writeFile(file, keys.private, { mode: 0o600 });
    for (const private_key of [keys.private, file]) {
      assert.equal((await run('true', { password: undefined, private_key })).status, 'succeeded');
    }
  });

  it('sets env, folder and the variables of the action', async () => {
    const { hosts } = await run('pwd; echo "$COLOR"; echo "$ST2_ACTION_PACK_NAME"', {
      cwd: '/usr',
      env: { COLOR: "b'l;ue" },
    });
    assert.equal(hosts['127.0.0.1']?.stdout, "/usr\nb'l;ue\ntest");
  });

  it('asks several hosts; one that fails does not keep the others from running', async () => {
    const { status, hosts } = await run('echo hi', { hosts: `127.0.0.1, localhost:${two.port}, 127.0.0.2:1` });
    assert.equal(status, 'failed');
    assert.deepEqual([hosts['127.0.0.1']?.stdout, hosts.localhost?.stdout], ['hi', 'hi']);
    assert.equal(hosts['127.0.0.2']?.return_code, 255);
    assert.match(hosts['127.0.0.2']?.error ?? '', /^Failed connecting to host 127.0.0.2\./);
  });

  it('goes through a bastion host', async () => {
    const before = two.forwarded();
    assert.equal((await run('true', { bastion_host: `127.0.0.1:${two.port}` })).status, 'succeeded');
    assert.equal(two.forwarded(), before + 1);
  });

  it('gives a slow command up', async () => {
    const { status, hosts } = await run('echo begun; sleep 60', { timeout: 0.5 });
    assert.equal(status, 'timeout');
    assert.deepEqual([hosts['127.0.0.1']?.return_code, hosts['127.0.0.1']?.stdout], [-9, 'begun\n']);
    assert.match(hosts['127.0.0.1']?.error ?? '', /didn't finish in 0.5 seconds/);
  });

  it('says that a password is wrong', async () => {
    const { hosts } = await run('true', { password: 'wrong' });
    assert.match(hosts['127.0.0.1']?.error ?? '', /authentication methods failed/i);
  });

  it('fails on a host that hangs up before the login', { timeout: 10_000 }, async () => {
    const busy = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('SSH-2.0-OpenSSH_9.2\r\n');
    });
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    try {
      const { status, hosts } = await run('true', { port: (busy.address() as AddressInfo).port });
      assert.equal(status, 'failed');
      assert.match(hosts['127.0.0.1']?.error ?? '', /closed the connection before the login/);
    } finally {
      busy.close();
    }
  });

  it('copies a script with its lib, passes hostile arguments unharmed, and cleans up', async () => {
    const actions = path.join(folder, 'actions');
    await mkdir(path.join(actions, 'lib', 'deep'), { recursive: true });
    await mkdir(path.join(folder, 'remote'));
    await writeFile(
      path.join(actions, 'lib', 'deep', 'words.sh'),
      'show() { for w in "$@"; do printf "%s\\0" "$w"; done; }\n',
    );
    await writeFile(path.join(actions, "a b's.sh"), '#!/bin/sh\n. "$(dirname "$0")/lib/deep/words.sh"\nshow "$@"\n');
    const texts = HOSTILE_STRINGS.filter((text) => text.length < 1_000);
    const { status, result } = await remoteShellScriptRunner.run(
      runContext({
        entryPoint: path.join(actions, "a b's.sh"),
        actionParameters: Object.fromEntries(texts.map((text, index) => [`p${index}`, text])),
        runnerParameters: { hosts: '127.0.0.1', ...login(), dir: path.join(folder, 'remote'), cwd: folder },
      }),
    );
    const host = (result as Results)['127.0.0.1'];
    assert.equal(status, 'succeeded', JSON.stringify(host).slice(0, 500));
    assert.deepEqual(
      String(host?.stdout).split('\0').slice(0, -1),
      texts.map((text, index) => `--p${index}=${text}`),
    );
    assert.equal(existsSync(path.join(folder, 'HACKED')), false);
    assert.deepEqual(await readdir(path.join(folder, 'remote')), []);
  });

  it('reads targets', () => {
    assert.deepEqual(parseTarget('a.b', undefined), { host: 'a.b', port: 22 });
    assert.deepEqual(parseTarget('a.b:2222', 5), { host: 'a.b', port: 2222 });
    assert.deepEqual(parseTarget('[::1]:2222', undefined), { host: '::1', port: 2222 });
    assert.deepEqual(parseTarget('fe80::1', 5), { host: 'fe80::1', port: 5 });
  });

  it('refuses a recorded host with another key, and takes hosts that are not recorded', () => {
    const [type = '', value = ''] = one.hostKey.split(' ');
    const key = Buffer.from(value, 'base64');
    const other = Buffer.from(two.hostKey.split(' ')[1] ?? '', 'base64');
    const accept = parseKnownHosts(`# mine\n[known]:2222,plain ${type} ${value} comment\n`);
    assert.equal(accept('known', 2222, key), true);
    assert.equal(accept('known', 2222, other), false);
    assert.equal(accept('plain', 22, other), false);
    assert.equal(accept('unknown', 22, other), true);
  });
});
