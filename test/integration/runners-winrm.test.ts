// The runners of Windows hosts against a WinRM service on loopback whose logins and messages pywinrm's own parts check.
// First pywinrm itself talks to it, so that the service is no mirror of our client.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { RunContext } from '../../actionrunner/runners/contract.ts';
import { winRmCmdRunner, winRmPsCmdRunner, winRmPsScriptRunner } from '../../actionrunner/runners/winrm/runner.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWinRmHost, type WinRmHost, winRmPython } from '../support/winrm-host.ts';
import { HOSTILE_STRINGS } from '../unit/actionrunner/hostile-strings.ts';
import { runContext } from '../unit/actionrunner/support/run-context.ts';

interface HostResult {
  readonly failed: boolean;
  readonly succeeded: boolean;
  readonly return_code: number;
  readonly stdout: unknown;
  readonly stderr: unknown;
  readonly error?: string;
}

const PYWINRM = `
import sys, winrm
for transport, user, password in (("ntlm", "CORP\\\\ada", "sécret pass"), ("basic", "bob", "geheim")):
    session = winrm.Session("http://127.0.0.1:%s/wsman" % sys.argv[1], auth=(user, password), transport=transport)
    end = session.run_cmd("echo out; echo err >&2; exit 3")
    assert (end.std_out, end.std_err, end.status_code) == (b"out\\n", b"err\\n", 3), end
    assert session.run_ps("throw 'x'").std_err == b"'x'\\nAt line:1"
`;

describe('runners of Windows hosts', () => {
  let plain: WinRmHost;
  let secure: WinRmHost;

  before(async () => {
    const users = ['CORP:ada:sécret pass', ':bob:geheim'];
    plain = await startWinRmHost('http', users);
    secure = await startWinRmHost('https', users, 'sha384');
  });
  after(async () => {
    await plain?.stop();
    await secure?.stop();
  });

  const login = () => ({
    host: '127.0.0.1',
    port: plain.port,
    scheme: 'http',
    username: 'CORP\\ada',
    password: 'sécret pass',
    timeout: 30,
  });
  const contextOf = (parameters: Record<string, unknown>, more: Partial<RunContext> = {}) =>
    runContext({ runnerParameters: { ...login(), ...parameters }, ...more });
  const cmd = async (line: string, parameters: Record<string, unknown> = {}, more: Partial<RunContext> = {}) => {
    const outcome = await winRmCmdRunner.run(contextOf({ cmd: line, ...parameters }, more));
    return { status: outcome.status, result: outcome.result as HostResult };
  };
  const powershell = async (script: string, parameters: Record<string, unknown> = {}) => {
    const outcome = await winRmPsCmdRunner.run(contextOf({ cmd: script, ...parameters }));
    return { status: outcome.status, result: outcome.result as HostResult };
  };
  const nothingLeft = (host: WinRmHost) =>
    waitFor(async () => ((state) => state.shells === 0 && state.running === 0)(await host.state()), {
      what: 'all shells of the host are gone',
    });

  it('the service is one that pywinrm works with', async () => {
    await promisify(execFile)(await winRmPython(), ['-c', PYWINRM, String(plain.port)]);
  });

  it('runs a command over sealed NTLM, and shapes the result as StackStorm does', async () => {
    const before = await plain.state();
    const { status, result } = await cmd('echo "[1]"; echo oops >&2; exit 3');
    assert.equal(status, 'failed');
    assert.deepEqual(result, { failed: true, succeeded: false, return_code: 3, stdout: [1], stderr: 'oops\n' });
    const state = await plain.state();
    assert.ok(state.sealed > before.sealed && state.plain === before.plain);
    assert.equal(state.logins.at(-1), 'ntlm CORP\\ada');
    await nothingLeft(plain);
  });

  it('sets folder and environment, and streams output while the command runs', async () => {
    const context = contextOf({
      cmd: 'pwd; printf "%s|%s\\n" "$ONE" "$TWO"; sleep 1; echo later',
      cwd: plain.folder,
      env: { ONE: 'a<b>&"c"\'\t\n', TWO: 7 },
    });
    const { status, result } = await winRmCmdRunner.run(context);
    assert.equal(status, 'succeeded');
    assert.equal((result as HostResult).stdout, `${plain.folder}\na<b>&"c"'\t\n|7\nlater\n`);
    assert.ok(context.streamed.length >= 2, context.streamed.join());
    assert.equal(
      context.streamed.map((piece) => piece.replace(/^stdout:/, '')).join(''),
      (result as HostResult).stdout,
    );
  });

  it('logs in with a password only (basic), and by NTLM over TLS bound to the certificate', async () => {
    const basic = { username: 'bob', password: 'geheim' };
    for (const transport of ['basic', 'plaintext', 'ssl']) {
      assert.equal((await cmd('true', { ...basic, transport })).status, 'succeeded');
    }
    const tls = { port: secure.port, scheme: 'https' };
    assert.equal((await cmd('true', { ...tls, verify_ssl_cert: false })).status, 'succeeded');
    assert.equal((await secure.state()).logins.at(-1), 'ntlm CORP\\ada');
    await assert.rejects(cmd('true', tls), /127\.0\.0\.1: .*self.signed certificate/);
  });

  it('says in one sentence what is wrong', async () => {
    await assert.rejects(cmd('true', { password: 'wrong' }), /127\.0\.0\.1: The specified credentials were rejected/);
    await assert.rejects(
      cmd('true', { transport: 'basic', username: 'bob', password: 'no' }),
      /The specified credentials were rejected/,
    );
    await assert.rejects(cmd('true', { transport: 'kerberos' }), /The transport "kerberos" is not supported/);
    await assert.rejects(cmd('true', { port: 1 }), /127\.0\.0\.1: .*ECONNREFUSED/);
    await assert.rejects(cmd('true', { host: 'a/b?c' }), /is no name of a host/);
    await assert.rejects(cmd('true', { host: undefined }), /The runner parameter "host" is missing/);
    await assert.rejects(cmd('true', { cwd: '/nowhere' }), /The directory name is invalid.*fault code 2147942667/);
  });

  it('ends a slow command on the host when its time is over', async () => {
    const { status, result } = await cmd('echo started; sleep 300', { timeout: 2 });
    assert.equal(status, 'timeout');
    assert.deepEqual(result, {
      failed: true,
      succeeded: false,
      return_code: -1,
      stdout: 'started\n',
      stderr: '',
      error: 'Action failed to complete in 2 seconds',
    });
    await nothingLeft(plain);
  });

  it('ends a command on the host when it is cancelled', async () => {
    const cancel = new AbortController();
    const running = cmd('sleep 300', {}, { signal: cancel.signal });
    await waitFor(async () => (await plain.state()).running === 1, { what: 'the command runs' });
    cancel.abort('canceled');
    assert.equal((await running).status, 'failed');
    await nothingLeft(plain);
  });

  it('cuts output beyond the limit, with a note, and keeps what is no UTF-8 from failing', async () => {
    const env = { ST2_ACTIONRUNNER__MAX_OUTPUT: '1000' };
    const context = runContext({ env, runnerParameters: { ...login(), cmd: 'head -c 100000 /dev/zero | tr "\\0" x' } });
    const { result } = await winRmCmdRunner.run(context);
    assert.match(String((result as HostResult).stdout), /^x{1000}\n\[output cut: 99000 more bytes/);
    assert.equal((await cmd("printf 'a\\377b'")).result.stdout, 'a\uFFFDb');
  });

  it('runs PowerShell commands, and makes its errors readable', async () => {
    assert.equal((await powershell('Write-Output "ä€😀"')).result.stdout, 'Write-Output "ä€😀"');
    const { status, result } = await powershell("throw 'x < y'");
    assert.equal(status, 'failed');
    assert.equal(result.stderr, "'x < y'\nAt line:1");
  });

  it('uploads a command that is too long for a command line, runs it and removes it', async () => {
    const script = `# ${'ü'.repeat(3_200)}\nWrite-Output 1`;
    const { status, result } = await powershell(script);
    assert.equal(status, 'succeeded');
    const uploaded = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(script)]);
    assert.deepEqual(result.stdout, { sha256: createHash('sha256').update(uploaded).digest('hex'), arguments: '' });
    const state = await plain.state();
    assert.ok(state.longest <= 8_191, String(state.longest));
    await nothingLeft(plain);
  });

  it('runs a script of a pack with its parameters; no hostile value gets out of its literal', async () => {
    const file = path.join(plain.folder, 'tool.ps1');
    await writeFile(file, `param($name)\n# ${'x'.repeat(3_200)}\n`);
    const schemas = { first: { type: 'string', position: 0 }, name: { type: 'string' }, list: { type: 'array' } };
    const context = (actionParameters: Record<string, unknown>) =>
      contextOf(
        {},
        {
          action: { ref: 'p.a', name: 'a', pack: 'p', parameters: schemas } as never,
          entryPoint: file,
          actionParameters,
        },
      );
    const run = async (parameters: Record<string, unknown>) =>
      (await winRmPsScriptRunner.run(context(parameters))).result as {
        readonly stdout: { readonly arguments: string };
      };
    const { stdout } = await run({ first: 'one', name: 'a b', list: [1, 'x', null, true, { k: 'v' }] });
    assert.equal(stdout.arguments, '-name "a b" -list @(1, "x", $null, $true, @{"k" = "v"}) "one"');
    const all = await run({ list: HOSTILE_STRINGS, first: '', name: null });
    const literals = /^-list @\(((?:"(?:`[\s\S]|[^"`$\u201c-\u201e])*"(?:, |(?=\))))*)\) -name \$null ""$/;
    assert.match(all.stdout.arguments, literals);
    await assert.rejects(run({ 'a; Remove-Item C:': 1 }), /cannot be the name of a parameter/);
  });
});
