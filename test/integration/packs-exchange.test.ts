/**
 * Packs of StackStorm's exchange, as they are, against services on loopback. Their code is not ours: EXCHANGE_PACKS names
 * a folder with them (docs/exchange-packs.md); without it nothing is tested. EXCHANGE_VIRTUALENVS keeps virtualenvs.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { registerPacks } from '../../action-service/packs/register-packs.ts';
import { warmPythons } from '../../actionrunner/runners/python-script/warm-python.ts';
import { placePacks } from '../../cli/exchange/place-packs.ts';
import { projectRoot } from '../../cli/project-paths.ts';
import { createEncryptionKey } from '../../cli/start/secrets.ts';
import { actionRunnerInProcess, type InProcessRunner } from '../support/action-runner-in-process.ts';
import { commitPack, writePack } from '../support/pack-fixtures.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';

type Values = Record<string, unknown>;

/** What the stub knows, and so what an action must bring back. */
interface Case {
  readonly action: string;
  readonly config?: (stub: Stub) => Values;
  readonly parameters: (stub: Stub) => Values;
  readonly check: (result: unknown) => void;
  /** Path of a request that must have come, and a header that it must have had. */
  readonly asked?: readonly [string, string?, string?];
}

interface Stub {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
}

const ANSWERS: Readonly<Record<string, unknown>> = {
  '/v1/catalog/datacenters': ['dc1', 'dc2'],
  '/v1/secret/app': { data: { user: 'ada' } },
  '/api/v1/query': { status: 'success', data: { resultType: 'vector', result: [] } },
  '/job/nightly/api/json': { name: 'nightly', color: 'blue' },
  '/query': { results: [{ statement_id: 0, series: [{ name: 'databases', columns: ['name'], values: [['one']] }] }] },
  '/api/v4/projects/group%2Fapp': { id: 7, path_with_namespace: 'group/app' },
  '/rest/items/lamp': { name: 'lamp', state: 'ON' },
  '/clients': [{ name: 'web-1', address: '127.0.0.1' }],
  '/api/dcim/sites/': { count: 1, results: [{ name: 'Paris' }] },
};

const CASES: Readonly<Record<string, Case>> = {
  consul: {
    action: 'catalog_datacenters',
    config: ({ port }) => ({
      default_profile: 'main',
      consul_profiles: [{ name: 'main', host: '127.0.0.1', port, token: 'consul-secret' }],
    }),
    parameters: () => ({}),
    check: (result) => assert.deepEqual(result, ['dc1', 'dc2']),
    asked: ['/v1/catalog/datacenters'],
  },
  vault: {
    action: 'read',
    config: ({ url }) => ({
      default_profile: 'main',
      profiles: [{ name: 'main', url, token: '{{ st2kv.system.vault_token }}' }],
    }),
    parameters: () => ({ path: 'secret/app' }),
    check: (result) => assert.deepEqual((result as { data: unknown }).data, { user: 'ada' }),
    asked: ['/v1/secret/app', 'x-vault-token', 'vault-secret'],
  },
  prometheus: {
    action: 'query',
    config: ({ url }) => ({ url }),
    parameters: () => ({ query: 'up' }),
    check: (result) => assert.equal((result as { status: string }).status, 'success'),
    asked: ['/api/v1/query'],
  },
  jenkins: {
    action: 'get_job_info',
    config: ({ url }) => ({ url, username: 'ada', password: 'pw' }),
    parameters: () => ({ project: 'nightly' }),
    check: (result) => assert.equal((result as { color: string }).color, 'blue'),
    asked: ['/job/nightly/api/json'],
  },
  influxdb: {
    action: 'query',
    config: ({ port }) => ({
      server: '127.0.0.1',
      port,
      ssl: false,
      credentials: { default: { username: 'u', password: 'p' } },
    }),
    parameters: () => ({ query: 'SHOW DATABASES' }),
    check: (result) => assert.match(JSON.stringify(result), /"one"/),
    asked: ['/query'],
  },
  netbox: {
    action: 'get.dcim.sites',
    config: ({ port }) => ({ hostname: `127.0.0.1:${port}`, api_token: 't', use_https: false, ssl_verify: false }),
    parameters: () => ({ name: ['Paris'] }),
    check: (result) => assert.match(JSON.stringify(result), /"Paris"/),
    asked: ['/api/dcim/sites/', 'authorization', 'Token t'],
  },
  csv: {
    action: 'parse',
    parameters: () => ({ data: 'a;b\n1;2', delimiter: ';' }),
    check: (result) =>
      assert.deepEqual(result, [
        ['a', 'b'],
        ['1', '2'],
      ]),
  },
  excel: {
    action: 'get_sheets',
    parameters: ({ folder }) => ({ excel_file: path.join(folder, 'book.xlsx') }),
    check: (result) => assert.deepEqual(result, ['First', 'Second']),
  },
  networking_utils: {
    action: 'is_valid_ip',
    parameters: () => ({ ip_address: '127.0.0.1' }),
    check: (result) => assert.equal((result as { is_loopback: boolean }).is_loopback, true),
  },
  gitlab: {
    action: 'project.info',
    config: ({ url }) => ({ url, token: 'gitlab-secret' }),
    parameters: () => ({ project: 'group/app' }),
    check: (result) => assert.equal((result as { id: number }).id, 7),
    asked: ['/api/v4/projects/group%2Fapp', 'private-token', 'gitlab-secret'],
  },
  sensu: {
    action: 'client_list',
    config: ({ port }) => ({ host: '127.0.0.1', port, user: 'ada', pass: 'pw' }),
    parameters: () => ({}),
    check: (result) => assert.match(JSON.stringify(result), /web-1/),
    asked: ['/clients'],
  },
  time: {
    action: 'parse_date_string',
    parameters: () => ({ date_string: '1 January 1970 00:01 UTC' }),
    check: (result) => assert.equal(result, 60),
  },
  xml: {
    action: 'parse',
    parameters: () => ({ data: '<a><b>1</b></a>' }),
    check: (result) => assert.match(JSON.stringify(result), /"b"/),
  },
  jinja: {
    action: 'render_file',
    parameters: () => ({ template_pack: 'jinja', template_path: 'pack.yaml', context: {} }),
    check: (result) => assert.match(String(result), /jinja/),
  },
  victorops: {
    action: 'ack_incident',
    config: ({ url }) => ({ url, api_key: 'key', routing_key: 'route' }),
    parameters: () => ({ entity: 'web-1' }),
    check: (result) => assert.equal(result, true),
    asked: ['/key/route'],
  },
  openhab: {
    action: 'get_status',
    config: ({ port }) => ({ hostname: 'http://127.0.0.1', port }),
    parameters: () => ({ item: 'lamp' }),
    check: (result) => assert.deepEqual(result, { name: 'lamp', state: 'ON' }),
    asked: ['/rest/items/lamp'],
  },
  git: {
    action: 'get_remote_repo_latest_commit',
    parameters: ({ folder }) => ({ repo_remote: path.join(folder, 'repository'), branch: 'main' }),
    check: (result) => assert.match(String(result), /^[0-9a-f]{40}/),
  },
};

const source = process.env.EXCHANGE_PACKS ?? '';
/** The folder need not hold all of them. */
const found = Object.keys(CASES).filter((pack) =>
  [pack, `stackstorm-${pack}`].some((name) => existsSync(path.join(source, name))),
);
const skip = existsSync(source) ? false : 'EXCHANGE_PACKS names no folder with packs of the exchange';

describe('packs of the exchange', { skip }, () => {
  let infrastructure: Provisioned;
  let runner: InProcessRunner;
  let server: Server;
  let stub: Stub;
  let virtualenvs: string;
  const requests: { readonly path: string; readonly headers: Readonly<Record<string, unknown>> }[] = [];

  before(async () => {
    infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
    const { folder } = infrastructure;
    virtualenvs = process.env.EXCHANGE_VIRTUALENVS ?? path.join(folder, 'virtualenvs');
    const keyFile = path.join(folder, 'key.json');
    await writeFile(keyFile, createEncryptionKey());
    const basePaths = [path.join(projectRoot, 'packs'), path.join(folder, 'packs')];
    await placePacks(source, path.join(folder, 'packs'), found);
    runner = await actionRunnerInProcess(infrastructure, {
      ST2_PACKS_BASE_PATHS: basePaths.join(':'),
      ST2_VIRTUALENVS_PATH: virtualenvs,
      ST2_KEYVALUE__ENCRYPTION_KEY_PATH: keyFile,
    });
    const logger = { warn() {} } as never;
    await registerPacks({ stores: runner.stores, logger, basePaths, packs: ['packs', ...found] });
    await runner.scheduler().start();
    await runner.dispatcher('one:1').start();
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://stub');
      requests.push({ path: pathname, headers: request.headers });
      const answer = ANSWERS[pathname];
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? { errors: [`nothing at ${pathname}`] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    stub = { port, url: `http://127.0.0.1:${port}`, folder };
    const secret = { scope: 'system', name: 'vault_token', value: 'vault-secret', secret: true };
    await runner.keyValues.set({ ...secret, user: 'tester' });
    await writePack(path.join(folder, 'repository'), 'any', '1.0.0');
    commitPack(path.join(folder, 'repository'), 'v1.0.0');
  });

  after(async () => {
    await runner?.stop();
    server?.close();
    warmPythons.close();
    await infrastructure?.stop();
  });

  for (const [pack, { action, config, parameters, check, asked }] of Object.entries(CASES)) {
    it(`${pack}.${action}`, { skip: !found.includes(pack) }, async () => {
      if (!existsSync(path.join(virtualenvs, pack, 'bin', 'python'))) {
        const setup = await runner.run('packs.setup_virtualenv', { packs: [pack] });
        assert.equal(setup.status, 'succeeded', JSON.stringify(setup.result));
      }
      if (pack === 'excel') makeWorkbook(path.join(virtualenvs, pack, 'bin', 'python'), stub.folder);
      if (config !== undefined) await runner.stores.configs.upsert({ pack }, { pack, values: config(stub) });
      const execution = await runner.run(`${pack}.${action}`, parameters(stub));
      assert.equal(execution.status, 'succeeded', JSON.stringify(execution.result));
      const { result, stdout } = execution.result as { readonly result?: unknown; readonly stdout?: unknown };
      check(result ?? stdout);
      if (asked === undefined) return;
      const [wanted, header, value] = asked;
      const request = requests.find((one) => one.path === wanted);
      assert.ok(request, `no request for ${wanted}`);
      if (header !== undefined) assert.equal(request.headers[header], value);
    });
  }
});

function makeWorkbook(python: string, folder: string): void {
  const program = [
    'import openpyxl, sys',
    'book = openpyxl.Workbook()',
    'book.active.title = "First"',
    'book.create_sheet("Second")',
    'book.save(sys.argv[1])',
  ].join('\n');
  execFileSync(python, ['-c', program, path.join(folder, 'book.xlsx')]);
}
