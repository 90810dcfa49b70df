import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { projectRoot } from '../../cli/project-paths.ts';
import { isAlive } from '../../platform/noted-process.ts';
import {
  findPortRow,
  processesOf,
  readEnvFile,
  runStart,
  type StartCommand,
  waitForOutput,
} from '../support/started-system.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** What st2ctl shows, as name and pid. */
function st2ctl(dataFolder: string, ...args: string[]) {
  const program = path.join(projectRoot, 'bin', 'st2ctl');
  return spawnSync(process.execPath, [program, '--data-dir', dataFolder, ...args], { encoding: 'utf8' });
}

/** `<name> PID: <pid>` lines as a map; of several processes the last. */
function pidsIn(text: string): Map<string, number> {
  return new Map([...text.matchAll(/^(\S+) PID: (\d+)$/gm)].map(([, name = '', pid]) => [name, Number(pid)]));
}

describe('npm start', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let dataFolder: string;
  let ports: string[];
  const commands: StartCommand[] = [];
  const start = (...args: string[]) => {
    const command = runStart(['--data-dir', dataFolder, '--workers', '1', ...ports, ...args]);
    commands.push(command);
    return command;
  };
  const request = async (target: string) => {
    const env = await readEnvFile(dataFolder);
    const headers = { 'x-auth-token': env.ST2_AUTH_TOKEN ?? '' };
    const response = await fetch(`${env.ST2_API_URL}${target}`, { headers });
    assert.equal(response.status, 200, target);
    return (await response.json()) as Record<string, unknown>[] & Record<string, unknown>;
  };

  before(async () => {
    folder = await temporaryFolder();
    dataFolder = path.join(folder.path, 'data');
    ports = ['--ports-from', String(await findPortRow())];
    const pack = path.join(folder.path, 'packs', 'morepack');
    mkdirSync(path.join(pack, 'actions'), { recursive: true });
    writeFileSync(
      path.join(pack, 'pack.yaml'),
      'ref: morepack\nname: morepack\nversion: 1.0.0\nauthor: a\nemail: a@b.c\n',
    );
    const action = 'name: hello\nrunner_type: local-shell-cmd\nentry_point: ""\nenabled: true\nparameters: {}\n';
    writeFileSync(path.join(pack, 'actions', 'hello.yaml'), action);
  });
  after(async () => {
    await runStart(['--data-dir', dataFolder, '--stop']).ended;
    for (const command of commands) command.process.kill('SIGKILL');
    await folder.remove();
  });

  it('runs the sample, prints its result and what clients need, and ends everything on SIGINT within 10 s', async () => {
    const command = start('--packs', path.join(folder.path, 'packs'), '--user', 'ann:a-password');
    await waitForOutput(command, /Ctrl-C ends it\./);
    assert.match(command.output(), /testpack\.wftest succeeded:/);
    assert.match(command.output(), /core\.local +\| my_task +\| succeeded +\|.*HELLO/);
    assert.match(
      command.output(),
      /Temporal UI {2}http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/\S+\/history/,
    );

    const env = await readEnvFile(dataFolder);
    const names = [
      'ST2_BASE_URL',
      'ST2_API_URL',
      'ST2_AUTH_URL',
      'ST2_STREAM_URL',
      'ST2_AUTH_TOKEN',
      'OS_MISTRAL_URL',
      'TEMPORAL_ADDRESS',
    ];
    assert.deepEqual(
      names.filter((name) => !env[name]),
      [],
    );
    for (const secret of ['env', 'st2admin.password', 'htpasswd', 'kv-key.json', 'supervisor.json']) {
      assert.equal(statSync(path.join(dataFolder, secret)).mode & 0o777, 0o600, secret);
    }
    assert.equal((await request('/actions/morepack.hello')).ref, 'morepack.hello');
    const authorization = `Basic ${Buffer.from('ann:a-password').toString('base64')}`;
    const login = { authorization, 'content-type': 'application/json' };
    const token = await fetch(`${env.ST2_AUTH_URL}/tokens`, { method: 'POST', headers: login, body: '{}' });
    assert.equal(token.status, 201);

    const pids = processesOf(dataFolder);
    assert.ok(pids.length > 6, `only ${pids.length} processes`);
    command.process.kill('SIGINT');
    assert.equal(await command.ended, 0);
    assert.deepEqual(pids.filter(isAlive), []);
    assert.equal(existsSync(path.join(dataFolder, 'supervisor.json')), false);
  });

  it('serves again with all data of the first time, in the background, until npm stop', async () => {
    const command = start('--detach', '--no-sample');
    assert.equal(await command.ended, 0, command.output());
    const executions = await request('/executions?action=testpack.wftest&limit=10');
    assert.equal(executions.length, 1);

    const again = start('--no-sample');
    assert.equal(await again.ended, 1);
    assert.match(again.output(), /^It runs already in .+ \(process \d+\): end it with npm stop\.\n$/);
  });

  it('is shown and steered by st2ctl', async () => {
    const status = st2ctl(dataFolder, 'status');
    assert.match(status.stdout, /^##### st2 components status #####\n/);
    assert.match(status.stdout, /^##### lag #####\n[^?]+$/m, 'what waits for the services');
    const before = pidsIn(status.stdout);
    for (const name of [
      'st2actionrunner',
      'st2api',
      'st2stream',
      'st2auth',
      'st2resultstracker',
      'mistral-server',
      'mistral-api',
    ]) {
      assert.ok(isAlive(before.get(name) ?? 0), `${name} is not shown with a live process`);
    }
    assert.equal(before.get('st2notifier'), before.get('mistral-api'), 'those that mostly wait share a process');
    const after = pidsIn(st2ctl(dataFolder, 'restart', 'mistral-server').stdout);
    assert.notEqual(after.get('mistral-server'), before.get('mistral-server'));
    assert.equal(after.get('st2api'), before.get('st2api'));
    assert.equal(
      pidsIn(st2ctl(dataFolder, 'restart', 'mistral-api').stdout).get('mistral-api'),
      before.get('mistral-api'),
    );

    assert.match(st2ctl(dataFolder, 'stop', 'st2stream').stdout, /^st2stream is not running\.$/m);
    assert.ok(pidsIn(st2ctl(dataFolder, 'start', 'st2stream').stdout).has('st2stream'));
    assert.match(st2ctl(dataFolder, 'reload', '--register-all').stdout, /^registered .*\d+ actions/m);

    const diagnose = path.join(projectRoot, 'bin', 'st2-diagnose');
    const diagnosis = spawnSync(process.execPath, [diagnose, '--data-dir', dataFolder], { encoding: 'utf8' });
    assert.equal(diagnosis.stdout, 'Nothing is stuck.\n', diagnosis.stderr);
    assert.equal(diagnosis.status, 0);

    const unknown = st2ctl(dataFolder, 'restart', 'st2nothing');
    assert.equal(unknown.status, 1);
    assert.match(unknown.stderr, /^There is no service "st2nothing"; there are st2actionrunner, .+\.\n$/);
  });

  for (const [service, path] of [
    ['st2api', '/actions/core.local'],
    ['st2scheduler', '/actions/core.noop'],
  ] as const) {
    it(`starts a killed service again: ${service}`, async () => {
      const pidOf = () => pidsIn(st2ctl(dataFolder, 'status').stdout).get(service);
      const before = pidOf() ?? assert.fail(`${service} has no pid`);
      process.kill(before, 'SIGKILL');
      const isBack = async () => {
        const pid = pidOf();
        return pid !== undefined && pid !== before && (await request(path)).pack === 'core';
      };
      assert.equal(await waitFor(isBack, { what: `${service} to be back`, intervalMs: 300 }), true);
    });
  }

  it('ends with npm stop, and st2ctl then says that nothing runs', async () => {
    const pids = processesOf(dataFolder);
    const command = start('--stop');
    assert.equal(await command.ended, 0, command.output());
    assert.deepEqual(pids.filter(isAlive), []);
    assert.match(st2ctl(dataFolder, 'status').stdout, /^st2api is not running\.$/m);
    assert.equal(st2ctl(dataFolder, 'restart').status, 1);
  });

  it('is one that starts when there are two, and can be stopped before it serves', async () => {
    const first = start('--no-sample');
    const isStarting = () => processesOf(dataFolder).length > 0;
    await waitFor(isStarting, { what: 'the first process', intervalMs: 20 });
    const pids = processesOf(dataFolder);
    const second = start('--no-sample');
    assert.equal(await second.ended, 1);
    assert.match(second.output(), /^It is being started already in .+ \(process \d+\): end it with npm stop\.\n$/);
    assert.deepEqual(
      pids.filter((pid) => !isAlive(pid)),
      [],
    );
    const stopping = start('--stop');
    assert.equal(await stopping.ended, 0, stopping.output());
    assert.equal(await first.ended, 1);
    assert.match(first.output(), /^Stopped before it served \(asked to\)\.$/m);
    assert.deepEqual(processesOf(dataFolder), []);
    assert.equal(existsSync(path.join(dataFolder, 'supervisor.json')), false);
  });

  it('leaves no process behind when it is killed with SIGKILL', async () => {
    const command = start('--no-sample');
    await waitForOutput(command, /Ctrl-C ends it\./);
    const pids = processesOf(dataFolder);
    assert.ok(pids.length > 6);
    command.process.kill('SIGKILL');
    await waitFor(() => !pids.some(isAlive), { what: 'the end of all processes' });
  });

  it('says in one sentence which port is in use, by which option it changes, and leaves nothing running', async () => {
    const port = Number(ports[1]) + 1;
    const other = net.createServer().listen(port, '127.0.0.1');
    try {
      const command = start('--no-sample');
      assert.equal(await command.ended, 1);
      assert.match(command.output(), new RegExp(`^Port ${port} is in use: .*--port-api N.*\\n$`));
      assert.deepEqual(processesOf(dataFolder), []);
    } finally {
      other.close();
    }
  });

  it('says in one sentence that a given Temporal does not answer, and ends what it had started', async () => {
    const args = ['--data-dir', dataFolder, ...ports, '--no-sample'];
    const command = runStart(args, { TEMPORAL_ADDRESS: '127.0.0.1:1' });
    assert.equal(await command.ended, 1);
    const last = command.output().trimEnd().split('\n').at(-1);
    assert.match(last ?? '', /^Temporal at 127\.0\.0\.1:1 \(TEMPORAL_ADDRESS\) does not serve namespace "default"/);
    assert.deepEqual(processesOf(dataFolder), []);
  });

  it('says in one sentence that a folder of packs is not there', async () => {
    const command = start('--no-sample', '--packs', '/there/is/none');
    assert.equal(await command.ended, 1);
    assert.equal(command.output(), 'There is no folder /there/is/none, which --packs names.\n');
  });

  it('says in one sentence that Python is missing', async () => {
    const command = runStart(['--data-dir', dataFolder], { ST2_PYTHON_BINARY: 'python-that-is-not-there' });
    assert.equal(await command.ended, 1);
    assert.match(command.output(), /^Python 3 is needed .*python-that-is-not-there was not found.*\n$/);
  });

  it('never writes a password or token to a log', async () => {
    const password = readFileSync(path.join(dataFolder, 'st2admin.password'), 'utf8').trim();
    const token = (await readEnvFile(dataFolder)).ST2_AUTH_TOKEN ?? '';
    const found = spawnSync(
      'grep',
      ['-rlF', '-e', password, '-e', token, '-e', 'a-password', path.join(dataFolder, 'logs')],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(found.stdout, '');
  });
});
