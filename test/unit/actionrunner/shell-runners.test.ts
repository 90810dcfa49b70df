import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fs, { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { quoteWord } from '../../../actionrunner/process/quote.ts';
import { localShellCmdRunner } from '../../../actionrunner/runners/local-shell-cmd/runner.ts';
import { localShellScriptRunner } from '../../../actionrunner/runners/local-shell-script/runner.ts';
import { parseJsonText, toOutputValue } from '../../../actionrunner/runners/shell/json-text.ts';
import { toPositionalText } from '../../../actionrunner/runners/shell/script-arguments.ts';
import { waitFor } from '../../support/wait-for.ts';
import { HOSTILE_STRINGS } from './hostile-strings.ts';
import { runContext } from './support/run-context.ts';

interface ShellResult {
  readonly stdout: unknown;
  readonly stderr: unknown;
  readonly return_code: number;
  readonly error?: string;
}

const run = (cmd: string, more: Record<string, unknown> = {}, given = {}) =>
  localShellCmdRunner.run(runContext({ runnerParameters: { cmd, timeout: 10, ...more }, ...given }));

/** Processes whose command line holds a text. */
function processesWith(text: string): boolean {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .some((line) => line.includes(text) && !line.startsWith('ps '));
}

describe('local-shell-cmd', () => {
  it('shapes the result as StackStorm does', async () => {
    assert.deepEqual(await run('echo hello; echo oops >&2'), {
      status: 'succeeded',
      result: { failed: false, succeeded: true, return_code: 0, stdout: 'hello', stderr: 'oops' },
    });
    const failed = await run('exit 7');
    assert.deepEqual([failed.status, (failed.result as ShellResult).return_code], ['failed', 7]);
  });

  it('reads output that is JSON', async () => {
    const outputs = ['1', 'true', '[1, {"a": null}]', '"text"', '1.5', 'null'];
    for (const text of outputs) {
      const { result } = await run(`printf '%s\\n' '${text}'`);
      assert.deepEqual((result as ShellResult).stdout, JSON.parse(text));
    }
  });

  it('says that a command was too slow, and kills all that it started', async () => {
    const mark = `3${Date.now()}`.slice(0, 9);
    const outcome = await run(`(sleep ${mark} & sleep ${mark}) & echo begun; sleep ${mark}`, { timeout: 0.3 });
    const result = outcome.result as ShellResult;
    assert.equal(outcome.status, 'timeout');
    assert.equal(result.return_code, -9);
    assert.equal(result.error, 'Action failed to complete in 0.3 seconds');
    assert.equal(result.stdout, 'begun');
    await waitFor(() => !processesWith(`sleep ${mark}`), { what: 'the end of the process tree', timeoutMs: 2_000 });
  });

  it('ends when it is stopped from outside', async () => {
    const controller = new AbortController();
    const context = runContext({ runnerParameters: { cmd: 'echo up; sleep 60' }, signal: controller.signal });
    const ending = localShellCmdRunner.run(context);
    await waitFor(() => context.streamed.length > 0, { what: 'first output', intervalMs: 5 });
    controller.abort('canceled');
    assert.equal(((await ending).result as ShellResult).return_code, -9);
  });

  it('survives output that is no UTF-8', async () => {
    const { result } = await run("printf 'a\\377\\376b\\0c'");
    assert.equal((result as ShellResult).stdout, 'a\ufffd\ufffdb\0c');
  });

  it('cuts output beyond the limit, with a note, and keeps reading', async () => {
    const context = runContext({
      env: { ST2_ACTIONRUNNER__MAX_OUTPUT: '1000' },
      runnerParameters: { cmd: 'yes 0123456789 | head -c 1000000; echo end >&2', timeout: 20 },
    });
    const { result, status } = await localShellCmdRunner.run(context);
    const { stdout, stderr } = result as ShellResult;
    assert.equal(status, 'succeeded');
    assert.equal(stderr, 'end');
    assert.match(String(stdout), /\n\[output cut: 999000 more bytes were not kept\]$/);
    assert.equal(context.streamed.filter((one) => one.startsWith('stdout:')).join('').length > 1_000_000, true);
  });

  it('gives env, cwd and the variables of the action, and none of our settings', async () => {
    process.env.ST2_DATABASE__URI = 'mongodb://user:password@host/st2';
    try {
      const { result } = await run('pwd; env', { cwd: '/usr', env: { COLOR: 'blue; touch x', NUMBER: 3 } });
      const lines = String((result as ShellResult).stdout).split('\n');
      assert.equal(lines[0], '/usr');
      for (const line of [
        'COLOR=blue; touch x',
        'NUMBER=3',
        'ST2_ACTION_AUTH_TOKEN=secret-token',
        'ST2_ACTION_PACK_NAME=test',
      ]) {
        assert.ok(lines.includes(line), line);
      }
      assert.equal(
        lines.some((line) => line.includes('mongodb://')),
        false,
      );
    } finally {
      delete process.env.ST2_DATABASE__URI;
    }
  });

  it('says in one sentence what cannot be started', async () => {
    await assert.rejects(
      run('true', { cwd: '/no/such/folder' }),
      /Cannot start \/bin\/sh in folder \/no\/such\/folder/,
    );
  });

  it('keeps integers exact that a number cannot hold', () => {
    assert.equal(parseJsonText('12345678901234567890'), '12345678901234567890');
    assert.deepEqual(parseJsonText('{"t": "12345678901234567890"}'), { t: '12345678901234567890' });
    assert.equal(toOutputValue('1\r\n'), 1);
    assert.equal(toOutputValue('a\n\n'), 'a\n');
  });
});

/** Does something while modes of files cannot be changed, as those of another user's files. */
async function whileModesAreFixed<T>(t: TestContext, work: () => Promise<T>): Promise<T> {
  const refused = Object.assign(new Error('operation not permitted'), { code: 'EPERM' });
  const { mock } = t.mock.method(fs, 'chmod', () => Promise.reject(refused));
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    mock.restore();
    syncBuiltinESMExports();
  }
}

describe('local-shell-script', () => {
  let folder: string;
  let script: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'script-test-'));
    script = path.join(folder, "it's a script.sh");
    await writeFile(script, '#!/bin/sh\nfor word in "$@"; do printf "%s\\0" "$word"; done\n', { mode: 0o600 });
  });
  after(() => rm(folder, { recursive: true }));

  const runScript = async (actionParameters: Record<string, unknown>, parameters = {}, more = {}) => {
    const context = runContext({
      entryPoint: script,
      actionParameters,
      runnerParameters: { cwd: folder, ...more },
      action: { name: 'script', pack: 'test', parameters } as never,
    });
    const { result } = await localShellScriptRunner.run(context);
    const words = String((result as ShellResult).stdout).split('\0');
    assert.equal((result as ShellResult).stderr, '');
    return words.slice(0, -1);
  };

  it('passes at least 100 hostile texts through unharmed, by name and by position', async () => {
    assert.ok(HOSTILE_STRINGS.length >= 100);
    const texts = HOSTILE_STRINGS.filter((text) => text.length < 10_000);
    const named = Object.fromEntries(texts.map((text, index) => [`p${index}`, text]));
    assert.deepEqual(
      await runScript(named),
      texts.map((text, index) => `--p${index}=${text}`),
    );
    const schemas = Object.fromEntries(texts.map((_, index) => [`p${index}`, { type: 'string', position: index }]));
    assert.deepEqual(await runScript(named, schemas), texts);
    assert.equal(existsSync(path.join(folder, 'HACKED')), false);
  });

  it('quotes names of parameters too', async () => {
    const names = HOSTILE_STRINGS.filter((text) => text.length < 100);
    const words = await runScript(Object.fromEntries(names.map((name) => [name, 'v'])));
    assert.deepEqual(words.sort(), names.map((name) => `--${name}=v`).sort());
    assert.equal(existsSync(path.join(folder, 'HACKED')), false);
  });

  it('writes flags, leaves empty values out, and follows kwarg_op', async () => {
    const parameters = { yes: true, no: false, none: null, empty: '', number: 3, list: ['a', 1] };
    assert.deepEqual(await runScript(parameters, {}, { kwarg_op: '-' }), ['-yes', '-number=3', "-list=['a', 1]"]);
  });

  it('writes positional values as StackStorm serialises them', () => {
    const cases: readonly [unknown, unknown, string][] = [
      ['string', null, ''],
      ['string', 'a', 'a'],
      ['number', 1.5, '1.5'],
      ['boolean', true, '1'],
      ['boolean', false, '0'],
      ['boolean', null, ''],
      ['array', ['a', 1, true], 'a,1,True'],
      ['array', [], ''],
      ['object', { a: [1, 'x'] }, '{"a": [1, "x"]}'],
      ['integer', 5, '5'],
      ['integer', 0, ''],
      ['null', 'x', ''],
    ];
    for (const [type, value, expected] of cases)
      assert.equal(toPositionalText(type, value), expected, `${type} ${value}`);
  });

  it('writes numbers with their fraction, as they are once cast', async () => {
    const schemas = { placed: { type: 'number', position: 0 }, named: { type: 'number' }, whole: { type: 'integer' } };
    assert.deepEqual(await runScript({ placed: 5, named: 2, whole: 3 }, schemas), ['--named=2.0', '--whole=3', '5.0']);
  });

  it('makes the script executable', async () => {
    await runScript({});
    assert.match(await readFile(script, 'utf8'), /printf/);
  });

  it('runs a script that it may not change, as long as somebody can run it', async (t) => {
    await chmod(script, 0o744);
    assert.deepEqual(await whileModesAreFixed(t, () => runScript({ a: 'b' })), ['--a=b']);
    await chmod(script, 0o644);
    await assert.rejects(
      whileModesAreFixed(t, () => runScript({})),
      { code: 'EPERM' },
    );
  });

  it('refuses NUL in an argument', () => {
    assert.throws(() => quoteWord('a\0b'), RangeError);
  });
});
