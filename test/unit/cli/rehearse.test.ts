import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { rehearse } from '../../../cli/rehearse.ts';

const WORKFLOW = `version: '2.0'
pack.deploy:
  input: [host]
  output: {said: <% $.said %>, key: <% $.key %>}
  tasks:
    check:
      action: core.local cmd="ping <% $.host %>"
      retry: {count: 2, delay: 60}
      publish: {said: <% task().result.stdout %>}
      on-success: call
    call: {workflow: pack.below, publish: {key: <% task().result.key %>}}
`;
const BELOW = `version: '2.0'
pack.below:
  output: {key: <% st2kv('color') %>}
  tasks: {t: {action: std.noop}}
`;
const REHEARSAL = `
input: {host: web1}
datastore: {color: red}
results:
  check: [{error: down}, {result: {stdout: ok}}]
expect:
  state: SUCCESS
  output: {said: ok, key: red}
  tasks: {check: {state: SUCCESS, runs: 2, published: {said: ok}}, call: SUCCESS}
`;

describe('rehearse', () => {
  let folder = '';
  const file = (name: string): string => path.join(folder, name);
  const run = async (...args: string[]) => {
    let printed = '';
    const code = await rehearse(args, (text) => {
      printed += text;
    });
    return { code, printed };
  };

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rehearse-'));
    await writeFile(file('deploy.yaml'), WORKFLOW);
    await writeFile(file('below.yaml'), BELOW);
    await writeFile(file('deploy.rehearsal.yaml'), REHEARSAL);
  });
  after(() => rm(folder, { recursive: true }));

  it('runs a workflow and those beside it with the given results', async () => {
    const { code, printed } = await run(file('deploy.yaml'));
    assert.match(printed, /pack\.deploy, rehearsal: as expected/);
    assert.match(printed, /check#2: core\.local \{"cmd":"ping web1"\}/);
    assert.match(printed, /60\.0 s {2}check: SUCCESS, published \{"said":"ok"\}/);
    assert.match(printed, /output: \{"said":"ok","key":"red"\}/);
    assert.equal(code, 0);
  });

  it('says what is not as expected and ends with 1', async () => {
    await writeFile(file('other.yaml'), `${REHEARSAL.replace('said: ok, key', 'said: no, key')}`);
    const { code, printed } = await run('--rehearsal', file('other.yaml'), file('deploy.yaml'));
    assert.match(printed, /not as expected: output is \{"said":"ok","key":"red"\}, not \{"said":"no","key":"red"\}/);
    assert.equal(code, 1);
  });

  it('shows every problem of a definition with its place', async () => {
    await writeFile(
      file('broken.yaml'),
      "version: '2.0'\nwf:\n  tasks:\n    a: {action: std.noop, on-success: nobody}\n",
    );
    const { code, printed } = await run(file('broken.yaml'));
    assert.match(printed, /broken\.yaml:4:\d+: .*nobody/);
    assert.equal(code, 1);
  });

  it('refuses keys that it does not know', async () => {
    await writeFile(file('typo.yaml'), 'inputs: {}');
    const { code, printed } = await run('--rehearsal', file('typo.yaml'), file('deploy.yaml'));
    assert.match(printed, /has no key 'inputs'/);
    assert.equal(code, 1);
  });
});
