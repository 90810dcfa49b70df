// Packs of an index on loopback, by StackStorm's own client: found, shown, installed stage by stage, with what they depend on.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { commitPack, writePack } from '../support/pack-fixtures.ts';
import { startPackIndex, type TestPackIndex } from '../support/pack-index.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RealClients, realClients } from '../support/real-clients.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

interface ExecutionView {
  readonly id: string;
  readonly status: string;
  readonly action: { readonly ref: string };
  readonly context: { readonly chain?: { readonly name: string } };
  readonly result: Readonly<Record<string, unknown>> & { readonly error?: string };
}

describe('packs of an index', () => {
  let infrastructure: Provisioned;
  let services: RunningServices;
  let clients: RealClients;
  let index: TestPackIndex;

  before(async () => {
    infrastructure = await provisioned({ parts: ['mongodb', 'bus'] });
    index = await startPackIndex();
    // Each version depends on others as the packs of StackStorm's own test of this do.
    await pack('sheets', ['0.2.0', '0.2.4', '0.3.0']);
    await pack('slides', ['0.2.0', '0.2.2']);
    await pack('office', ['1.0.0'], ['sheets=0.2.4', 'slides=0.2.0']);
    await pack('company', ['1.0.0'], ['office', 'slides=0.2.0']);
    await pack('broken_office', ['1.0.0'], ['sheets=0.2.4', 'nowhere']);
    services = await startServices(infrastructure, {
      only: ['st2api', 'st2auth', 'st2stream', 'st2actionrunner', 'st2scheduler'],
      env: { PIP_NO_INDEX: '1', ST2_CONTENT__INDEX_URL: index.url },
    });
    clients = await realClients(services, path.join(infrastructure.folder, 'home'));
  });
  after(async () => {
    await services?.stop();
    await index?.stop();
    await infrastructure?.stop();
  });

  async function pack(name: string, versions: readonly string[], dependencies: readonly string[] = []): Promise<void> {
    const folder = path.join(infrastructure.folder, 'repositories', `stackstorm-${name}`);
    for (const version of versions) {
      const metadata = [`name: ${name}`, `description: the pack ${name}`, `version: ${version}`, 'author: tests'];
      if (dependencies.length > 0) metadata.push('dependencies:', ...dependencies.map((one) => `  - ${one}`));
      await writePack(folder, name, version, { 'pack.yaml': `${metadata.join('\n')}\n` });
      commitPack(folder, `v${version}`);
    }
    index.packs[name] = {
      ref: name,
      name,
      version: versions.at(-1),
      description: `the pack ${name}`,
      author: 'tests',
      keywords: name === 'slides' ? ['presentation'] : [],
      repo_url: `file://${folder}`,
      content: { actions: { count: 1, resources: ['show'] } },
    };
  }

  const st2 = async (...args: readonly string[]) => {
    const { ok, output } = await clients.st2(args);
    assert.ok(ok, `st2 ${args.join(' ')}: ${output}`);
    return output;
  };
  /** As the client asks for it, without the client: its start takes longer than the rest. */
  const ended = async (id: string) =>
    waitFor(
      async () => {
        const found = await services.request<ExecutionView>('GET', `/executions/${id}`);
        return ['succeeded', 'failed'].includes(found.status) && found;
      },
      { what: `execution ${id} has ended`, timeoutMs: 120_000 },
    );
  const install = async (packs: readonly string[], more: Readonly<Record<string, unknown>> = {}) => {
    const { execution_id: id } = await services.request<{ execution_id: string }>('POST', '/packs/install', {
      packs,
      ...more,
    });
    return ended(id);
  };
  const remove = async (...packs: readonly string[]) => {
    const { execution_id: id } = await services.request<{ execution_id: string }>('POST', '/packs/uninstall', {
      packs,
    });
    assert.equal((await ended(id)).status, 'succeeded');
  };
  const run = async (action: string, parameters: Readonly<Record<string, unknown>>) => {
    const { id } = await services.request<{ id: string }>('POST', '/executions', { action, parameters });
    return ended(id);
  };
  const installed = async () => {
    const packs = await services.request<{ ref: string; version: string }[]>('GET', '/packs');
    return Object.fromEntries(packs.filter(({ ref }) => ref in index.packs).map(({ ref, version }) => [ref, version]));
  };
  const last = async (action: string) => {
    const [found] = await services.request<ExecutionView[]>('GET', `/executions?action=${action}&limit=1`);
    assert.ok(found !== undefined);
    return found;
  };

  it('searches and shows them', async () => {
    assert.match(await st2('pack', 'search', 'presentation'), /slides/);
    assert.match(await st2('pack', 'show', 'sheets'), /0\.3\.0/);
    const searched = await run('packs.search', { query: 'presentation' });
    assert.deepEqual(searched.result.result, [index.packs.slides]);
    const shown = await run('packs.show', { pack: 'sheets' });
    assert.deepEqual(shown.result.result, { pack: index.packs.sheets });
    assert.deepEqual((await run('packs.show', { pack: 'nowhere' })).result.result, { pack: null });
  });

  it('installs a version of one, and shows the stages', async () => {
    const output = await st2('pack', 'install', 'sheets=0.2.0');
    for (const stage of ['download packs', 'install requirements', 'register packs']) {
      assert.match(output, new RegExp(`\\[\\s*succeeded\\s*\\] ${stage}`));
    }
    assert.deepEqual(await installed(), { sheets: '0.2.0' });
    const parent = await last('packs.install');
    const children = await services.request<ExecutionView[]>('GET', `/executions/${parent.id}/children`);
    assert.deepEqual(
      children.map(({ action, status, context }) => [action.ref, status, context.chain?.name]),
      [
        ['packs.download', 'succeeded', 'download packs'],
        ['packs.setup_virtualenv', 'succeeded', 'install requirements'],
        ['packs.load', 'succeeded', 'register packs'],
      ],
    );
  });

  it('refuses what depends on another version than is there, and changes nothing', async () => {
    const { status, result } = await install(['office']);
    assert.equal(status, 'failed');
    assert.match(result.error ?? '', /due to conflicts: sheets=0\.2\.4/);
    assert.equal((await last('packs.download')).status, 'failed');
    assert.deepEqual(await installed(), { sheets: '0.2.0' });
  });

  it('installs it without what it depends on when told to', async () => {
    assert.equal((await install(['office'], { skip_dependencies: true })).status, 'succeeded');
    assert.deepEqual(await installed(), { sheets: '0.2.0', office: '1.0.0' });
  });

  it('installs what a pack depends on, twice the same way, and the parent of that', async () => {
    assert.match(await st2('pack', 'remove', 'sheets', 'office'), /\[\s*succeeded\s*\] delete packs/);
    assert.deepEqual(await installed(), {});
    const expected = { sheets: '0.2.4', slides: '0.2.0', office: '1.0.0' };
    assert.equal((await install(['office'])).status, 'succeeded');
    assert.deepEqual(await installed(), expected);
    assert.equal((await install(['office'])).status, 'succeeded');
    assert.deepEqual(await installed(), expected);
    assert.equal((await install(['company'])).status, 'succeeded');
    assert.deepEqual(await installed(), { ...expected, company: '1.0.0' });
  });

  it('installs nothing when one of the dependencies cannot be had', async () => {
    await remove('sheets', 'slides', 'office', 'company');
    const { ok, output } = await clients.st2(['pack', 'install', 'broken_office']);
    assert.equal(ok, false, output);
    assert.match(output, /\[\s*failed\s*\] download packs/);
    assert.match((await last('packs.install')).result.error ?? '', /No record of the "nowhere" pack in the index/);
    assert.deepEqual(await installed(), {});
  });

  it('downloads, sets up and gets one by the single actions', async () => {
    const downloaded = await run('packs.download', { packs: ['slides=0.2.2'] });
    assert.deepEqual(downloaded.result.result, { slides: 'Success.' });
    assert.deepEqual(await installed(), {});
    assert.equal((await run('packs.setup_virtualenv', { packs: ['slides'] })).status, 'succeeded');
    assert.equal((await run('packs.load', { packs: ['slides'] })).status, 'succeeded');
    assert.deepEqual(await installed(), { slides: '0.2.2' });
    const { pack: found, git_status } = (await run('packs.get', { pack: 'slides' })).result.result as {
      readonly pack: { readonly version: string };
      readonly git_status: string;
    };
    assert.equal(found.version, '0.2.2');
    assert.match(git_status, /Status:/);
    assert.equal((await run('slides.show', {})).result.result, '0.2.2');
  });
});
