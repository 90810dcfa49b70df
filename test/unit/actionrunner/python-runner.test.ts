import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PYTHON_FOLDER } from '../../../actionrunner/runners/python-script/python-environment.ts';
import { pythonScriptRunner } from '../../../actionrunner/runners/python-script/runner.ts';
import { warmPythons } from '../../../actionrunner/runners/python-script/warm-python.ts';
import { waitFor } from '../../support/wait-for.ts';
import { HOSTILE_STRINGS } from './hostile-strings.ts';
import { runContext } from './support/run-context.ts';

const ACTIONS: Readonly<Record<string, string>> = {
  echo: 'def run(self, **kwargs):\n        return kwargs',
  config: 'def run(self):\n        return (True, dict(self.config))',
  missing: 'def run(self):\n        return self.config["nothing"]',
  false: 'def run(self):\n        return (False, "because")',
  three: 'def run(self):\n        return (1, 2, 3)',
  invalid: 'def run(self):\n        return ("yes", 2)',
  nothing: 'def run(self):\n        pass',
  raises: 'def run(self):\n        raise ValueError("broken here")',
  exits: 'def run(self):\n        import sys\n        sys.exit(4)',
  object: 'def run(self):\n        return (True, {1, 2} - {2})',
  bare: 'def run(self):\n        return complex(1, 2)',
  numbers: 'def run(self):\n        return {"big": 2**70, "nan": float("nan"), "inf": [float("inf")], "key": {1: 2}}',
  types: 'def run(self, **kwargs):\n        return {k: [str(v), type(v).__name__] for k, v in kwargs.items()}',
  prints:
    'def run(self):\n        import os, sys, subprocess\n        print("out")\n        sys.stderr.write("err\\n")\n        subprocess.call(["echo", "child"])\n        os.write(1, b"\\xff")\n        return 1',
  state:
    'def run(self):\n        import os, json\n        before = [getattr(json, "leak", 0), os.environ.get("LEAK"), os.getcwd()]\n        json.leak = 1\n        os.environ["LEAK"] = "1"\n        os.chdir("/")\n        return before[:2]',
  slow: 'def run(self):\n        import subprocess\n        print("begun", flush=True)\n        subprocess.call(["sleep", "61.5"])',
  huge: 'def run(self):\n        return "x" * 70000000',
  large: 'def run(self):\n        return "x" * 10000000',
  lib: 'def run(self):\n        import helper_of_pack\n        return helper_of_pack.VALUE',
  environment:
    'def run(self):\n        import os\n        return {k: os.environ.get(k) for k in ("COLOR", "ST2_ACTION_AUTH_TOKEN", "PYTHONPATH_X")}',
  exit_function:
    'def run(self):\n        import atexit, threading, time\n        atexit.register(lambda: print("at exit"))\n        threading.Thread(target=lambda: (time.sleep(0.05), print("thread"))).start()\n        return 1',
  datastore:
    'def run(self):\n        s = self.action_service\n        s.set_value("a/b", 5, ttl=9, encrypt=True)\n        return [s.get_value("x", local=False), s.get_value("missing"), s.delete_value("y"), s.get_user_info()["username"], [v.name for v in s.list_values()]]',
};

interface PythonResult {
  readonly result: unknown;
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly error?: string;
}

for (const warm of [true, false]) {
  describe(`python-script, ${warm ? 'warm' : 'cold'}`, () => {
    let pack: string;

    before(async () => {
      pack = await mkdtemp(path.join(tmpdir(), 'python-test-'));
      await mkdir(path.join(pack, 'actions', 'lib'), { recursive: true });
      await writeFile(path.join(pack, 'actions', 'lib', 'helper_of_pack.py'), 'VALUE = "from lib"\n');
      for (const [name, body] of Object.entries(ACTIONS)) {
        const text = `from st2common.runners.base_action import Action\n\nclass Base(Action):\n    ${body}\n`;
        await writeFile(path.join(pack, 'actions', `do_${name}.py`), text);
      }
      await writeFile(path.join(pack, 'actions', 'do_broken.py'), 'def (:\n');
    });
    after(async () => {
      warmPythons.close();
      await rm(pack, { recursive: true, force: true });
    });

    const context = (name: string, given: Parameters<typeof runContext>[0] = {}) =>
      runContext({
        entryPoint: path.join(pack, 'actions', `do_${name}.py`),
        packPath: pack,
        ...given,
        env: { ST2_ACTIONRUNNER__PYTHON_WARM: String(warm), ...given.env },
      });
    const run = async (name: string, given: Parameters<typeof runContext>[0] = {}) => {
      const { status, result } = await pythonScriptRunner.run(context(name, given));
      return { status, ...(result as PythonResult) };
    };

    it('gives parameters and the configuration to the action, and takes its result', async () => {
      const parameters = { text: 'a', list: [1, { b: null }], flag: true };
      const { status, result, exit_code, stdout, stderr } = await run('echo', { actionParameters: parameters });
      assert.deepEqual([status, result, exit_code, stdout, stderr], ['succeeded', parameters, 0, '', '']);
      assert.deepEqual((await run('config')).result, { region: 'eu' });
      assert.match((await run('missing')).stderr, /Config for pack "test" is missing key "nothing"/);
    });

    it('passes hostile texts through unharmed', async () => {
      const parameters = Object.fromEntries(HOSTILE_STRINGS.map((text, index) => [`p${index}`, text]));
      assert.deepEqual((await run('echo', { actionParameters: parameters })).result, parameters);
    });

    it('takes the status from a tuple of two', async () => {
      const failed = await run('false');
      assert.deepEqual([failed.status, failed.result, failed.exit_code], ['failed', 'because', 0]);
      assert.deepEqual((await run('three')).result, [1, 2, 3]);
      assert.deepEqual((await run('nothing')).result, null);
      await assert.rejects(run('invalid'), /must either be True or False, got: yes/);
    });

    it('shows exceptions and exit codes', async () => {
      const raised = await run('raises');
      assert.deepEqual([raised.status, raised.result, raised.exit_code], ['failed', 'None', 1]);
      assert.match(raised.stderr, /Traceback[\s\S]*do_raises\.py[\s\S]*ValueError: broken here/);
      assert.deepEqual([(await run('exits')).exit_code, (await run('exits')).status], [4, 'failed']);
      assert.match((await run('broken')).stderr, /do_broken\.py" could not be loaded/);
    });

    it('makes text of what is not JSON', async () => {
      assert.equal((await run('object')).result, '{1}');
      assert.equal((await run('bare')).result, '(1+2j)');
      assert.deepEqual((await run('numbers')).result, {
        big: String(2n ** 70n),
        nan: 'nan',
        inf: ['inf'],
        key: { 1: 2 },
      });
    });

    it('gets an integer as one, of any size', async () => {
      const parameters = { id: { type: 'integer' }, may: { type: ['integer', 'null'] }, text: { type: 'string' } };
      const action = { name: 'types', pack: 'test', parameters } as never;
      const digits = '1234567890123456789';
      const { result } = await run('types', { action, actionParameters: { id: digits, may: digits, text: digits } });
      assert.deepEqual(result, { id: [digits, 'int'], may: [digits, 'int'], text: [digits, 'str'] });
    });

    it('collects and streams what the action and its children print', async () => {
      const given = context('prints');
      const { result } = await pythonScriptRunner.run(given);
      const { stdout, stderr } = result as PythonResult;
      assert.equal(stdout, 'out\nchild\n\ufffd');
      assert.equal(stderr, 'err\n');
      assert.equal(
        given.streamed
          .filter((one) => one.startsWith('stdout:'))
          .join('')
          .includes('child'),
        true,
      );
    });

    it('waits for threads and runs exit functions', async () => {
      assert.equal((await run('exit_function')).stdout, 'thread\nat exit\n');
    });

    it('leaks nothing from one action to the next', async () => {
      for (let index = 0; index < 3; index += 1) assert.deepEqual((await run('state')).result, [0, null]);
    });

    it('ends a slow action with all that it started', async () => {
      const slow = await run('slow', { runnerParameters: { timeout: 3 } });
      assert.deepEqual(
        [slow.status, slow.exit_code, slow.result, slow.error, slow.stdout],
        ['timeout', -9, 'None', 'Action failed to complete in 3 seconds', 'begun\n'],
      );
      const isLeft = () => execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes('\nsleep 61.5');
      await waitFor(() => !isLeft(), { what: 'the end of the process tree', timeoutMs: 2_000 });
    });

    it('ends when it is stopped from outside', async () => {
      const controller = new AbortController();
      const given = context('slow', { signal: controller.signal });
      const ending = pythonScriptRunner.run(given);
      await waitFor(() => given.streamed.length > 0, { what: 'first output', intervalMs: 5 });
      controller.abort('canceled');
      assert.equal(((await ending).result as PythonResult).exit_code, -9);
    });

    it('carries results of 10 MB', async () => {
      assert.equal(((await run('large')).result as string).length, 10_000_000);
    });

    it('fails, with the reason, when its result is too large', async () => {
      const { status, result } = await pythonScriptRunner.run(context('huge'));
      assert.equal(status, 'failed');
      assert.match(String((result as PythonResult).error), /^The result is larger than 67108864 bytes/);
    });

    it('imports from lib and sees env', async () => {
      assert.equal((await run('lib')).result, 'from lib');
      const { result } = await run('environment', { runnerParameters: { env: { COLOR: 'blue' } } });
      assert.deepEqual(result, { COLOR: 'blue', ST2_ACTION_AUTH_TOKEN: 'secret-token', PYTHONPATH_X: null });
    });

    it('runs many at once', async () => {
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, index) => run('echo', { actionParameters: { index } })),
      );
      assert.deepEqual(
        all.map(({ result }) => result),
        all.map((_, index) => ({ index })),
      );
    });

    it('reaches the datastore with its token', async () => {
      const asked: string[] = [];
      const server: Server = createServer((request, response) => {
        let body = '';
        request.on('data', (chunk) => {
          body += chunk;
        });
        request.on('end', () => {
          asked.push(`${request.method} ${request.url} ${request.headers['x-auth-token']} ${body}`);
          const found = !request.url?.includes('missing');
          response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
          const isList = request.url?.startsWith('/v1/keys?');
          response.end(JSON.stringify(isList ? [{ name: 'k' }] : { value: 'v', username: 'ada' }));
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      try {
        const { result, stderr } = await run('datastore', {
          actionEnvironment: async () => ({
            ST2_ACTION_API_URL: `http://127.0.0.1:${port}/v1`,
            ST2_ACTION_AUTH_TOKEN: 'token',
          }),
        });
        assert.deepEqual(result, ['v', null, true, 'ada', ['k']], stderr);
        assert.deepEqual(asked.slice(0, 2), [
          'PUT /v1/keys/test.Base%3Aa%2Fb token {"name": "test.Base:a/b", "value": "5", "scope": "system", "secret": true, "ttl": 9}',
          'GET /v1/keys/x?scope=system&decrypt=false token ',
        ]);
      } finally {
        server.close();
      }
    });
  });
}

it('a long integer is found at any place of a reply', () => {
  const program = [
    'from action_main import may_need_plain',
    'digits = "1234567890123456"',
    'assert all(may_need_plain("x" * before + digits + "x" * 40) for before in range(64))',
    'assert not any(may_need_plain("x" * before + digits[:15] + "x" * 40) for before in range(64))',
    'assert may_need_plain("[NaN]") and may_need_plain("[-Infinity]") and not may_need_plain("")',
  ].join('\n');
  execFileSync('python3', ['-c', program], { env: { ...process.env, PYTHONPATH: PYTHON_FOLDER } });
});
