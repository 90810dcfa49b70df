import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { commitPack, writePack } from '../support/pack-fixtures.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RealClients, realClients } from '../support/real-clients.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';

describe("packs by StackStorm's own client", () => {
  let infrastructure: Provisioned;
  let services: RunningServices;
  let clients: RealClients;
  let source: string;

  before(async () => {
    infrastructure = await provisioned({ parts: ['mongodb', 'bus'] });
    services = await startServices(infrastructure, {
      only: ['st2api', 'st2auth', 'st2stream', 'st2actionrunner', 'st2scheduler'],
      env: { PIP_NO_INDEX: '1' },
    });
    clients = await realClients(services, path.join(infrastructure.folder, 'home'));
    source = path.join(infrastructure.folder, 'stackstorm-sample');
    await writePack(source, 'sample', '1.0.0', {
      'config.schema.yaml': 'token:\n  type: string\n  secret: true\n',
      'actions/token.yaml': 'name: token\nrunner_type: python-script\nentry_point: token.py\n',
      'actions/token.py': [
        'from st2common.runners.base_action import Action',
        'class Token(Action):',
        '    def run(self):',
        '        self.action_service.set_value("seen", self.config["token"], encrypt=True)',
        '        stored = self.action_service.get_value("seen", decrypt=True)',
        '        return (stored == self.config["token"], len(stored))',
        '',
      ].join('\n'),
    });
    commitPack(source, 'v1.0.0');
  });

  after(async () => {
    await services?.stop();
    await infrastructure?.stop();
  });

  const st2 = async (...args: readonly string[]) => {
    const { ok, output } = await clients.st2(args);
    assert.ok(ok, `st2 ${args.join(' ')}: ${output}`);
    return output;
  };

  it('installs, shows, configures, runs and removes a pack', async () => {
    const installed = await st2('pack', 'install', `file://${source}=v1.0.0`);
    assert.match(installed, /sample/);
    assert.match(installed, /1\.0\.0/);
    assert.match(await st2('pack', 'list'), /sample/);
    assert.match(await st2('pack', 'get', 'sample'), /1\.0\.0/);
    await st2('pack', 'register', 'sample');
    await services.request('PUT', '/configs/sample', { token: 'very-secret' });
    assert.doesNotMatch(JSON.stringify(await services.request('GET', '/configs/sample')), /very-secret/);
    const run = await st2('run', 'sample.token', '-j');
    assert.equal((JSON.parse(run) as { result: { result: number } }).result.result, 'very-secret'.length);
    await st2('pack', 'remove', 'sample');
    assert.doesNotMatch(await st2('pack', 'list'), /sample/);
    assert.equal(existsSync(path.join(infrastructure.folder, 'services', 'packs', 'sample')), false);
  });

  it('says why a pack cannot be installed', async () => {
    const { ok } = await clients.st2(['pack', 'install', `file://${source}=v9.9.9`]);
    assert.equal(ok, false);
    const [last] = await services.request<{ id: string; status: string; result: { error: string } }[]>(
      'GET',
      '/executions?action=packs.install&limit=1',
    );
    assert.equal(last?.status, 'failed');
    assert.match(last?.result.error ?? '', /"v9\.9\.9" is not a valid version, hash, tag or branch/);
  });
});
