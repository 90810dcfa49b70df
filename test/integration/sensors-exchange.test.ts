/**
 * Sensors of packs as they are, against services on loopback. Their code is not ours: EXCHANGE_PACKS names a folder with the packs
 * git, github, jira and linux (docs/exchange-packs.md), EXCHANGE_VIRTUALENVS one with their virtualenvs; without them
 * nothing is tested.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

const packs = process.env.EXCHANGE_PACKS;
const virtualenvs = process.env.EXCHANGE_VIRTUALENVS;
const TIMEOUT = { timeoutMs: 90_000, intervalMs: 250 };

const FIELDS = {
  created: '2024-05-10T12:00:00.000+0000',
  assignee: null,
  fixVersions: null,
  issuetype: { name: 'Bug' },
};

interface Instance {
  readonly payload: Readonly<Record<string, unknown>>;
}

describe('sensors of packs', { skip: packs === undefined || virtualenvs === undefined }, () => {
  let infrastructure: Provisioned;
  let system: RunningServices;
  let stub: Server;
  let issues = 1;
  let watched = '';
  let remote = '';

  const git = (cwd: string, ...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd, stdio: 'pipe' });

  /** What the sensors ask for, by the path. */
  function answer(url: string, base: string): unknown {
    const { pathname: at } = new URL(url, base);
    if (at === '/users/octo') return { login: 'octo', id: 1, type: 'User', url: `${base}/users/octo` };
    if (at === '/repos/octo/hello')
      return { id: 2, name: 'hello', full_name: 'octo/hello', url: `${base}/repos/octo/hello` };
    if (at === '/repos/octo/hello/events')
      return [
        {
          id: '5',
          type: 'PushEvent',
          actor: { login: 'octo', id: 1, url: `${base}/users/octo` },
          created_at: '2024-05-10T12:00:00Z',
          payload: { ref: 'refs/heads/main' },
        },
      ];
    if (at.endsWith('/serverInfo')) return { version: '9.4.0', versionNumbers: [9, 4, 0], deploymentType: 'Server' };
    if (at.endsWith('/project')) return [{ id: '1', key: 'TEST', name: 'Test', self: `${base}/project/1` }];
    if (at.includes('/search')) {
      const one = (id: number) => ({ id: String(id), key: `TEST-${id}`, self: `${base}/issue/${id}`, fields: FIELDS });
      return { startAt: 0, maxResults: 50, total: 1, isLast: true, issues: [one(issues)] };
    }
    return {};
  }

  before(async () => {
    infrastructure = await provisioned({ parts: ['mongodb', 'bus'] });
    stub = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer(request.url ?? '', `http://${request.headers.host}`)));
    });
    await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(stub.address() as AddressInfo).port}`;
    const folder = infrastructure.folder;
    watched = path.join(folder, 'watched.log');
    await writeFile(watched, '');
    remote = path.join(folder, 'remote');
    await mkdir(remote);
    git(remote, 'init', '-q', '-b', 'main');
    git(remote, 'commit', '-q', '--allow-empty', '-m', 'first');
    const configs: Readonly<Record<string, unknown>> = {
      git: {
        poll_interval: 1,
        repositories: [{ url: remote, branch: 'main', local_clone_path: path.join(folder, 'clone') }],
      },
      github: {
        github_type: 'enterprise',
        base_url: url,
        token: 'x',
        repository_sensor: {
          event_type_whitelist: ['PushEvent'],
          count: 30,
          repositories: [{ user: 'octo', name: 'hello' }],
        },
      },
      jira: { url, auth_method: 'pat', token: 'x', project: 'TEST', poll_interval: 1, verify: false },
    };
    const configFolder = path.join(folder, 'configs');
    await mkdir(configFolder);
    for (const [pack, values] of Object.entries(configs))
      await writeFile(path.join(configFolder, `${pack}.yaml`), JSON.stringify(values));
    system = await startServices(infrastructure, {
      packFolders: [String(packs)],
      only: ['st2api', 'st2auth', 'st2rulesengine', 'st2sensorcontainer'],
      env: { ST2_CONFIGS_PATH: configFolder, ST2_VIRTUALENVS_PATH: String(virtualenvs) },
    });
  });

  after(async () => {
    await system?.stop();
    stub?.close();
    await infrastructure?.stop();
  });

  async function fired(trigger: string): Promise<readonly Instance[]> {
    return await system.request<Instance[]>('GET', `/triggerinstances?trigger_type=${trigger}&limit=100`);
  }

  const firing = (trigger: string, fits: (payload: Instance['payload']) => boolean) =>
    waitFor(async () => (await fired(trigger)).find(({ payload }) => fits(payload)), { what: trigger, ...TIMEOUT });

  it('git: a new commit of a repository', async () => {
    await firing('git.head_sha_monitor', ({ commit_message: message }) => String(message).startsWith('first'));
    git(remote, 'commit', '-q', '--allow-empty', '-m', 'second');
    const second = await firing('git.head_sha_monitor', ({ commit_message: said }) =>
      String(said).startsWith('second'),
    );
    assert.equal(second.payload.author, 'Ada');
  });

  it('github: an event of a repository', async () => {
    const { payload } = await firing('github.repository_event', () => true);
    assert.equal(payload.type, 'PushEvent');
  });

  it('jira: a new issue', async () => {
    issues = 2;
    const { payload } = await firing('jira.issues_tracker', () => true);
    assert.equal(payload.issue_name, 'TEST-2');
  });

  it('linux: a line in a file that a rule asks for, which may come later', async () => {
    await system.request('POST', '/rules', {
      name: 'on-line',
      pack: 'default',
      enabled: true,
      trigger: { type: 'linux.file_watch.line', parameters: { file_path: watched } },
      action: { ref: 'core.noop' },
    });
    const seen = waitFor(
      async () => {
        await appendFile(watched, 'one line\n');
        return (await fired('linux.file_watch.line'))[0];
      },
      { what: 'a line', ...TIMEOUT },
    );
    assert.equal((await seen).payload.line, 'one line');
  });
});
