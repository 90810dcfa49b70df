/** Cancel, pause, resume and re-run through the whole path: workflows in workflows, chains in workflows and the reverse. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices, workflowServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

interface ApiExecution {
  readonly id: string;
  readonly status: string;
  readonly action: { readonly ref: string };
  readonly children?: readonly string[];
  readonly result: {
    readonly error?: string;
    readonly extra?: { readonly state: string; readonly state_info: string | null };
  };
  readonly context: { readonly mistral?: { readonly execution_id?: string } };
}

/** `action: status` of an execution and what is under it, depth first. */
type Tree = readonly string[];

const WORKFLOWS: Readonly<Record<string, string>> = {
  lin: `
    one:
      action: core.local
      input: {cmd: "while [ -e <% $.file %> ]; do sleep 0.05; done", timeout: 60}
      on-success: two
    two: {action: core.noop}`,
  parent: `
    sub: {action: steer.lin, input: {file: <% $.file %>}}`,
  wfchain: `
    ch: {action: steer.chainwf, input: {file: <% $.file %>}}`,
  fails: `
    one: {action: core.noop, on-success: two}
    two: {action: core.local, input: {cmd: "test ! -e <% $.file %>"}, on-success: three}
    three: {action: core.noop}`,
  held: `
    one: {action: core.local, input: {cmd: "test ! -e <% $.file %>"}, on-success: both}
    other: {action: core.noop, on-success: both}
    both: {join: all, action: core.noop}`,
  retried: `
    flaky: {action: steer.flaky, input: {file: <% $.file %>}}`,
};

const CHAIN = `
chain:
  - {name: c1, ref: steer.lin, parameters: {file: "{{ file }}"}, on-success: c2}
  - {name: c2, ref: core.noop}
`;

/** Under each action, from the outside to the inside, the workflows that are steered with it. */
const STEERED: Readonly<Record<string, readonly string[]>> = {
  'steer.lin': ['steer.lin'],
  'steer.parent': ['steer.parent', 'steer.lin'],
  'steer.chainwf': ['steer.chainwf', 'steer.lin'],
  'steer.wfchain': ['steer.wfchain', 'steer.chainwf', 'steer.lin'],
};

describe('steering of workflows and chains', () => {
  let infrastructure: Provisioned;
  let services: RunningServices;
  let files = 0;

  async function writePack(folder: string): Promise<void> {
    const actions = path.join(folder, 'steer', 'actions');
    await mkdir(path.join(actions, 'definitions'), { recursive: true });
    await mkdir(path.join(folder, 'steer', 'policies'), { recursive: true });
    const meta = 'description: d\nversion: 1.0.0\nauthor: a\nemail: a@example.com\n';
    await writeFile(path.join(folder, 'steer', 'pack.yaml'), `ref: steer\nname: steer\n${meta}`);
    const action = (name: string, runner: string, entry: string, more = '') =>
      writeFile(
        path.join(actions, `${name}.yaml`),
        `name: ${name}\nrunner_type: ${runner}\nentry_point: "${entry}"\nenabled: true\ndescription: d\nparameters:\n  file: {type: string}\n${more}`,
      );
    for (const [name, tasks] of Object.entries(WORKFLOWS)) {
      await action(name, 'mistral-v2', `definitions/${name}.yaml`);
      const text = `version: '2.0'\nsteer.${name}:\n  input: [file]\n  tasks:${tasks}\n`;
      await writeFile(path.join(actions, 'definitions', `${name}.yaml`), text);
    }
    await action('chainwf', 'action-chain', 'definitions/chain.yaml');
    await writeFile(path.join(actions, 'definitions', 'chain.yaml'), CHAIN);
    const cmd = 'echo x >> {{ file }}; test $(wc -l < {{ file }}) -ge 3';
    await action('flaky', 'local-shell-cmd', '', `  cmd: {type: string, immutable: true, default: "${cmd}"}\n`);
    await writeFile(
      path.join(folder, 'steer', 'policies', 'again.yaml'),
      'name: again\ndescription: d\nenabled: true\nresource_ref: steer.flaky\npolicy_type: action.retry\nparameters: {retry_on: failure, max_retry_count: 3}\n',
    );
  }

  before(async () => {
    infrastructure = await provisioned();
    const packs = path.join(infrastructure.folder, 'packs');
    await writePack(packs);
    services = await startServices(infrastructure, {
      only: workflowServices,
      packFolders: [packs],
    });
  });
  after(async () => {
    await services?.stop();
    await infrastructure?.stop();
  });

  const get = (id: string) => services.request<ApiExecution>('GET', `/executions/${id}`);
  const start = (action: string, file: string) =>
    services.request<ApiExecution>('POST', '/executions', { action, parameters: { file } });

  async function tree(id: string): Promise<Tree> {
    const { action, status, children = [] } = await get(id);
    return [`${action.ref}: ${status}`, ...(await Promise.all(children.map(tree))).flat()];
  }

  async function treeWith(id: string, expected: Tree): Promise<void> {
    let last: Tree = [];
    try {
      await waitFor(
        async () => {
          last = await tree(id);
          return last.join('\n') === expected.join('\n');
        },
        { what: 'the tree' },
      );
    } catch {
      assert.deepEqual(last, expected);
    }
  }

  /** The children of branches that run side by side come in any order. */
  async function heldWith(id: string, status: string, children: Tree): Promise<void> {
    const expected = [`steer.held: ${status}`, ...children].sort();
    let last: Tree = [];
    const matches = async () => {
      last = [...(await tree(id))].sort();
      return last.join('\n') === expected.join('\n');
    };
    await waitFor(matches, { what: `the tree ${expected}` }).catch(() => assert.deepEqual(last, expected));
  }

  /** The engine has heard of a cancel or pause: what ends from now on starts nothing more. */
  async function engineIsIn(id: string, state: 'CANCELLED' | 'PAUSED'): Promise<void> {
    const { context, children = [] } = await get(id);
    const workflow = context.mistral?.execution_id;
    const reached = async () => {
      const headers = { 'x-auth-token': await services.token() };
      const answer = await fetch(`${services.mistralUrl}/executions/${workflow}`, { headers });
      return ((await answer.json()) as { readonly state: string }).state === state;
    };
    if (workflow !== undefined) await waitFor(reached, { what: `${state} of the workflow of ${id}` });
    for (const child of children) await engineIsIn(child, state);
  }

  async function newFile(): Promise<string> {
    files += 1;
    const file = path.join(infrastructure.folder, `file${files}`);
    await writeFile(file, '');
    return file;
  }

  const all = (refs: readonly string[], status: string) => refs.map((ref) => `${ref}: ${status}`);

  for (const [action, refs] of Object.entries(STEERED)) {
    it(`cancel of ${action}: canceling while its leaf runs, canceled after`, async () => {
      const file = await newFile();
      const { id } = await start(action, file);
      await treeWith(id, [...all(refs, 'running'), 'core.local: running']);
      await services.request('DELETE', `/executions/${id}`);
      await treeWith(id, [...all(refs, 'canceling'), 'core.local: running']);
      await engineIsIn(id, 'CANCELLED');
      await rm(file);
      await treeWith(id, [...all(refs, 'canceled'), 'core.local: succeeded']);
    });

    it(`pause and resume of ${action}: pausing while its leaf runs, then paused, then done`, async () => {
      const file = await newFile();
      const { id } = await start(action, file);
      await treeWith(id, [...all(refs, 'running'), 'core.local: running']);
      await services.request('PUT', `/executions/${id}`, { status: 'pausing' });
      await treeWith(id, [...all(refs, 'pausing'), 'core.local: running']);
      await engineIsIn(id, 'PAUSED');
      await rm(file);
      await treeWith(id, [...all(refs, 'paused'), 'core.local: succeeded']);
      await services.request('PUT', `/executions/${id}`, { status: 'resuming' });
      const chains = refs.filter((ref) => ref === 'steer.chainwf').map(() => 'core.noop: succeeded');
      await treeWith(id, [...all(refs, 'succeeded'), 'core.local: succeeded', 'core.noop: succeeded', ...chains]);
    });
  }

  it('many at once, each resumed the moment it is paused: all of them end well', async () => {
    const reaches = (id: string, ...statuses: string[]) =>
      waitFor(
        async () => {
          const { status } = await get(id);
          return statuses.includes(status) && status;
        },
        { what: `${statuses} of ${id}` },
      );
    const once = async ([action, refs]: readonly [string, readonly string[]]) => {
      const file = await newFile();
      const { id } = await start(action, file);
      await treeWith(id, [...all(refs, 'running'), 'core.local: running']);
      await services.request('PUT', `/executions/${id}`, { status: 'pausing' });
      // What runs ends while the pause is on its way down; where the pause comes too late, the whole ends.
      await rm(file);
      if ((await reaches(id, 'paused', 'succeeded')) === 'succeeded') return 'succeeded';
      await services.request('PUT', `/executions/${id}`, { status: 'resuming' });
      await reaches(id, 'succeeded');
      return 'paused';
    };
    const steered = Object.entries(STEERED).filter(([action]) => action !== 'steer.lin');
    const courses = await Promise.all([...steered, ...steered, ...steered].map(once));
    assert.ok(courses.includes('paused'), 'none was paused in time');
  });

  it('re-run of a failed task goes on in the same workflow execution; a second one is refused', async () => {
    const file = await newFile();
    const { id } = await start('steer.fails', file);
    await treeWith(id, ['steer.fails: failed', 'core.noop: succeeded', 'core.local: failed']);
    await rm(file);
    const again = await services.request<ApiExecution>('POST', `/executions/${id}/re_run`, { tasks: ['two'] });
    await treeWith(again.id, ['steer.fails: succeeded', 'core.local: succeeded', 'core.noop: succeeded']);
    const [first, second] = await Promise.all([get(id), get(again.id)]);
    assert.equal(second.context.mistral?.execution_id, first.context.mistral?.execution_id);

    const refused = await services.request<ApiExecution>('POST', `/executions/${id}/re_run`, { tasks: ['two'] });
    await treeWith(refused.id, ['steer.fails: failed']);
    assert.equal((await get(refused.id)).result.error, 'Workflow execution is not in a rerunable state.');
  });

  it('hold on failure: paused at the failed task; its re-run goes on in the same execution', async () => {
    const file = await newFile();
    const body = { action: 'steer.held', parameters: { file, hold_on_failure: true } };
    const { id } = await services.request<ApiExecution>('POST', '/executions', body);
    const heldTree = ['core.local: failed', 'core.noop: succeeded'];
    await heldWith(id, 'paused', heldTree);
    const { result, context } = await get(id);
    assert.equal(result.extra?.state, 'PAUSED');
    assert.match(result.extra?.state_info ?? '', /one/);

    await assert.rejects(
      services.request('POST', `/executions/${id}/re_run`, { tasks: ['other'] }),
      /400.*rerunable tasks: other/,
    );
    // Tried too early: it is held once more. A resume tries what failed again, just as a re-run does.
    const early = await services.request<ApiExecution>('POST', `/executions/${id}/re_run`, { tasks: ['one'] });
    assert.equal(early.id, id);
    await heldWith(id, 'paused', [...heldTree, 'core.local: failed']);
    await services.request('PUT', `/executions/${id}`, { status: 'resuming' });
    await heldWith(id, 'paused', [...heldTree, 'core.local: failed', 'core.local: failed']);

    await rm(file);
    await services.request('POST', `/executions/${id}/re_run`, { tasks: ['one'] });
    await heldWith(id, 'succeeded', [
      ...heldTree,
      ...['core.local: failed', 'core.local: failed', 'core.local: succeeded', 'core.noop: succeeded'],
    ]);
    assert.equal((await get(id)).context.mistral?.execution_id, context.mistral?.execution_id);
  });

  it('a held workflow can be canceled', async () => {
    const body = { action: 'steer.held', parameters: { file: await newFile(), hold_on_failure: true } };
    const { id } = await services.request<ApiExecution>('POST', '/executions', body);
    await heldWith(id, 'paused', ['core.local: failed', 'core.noop: succeeded']);
    await services.request('DELETE', `/executions/${id}`);
    await heldWith(id, 'canceled', ['core.local: failed', 'core.noop: succeeded']);
  });

  it('a retry policy works inside of a workflow: the workflow hears of the last try only', async () => {
    const { id } = await start('steer.retried', await newFile());
    await treeWith(id, [
      'steer.retried: succeeded',
      'steer.flaky: failed',
      'steer.flaky: failed',
      'steer.flaky: succeeded',
    ]);
  });
});
