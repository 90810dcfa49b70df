import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { registerPacks } from '../../action-service/packs/register-packs.ts';
import { unregisterPacks } from '../../action-service/packs/unregister-packs.ts';
import { warmPythons } from '../../actionrunner/runners/python-script/warm-python.ts';
import { projectRoot } from '../../cli/project-paths.ts';
import type { Execution } from '../../stores/executions.ts';
import { actionRunnerInProcess, type InProcessRunner } from '../support/action-runner-in-process.ts';
import { commitPack, writePack, writeWheel } from '../support/pack-fixtures.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';

describe('packs of the action runner', () => {
  let infrastructure: Provisioned;
  let runner: InProcessRunner;
  let sources: string;
  let installed: string;
  let virtualenvs: string;

  before(async () => {
    infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
    sources = path.join(infrastructure.folder, 'sources');
    installed = path.join(infrastructure.folder, 'packs');
    virtualenvs = path.join(infrastructure.folder, 'virtualenvs');
    await mkdir(sources);
    const basePaths = [path.join(projectRoot, 'packs'), installed];
    runner = await actionRunnerInProcess(infrastructure, { ST2_PACKS_BASE_PATHS: basePaths.join(':') });
    await registerPacks({ stores: runner.stores, logger: { warn() {} } as never, basePaths, packs: ['packs', 'core'] });
    await runner.scheduler().start();
    await runner.dispatcher('one:1').start();
  });

  after(async () => {
    await runner?.stop();
    warmPythons.close();
    await infrastructure?.stop();
  });

  // Without the index of packages: what a pack needs lies in a folder, and what packs share is left out.
  const env = { PIP_NO_INDEX: '1' };
  const install = (...packs: readonly string[]) => runner.run('packs.install', { packs, env });
  const errorOf = ({ result }: Execution) => (result as { readonly error: string }).error;
  const shown = async (pack: string) => {
    const { result } = await runner.run(`${pack}.show`);
    return (result as { readonly result: unknown }).result;
  };
  const residue = async () => (await readdir(installed)).filter((name) => name.startsWith('.'));

  it('installs a tag of a repository with its virtualenv, and replaces it by a newer one', async () => {
    const wheels = path.join(infrastructure.folder, 'wheels');
    await writeWheel(wheels, 'needed', '1.0');
    const source = path.join(sources, 'stackstorm-versions');
    const action = [
      'import needed',
      'from st2common.runners.base_action import Action',
      'class Show(Action):',
      '    def run(self):',
      '        return "one with needed " + needed.VERSION',
    ].join('\n');
    const requirements = `--find-links ${wheels}\nneeded\n`;
    await writePack(source, 'versions', '1.0.0', { 'actions/show.py': action, 'requirements.txt': requirements });
    commitPack(source, 'v1.0.0');
    await writePack(source, 'versions', '2.0.0', { 'requirements.txt': requirements });
    commitPack(source, 'v2.0.0');

    const first = await install(`file://${source}=1.0.0`);
    assert.equal(first.status, 'succeeded', JSON.stringify(first.result));
    assert.deepEqual((first.result as { output: { packs_list: unknown } }).output.packs_list, ['versions']);
    assert.equal(await shown('versions'), 'one with needed 1.0');
    const second = await install(`file://${source}=main`);
    assert.equal(second.status, 'succeeded', JSON.stringify(second.result));
    assert.equal(await shown('versions'), '2.0.0');
    assert.equal((await runner.stores.packs.findOne({ ref: 'versions' }))?.version, '2.0.0');
    assert.deepEqual(await residue(), []);
    assert.equal((await readdir(virtualenvs)).filter((name) => name.startsWith('.versions')).length, 1);
  });

  it('leaves the old version, its virtualenv and its content when the new one is broken', async () => {
    const source = path.join(sources, 'breaking');
    await writePack(source, 'breaking', '1.0.0');
    assert.equal((await install(source)).status, 'succeeded');
    await writePack(source, 'breaking', '2.0.0', { 'actions/zz.yaml': 'name: zz\nrunner_type: [\n' });
    const broken = await install(source);
    assert.equal(broken.status, 'failed');
    assert.match(errorOf(broken), /breaking\/actions\/zz\.yaml:\d+: /);
    assert.equal(await shown('breaking'), '1.0.0');
    assert.equal((await runner.stores.packs.findOne({ ref: 'breaking' }))?.version, '1.0.0');

    await writePack(source, 'breaking', '3.0.0', {
      'actions/zz.yaml': 'name: zz\nrunner_type: noop\n',
      'requirements.txt': 'no-such-package-anywhere\n',
    });
    const withoutPackage = await install(source);
    assert.equal(withoutPackage.status, 'failed');
    assert.match(errorOf(withoutPackage), /no-such-package-anywhere/);
    assert.equal(await shown('breaking'), '1.0.0');
    assert.deepEqual(await residue(), []);
  });

  it('a pack that was not there before is gone after a failed installation', async () => {
    const source = path.join(sources, 'never');
    await writePack(source, 'never', '1.0.0', { 'rules/r.yaml': 'name: r\n' });
    assert.equal((await install(source)).status, 'failed');
    assert.equal(await runner.stores.packs.findOne({ ref: 'never' }), undefined);
    assert.equal(await runner.stores.actions.count({ pack: 'never' }), 0);
    assert.equal(existsSync(path.join(installed, 'never')), false);
    assert.equal(existsSync(path.join(virtualenvs, 'never')), false);
  });

  it('installs what a pack depends on first, and refuses another version of what is there', async () => {
    const base = path.join(sources, 'base');
    const top = path.join(sources, 'top');
    await writePack(base, 'base', '1.0.0');
    const metadata = (dependency: string) =>
      `name: top\ndescription: d\nversion: 1.0.0\nauthor: t\ndependencies:\n  - ${dependency}\n`;
    await writePack(top, 'top', '1.0.0', { 'pack.yaml': metadata(`file://${base}`) });
    const both = await install(top);
    assert.deepEqual((both.result as { output: { packs_list: unknown } }).output.packs_list, ['base', 'top']);
    await writePack(top, 'top', '1.1.0', { 'pack.yaml': metadata('base=9.0.0') });
    const conflict = await install(top);
    assert.match(errorOf(conflict), /Unable to install packs due to conflicts: base=9\.0\.0/);
  });

  it('refuses links out of the pack, hostile sources, other systems and packs of the system', async () => {
    const link = path.join(sources, 'linking');
    await writePack(link, 'linking', '1.0.0');
    await symlink('/etc/hostname', path.join(link, 'actions', 'data.txt'));
    assert.match(errorOf(await install(link)), /The link "actions\/data\.txt" leads out of the pack/);
    const future = path.join(sources, 'future');
    const text = 'name: future\ndescription: d\nversion: 1.0.0\nauthor: t\nstackstorm_version: ">=99.0.0"\n';
    await writePack(future, 'future', '1.0.0', { 'pack.yaml': text });
    assert.match(errorOf(await install(future)), /requires StackStorm ">=99\.0\.0"/);
    const core = path.join(sources, 'core');
    await writePack(core, 'core', '9.0.0');
    assert.match(errorOf(await install(core)), /belongs to the system/);
    for (const hostile of ['--upload-pack=touch x', 'ext::sh -c true', '../up', 'file:///nowhere/at/all']) {
      assert.equal((await install(hostile)).status, 'failed', hostile);
    }
    assert.match(errorOf(await runner.run('packs.uninstall', { packs: ['../packs'] })), /is no name of a pack/);
    assert.match(errorOf(await runner.run('packs.uninstall', { packs: ['core'] })), /uninstallable pack - core/);
  });

  it('shows, unloads, loads and removes an installed pack', async () => {
    const source = path.join(sources, 'whole');
    await writePack(source, 'whole', '1.2.3', { 'config.schema.yaml': 'key:\n  type: string\n' });
    assert.equal((await install(source)).status, 'succeeded');
    const got = (await runner.run('packs.get', { pack: 'whole' })).result as { result: { pack: { version: string } } };
    assert.equal(got.result.pack.version, '1.2.3');
    await runner.run('packs.unload', { packs: ['whole'] });
    assert.equal(await runner.stores.actions.count({ pack: 'whole' }), 0);
    await runner.run('packs.load', { packs: ['whole'] });
    assert.equal(await shown('whole'), '1.2.3');
    const removed = await runner.run('packs.uninstall', { packs: ['whole'] });
    assert.equal(removed.status, 'succeeded', JSON.stringify(removed.result));
    assert.equal(await runner.stores.actions.count({ pack: 'whole' }), 0);
    assert.equal(await runner.stores.configSchemas.count({ pack: 'whole' }), 0);
    assert.equal(existsSync(path.join(installed, 'whole')), false);
    assert.deepEqual(
      (await readdir(virtualenvs)).filter((name) => name.includes('whole')),
      [],
    );
  });

  it('takes timers and webhooks away with the last rule that uses them, however it goes', async () => {
    const { stores, bus } = runner;
    const base = path.join(infrastructure.folder, 'with-rules');
    const rule = (name: string, trigger: string) =>
      `name: ${name}\nenabled: true\ntrigger: ${trigger}\naction: {ref: core.noop}\n`;
    const cron = (second: number) => `{type: core.st2.CronTimer, parameters: {second: ${second}}}`;
    const hook = '{type: core.st2.webhook, parameters: {url: from-timed}}';
    const register = () =>
      registerPacks({ stores, bus, logger: { warn() {} } as never, basePaths: [base], packs: ['timed'] });
    const made = async () =>
      (await stores.triggers.find({ type: { $in: ['core.st2.CronTimer', 'core.st2.webhook'] } }))
        .map(({ parameters }) => JSON.stringify(parameters))
        .sort();
    const folder = path.join(base, 'timed');
    const files = { 'rules/a.yaml': rule('a', cron(1)), 'rules/b.yaml': rule('b', cron(1)) };
    await writePack(folder, 'timed', '1.0.0', { ...files, 'rules/hook.yaml': rule('hook', hook) });
    await register();
    assert.deepEqual(await made(), ['{"second":1}', '{"url":"from-timed"}']);

    await writeFile(path.join(folder, 'rules', 'a.yaml'), rule('a', cron(2)));
    await register();
    assert.deepEqual(await made(), ['{"second":1}', '{"second":2}', '{"url":"from-timed"}'], 'b has its timer still');
    await writeFile(path.join(folder, 'rules', 'b.yaml'), rule('b', cron(2)));
    await register();
    assert.deepEqual(await made(), ['{"second":2}', '{"url":"from-timed"}']);

    await writeFile(path.join(folder, 'rules', 'b.yaml'), `name: b\ntrigger: ${cron(3)}\n`);
    await register();
    assert.deepEqual(await made(), ['{"second":2}', '{"url":"from-timed"}'], 'a broken file makes none');
    await rm(path.join(folder, 'rules', 'hook.yaml'));
    await register();
    assert.deepEqual(await made(), ['{"second":2}']);
    await unregisterPacks({ stores, bus }, ['timed']);
    assert.deepEqual(await made(), []);
  });

  it('names each broken file and registers the rest, or stops at the first when told to', async () => {
    const base = path.join(infrastructure.folder, 'with-broken');
    await writePack(path.join(base, 'half'), 'half', '1.0.0', {
      'actions/broken.yaml': 'name: broken\nrunner_type: [\n',
      'actions/unknown.yaml': 'name: unknown\nrunner_type: no-such-runner\n',
      'actions/places.yaml':
        'name: places\nrunner_type: local-shell-cmd\nparameters: {a: {position: 0}, b: {position: 0}}\n',
      'actions/nameless.yaml': 'runner_type: noop\n',
    });
    const said: string[] = [];
    const logger = {
      warn: (fields: { file: string; reason: string }) => said.push(`${fields.file}: ${fields.reason}`),
    };
    const options = { stores: runner.stores, logger: logger as never, basePaths: [base], packs: ['half'] };
    const { counts, problems } = await registerPacks(options);
    assert.equal(counts.actions, 1);
    assert.equal(problems.length, 4);
    assert.match(problems.join('\n'), /broken\.yaml:\d+: /);
    assert.match(problems.join('\n'), /unknown\.yaml: RunnerType no-such-runner is not found\./);
    assert.match(problems.join('\n'), /places\.yaml: Parameters b and a have same position 0\./);
    assert.match(problems.join('\n'), /nameless\.yaml: 'name' is a required property/);
    assert.equal(said.length, 4);
    await assert.rejects(registerPacks({ ...options, failOnFailure: true }), /broken\.yaml|nameless\.yaml/);
  });

  it('checks configurations by their schema when they are registered; one of comments only is empty', async () => {
    const base = path.join(infrastructure.folder, 'with-configs');
    const configsPath = path.join(infrastructure.folder, 'configs');
    await mkdir(configsPath, { recursive: true });
    for (const pack of ['right', 'wrong', 'bare']) {
      await writePack(path.join(base, pack), pack, '1.0.0', {
        'config.schema.yaml': 'port: {type: integer, required: true, default: 1}\n',
      });
    }
    await writeFile(path.join(configsPath, 'right.yaml'), 'more: 1\n');
    await writeFile(path.join(configsPath, 'wrong.yaml'), 'port: many\n');
    await writeFile(path.join(configsPath, 'bare.yaml'), '# port: 1\n');
    const options = { stores: runner.stores, logger: { warn() {} } as never, basePaths: [base], configsPath };
    const { counts, problems } = await registerPacks(options);
    assert.equal(counts.configs, 2);
    assert.match(
      problems.join('\n'),
      /wrong\.yaml: Failed validating attribute "port" .*'many' is not of type 'integer'/,
    );
    assert.equal(problems.length, 1);
    assert.deepEqual((await runner.stores.configs.findOne({ pack: 'bare' }))?.values, {});
    assert.equal(await runner.stores.configs.findOne({ pack: 'wrong' }), undefined);
  });
});
