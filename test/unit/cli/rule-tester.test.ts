import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { apiOfEnvironment } from '../../../cli/client-api.ts';
import { findProgram } from '../../../cli/project-paths.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const RULE = `name: on-push
pack: test
trigger: {type: core.st2.webhook, parameters: {url: push}}
criteria:
  trigger.body.branch: {type: equals, pattern: main}
action:
  ref: core.local
  parameters: {cmd: "echo {{ trigger.body.branch }}"}
`;

describe('st2-rule-tester', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  before(async () => {
    folder = await temporaryFolder();
    await writeFile(path.join(folder.path, 'rule.yaml'), RULE);
    for (const [name, trigger, branch] of [
      ['fits', 'core.st2.webhook', 'main'],
      ['other', 'core.st2.webhook', 'dev'],
      ['foreign', 'core.st2.IntervalTimer', 'main'],
    ] as const)
      await writeFile(
        path.join(folder.path, `${name}.yaml`),
        JSON.stringify({ trigger, payload: { body: { branch } } }),
      );
  });
  after(() => folder.remove());

  function run(...args: readonly string[]) {
    const program = findProgram('cli/st2-rule-tester');
    assert.ok(program !== undefined);
    const { PATH } = process.env;
    const all = [...program.args, ...args];
    return spawnSync(program.command, all, { cwd: folder.path, env: { PATH }, encoding: 'utf8' });
  }

  it('says whether a rule matches, and what its action would get', () => {
    const fits = run('--offline', '--rule=rule.yaml', '--trigger-instance=fits.yaml');
    assert.equal(fits.status, 0, fits.stderr);
    assert.match(fits.stdout, /"cmd": "echo main"\n}\n=== RULE MATCHES ===/);
    const other = run('--offline', '--rule=rule.yaml', '--trigger-instance=other.yaml');
    assert.equal(other.status, 1);
    assert.match(other.stdout, /trigger\.body\.branch: "dev" does not fit equals "main"\n=== RULE DOES NOT MATCH ===/);
    assert.equal(run('--offline', '--rule=rule.yaml', '--trigger-instance=foreign.yaml').status, 1);
  });

  it('asks for the rule that is named, whatever characters its name has', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(404).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const program = findProgram('cli/st2-rule-tester');
    assert.ok(program !== undefined);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const env = { PATH: process.env.PATH, ST2_API_URL: url, ST2_AUTH_TOKEN: 'x' };
    try {
      const args = [...program.args, '--rule-ref=test.50% of it? #1', '--trigger-instance=fits.yaml'];
      await assert.rejects(promisify(execFile)(program.command, args, { cwd: folder.path, env }), {
        code: 2,
        stderr: 'Rule "test.50% of it? #1" does not exist.\n',
      });
      assert.deepEqual(asked, ['/v1/rules/test.50%25%20of%20it%3F%20%231']);
    } finally {
      server.close();
    }
  });

  it('explains a wrong call in a sentence', () => {
    const both = run('--rule=rule.yaml', '--rule-ref=a.b', '--trigger-instance=fits.yaml');
    assert.deepEqual([both.status, both.stderr], [2, 'Name the rule by either --rule or --rule-ref.\n']);
    const offline = run('--offline', '--rule-ref=a.b', '--trigger-instance=fits.yaml');
    assert.match(offline.stderr, /cannot be used with --offline/);
    assert.match(run('--rule-ref=a.b', '--trigger-instance=fits.yaml').stderr, /^Set ST2_AUTH_TOKEN or ST2_API_KEY/);
  });
});

describe('the API of the command line', () => {
  it('finds records, takes 404 for none, and gives the sentences of errors', async () => {
    const server = createServer((request, response) => {
      const known = request.headers['x-auth-token'] === 'secret';
      response.statusCode = !known ? 401 : request.url === '/v1/rules/a.b' ? 200 : 404;
      response.end(JSON.stringify(known ? { ref: 'a.b' } : { faultstring: 'Unauthorized' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const ST2_API_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    try {
      const api = apiOfEnvironment({ ST2_API_URL, ST2_AUTH_TOKEN: 'secret' });
      assert.deepEqual(await api.find('/rules/a.b'), { ref: 'a.b' });
      assert.equal(await api.find('/rules/a.c'), undefined);
      await assert.rejects(
        apiOfEnvironment({ ST2_API_URL, ST2_API_KEY: 'x' }).find('/rules/a.b'),
        /^\w*Error: Unauthorized$/,
      );
    } finally {
      server.close();
    }
  });
});
