import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { descendantsOf, endOf, reachStatus } from '../support/executions.ts';
import { mistralEraClient } from '../support/mistral-era-client.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RealClients, realClients } from '../support/real-clients.ts';
import { type RunningServices, startServices, workflowServices } from '../support/running-services.ts';

let infrastructure: Provisioned;
let services: RunningServices;
let clients: RealClients;
/** The run of the sample that the clients are asked about. */
let sample: string;

before(async () => {
  infrastructure = await provisioned();
  services = await startServices(infrastructure, {
    only: [...workflowServices, 'st2stream'],
  });
  clients = await realClients(services, path.join(infrastructure.folder, 'home'));
});
after(async () => {
  await services?.stop();
  await infrastructure?.stop();
});

const st2 = async (...args: string[]): Promise<string> => {
  const { ok, output } = await clients.st2(args);
  assert.ok(ok, output);
  return output;
};
const mistral = async (...args: string[]): Promise<string> => {
  const { ok, output } = await clients.mistral(args);
  assert.ok(ok, output);
  return output;
};

/** A table as the clients print it: one record a row, by the names of its columns. */
function tableOf(output: string): readonly Readonly<Record<string, string>>[] {
  const lines = output.split('\n').filter((line) => line.startsWith('|'));
  const [names = [], ...rows] = lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  return rows.map((row) => Object.fromEntries(row.map((cell, index) => [names[index] ?? '', cell])));
}

/** A table of two columns as one record. */
function propertiesOf(output: string): Readonly<Record<string, string>> {
  return Object.fromEntries(tableOf(output).map((row) => Object.values(row) as [string, string]));
}

function idIn(output: string): string {
  return /\b[0-9a-f]{24}\b/.exec(output)?.[0] ?? assert.fail(`no id of an execution in ${output}`);
}

describe('st2, the unmodified client', () => {
  it('logs in, and works with the token that it has stored', async () => {
    const withoutToken = { ST2_AUTH_TOKEN: '' };
    const { name, password } = services.user;
    const refused = await clients.st2(['login', name, '--password', 'wrong'], withoutToken);
    assert.equal(refused.ok, false);
    const login = await clients.st2(['login', name, `--password=${password}`], withoutToken);
    assert.match(login.output, new RegExp(`^Logged in as ${name}$`, 'm'));
    const whoami = await clients.st2(['whoami'], withoutToken);
    assert.match(whoami.output, new RegExp(`Currently logged in as "?${name}`), whoami.output);
  });

  it('action list shows the actions of the packs', async () => {
    const rows = tableOf(await st2('action', 'list'));
    const refs = rows.map(({ ref }) => ref);
    for (const ref of ['core.local', 'core.http', 'examples.hello', 'testpack.wftest'])
      assert.ok(refs.includes(ref), ref);
    const own = tableOf(await st2('action', 'list', '--pack', 'testpack'));
    assert.deepEqual(own, [
      { ref: 'testpack.wftest', pack: 'testpack', description: 'A workflow of one task that says HELLO.' },
    ]);
  });

  it('runner get mistral-v2 shows what the workflow runner is', async () => {
    const properties = propertiesOf(await st2('runner', 'get', 'mistral-v2'));
    const { name, enabled, query_module, runner_module } = properties;
    assert.deepEqual(
      { name, enabled, query_module, runner_module },
      { name: 'mistral-v2', enabled: 'True', query_module: 'mistral_v2', runner_module: 'mistral_v2' },
    );
  });

  it('run testpack.wftest waits for the workflow and prints its task and output', async () => {
    const output = await st2('run', 'testpack.wftest');
    sample = idIn(output);
    assert.match(output, /^action\.ref: testpack\.wftest$/m);
    assert.match(output, new RegExp(`^context\\.user: ${services.user.name}$`, 'm'));
    assert.match(output, /^status: succeeded/m);
    assert.match(output, /name: my_task/);
    assert.match(output, /stdout: HELLO/);
  });

  it('run core.local cmd=date prints the date', async () => {
    const output = await st2('run', 'core.local', 'cmd=date -u +%Y');
    assert.match(output, /^status: succeeded/m);
    assert.match(output, new RegExp(`stdout: '?${new Date().getUTCFullYear()}'?$`, 'm'));
  });

  it('run says what failed, and what is wrong with a request', async () => {
    const failed = await clients.st2(['run', 'core.local', 'cmd=exit 3']);
    assert.match(failed.output, /^status: failed/m);
    assert.match(failed.output, /return_code: 3/);
    const unknown = await clients.st2(['run', 'core.nothing']);
    assert.equal(unknown.ok, false);
    assert.match(unknown.output, /Resource with id or reference "core\.nothing" doesn't exist\./);
  });

  it('run -a answers at once, and execution cancel ends it', async () => {
    const id = idIn(await st2('run', '-a', 'core.local', 'cmd=sleep 60'));
    await reachStatus(services, id, (status) => status === 'running', 'the start');
    assert.match(await st2('execution', 'cancel', id), /canceled|canceling/i);
    assert.equal((await endOf(services, id)).status, 'canceled');
    assert.match(await st2('execution', 'get', id), /^status: canceled/m);
  });

  it('execution cancel ends a workflow with what it runs', async () => {
    const id = idIn(await st2('run', '-a', 'examples.approval'));
    await reachStatus(services, id, (status) => status === 'paused', 'the pause');
    await st2('execution', 'cancel', id);
    assert.equal((await endOf(services, id)).status, 'canceled');
  });

  it('execution list shows the runs, execution get one of them', async () => {
    const rows = tableOf(await st2('execution', 'list'));
    const row = rows.find(({ id }) => id === sample);
    assert.equal(row?.['action.ref'], 'testpack.wftest');
    assert.match(row?.status ?? '', /^succeeded \(\d+s elapsed\)$/);
    assert.ok(
      rows.every(({ 'action.ref': ref }) => ref !== 'core.echo'),
      'what workflows run is shown below them, not here',
    );
    const output = await st2('execution', 'get', sample);
    assert.match(output, /^status: succeeded/m);
    assert.match(output, /stdout: HELLO/);
  });

  it('execution get --detail and the attribute children lead to the executions below', async () => {
    const [child] = await descendantsOf(services, sample);
    assert.equal(child?.action.ref, 'core.local');
    const listed = await st2('execution', 'list', '--action', 'testpack.wftest', '-a', 'id', 'children', 'status');
    assert.match(listed, new RegExp(`\\| \\+ ${sample} `), 'a workflow is marked');
    assert.match(listed, new RegExp(child?.id ?? 'no child'));
    assert.match(await st2('execution', 'get', child?.id ?? ''), /^parent: |status: succeeded/m);
  });

  it('execution tail prints the output of what runs', async () => {
    const id = idIn(await st2('run', '-a', 'core.local', 'cmd=echo one; sleep 1; echo two'));
    const { output } = await clients.st2(['execution', 'tail', id]);
    assert.match(output, /one[\s\S]*two[\s\S]*has completed/);
  });
});

describe('st2 of the time of Mistral, the unmodified client', () => {
  it('run and execution get draw what runs below a workflow as a tree', async () => {
    const st2 = await mistralEraClient(services, path.join(infrastructure.folder, 'old-home'));
    const run = await st2('run', 'examples.subworkflow', 'who=tree');
    assert.match(run.output, /^status: succeeded/m, run.output);
    assert.match(run.output, /greeting: Hello, tree!/);
    const got = await st2('execution', 'get', idIn(run.output));
    for (const { output } of [run, got]) {
      const rows = tableOf(output);
      assert.deepEqual(
        rows.map(({ task, action, status }) => [task, action, status?.replace(/ \(.*/, '')]),
        [
          ['call_hello', 'examples.hello', 'succeeded'],
          ['greet', 'core.echo', 'succeeded'],
        ],
      );
      assert.match(
        output,
        /^\| \+ [0-9a-f]{24} .*call_hello.*\n\| {4}[0-9a-f]{24} .*greet/m,
        'the one below the other',
      );
    }
  });
});

describe('mistral, the unmodified client', () => {
  it('action-get st2.action shows the one action of every task', async () => {
    const properties = propertiesOf(await mistral('action-get', 'st2.action'));
    const { Name, Input, Tags, Description } = properties;
    assert.deepEqual(
      { Name, Input, Tags, Description, system: properties['Is system'] },
      {
        Name: 'st2.action',
        Input: 'action_context, ref, parameters=null, st2_context=null',
        Tags: '<none>',
        Description: 'None',
        system: 'True',
      },
    );
    assert.match(properties.ID ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('workflow-list lists the workflow once, however often it ran', async () => {
    await st2('run', 'testpack.wftest');
    const rows = tableOf(await mistral('workflow-list'));
    assert.equal(rows.filter(({ Name }) => Name === 'testpack.wftest').length, 1);
  });

  it('workflow-get-definition prints the translated workflow', async () => {
    assert.equal(
      await mistral('workflow-get-definition', 'testpack.wftest'),
      [
        'testpack.wftest:',
        '  tasks:',
        '    my_task:',
        '      action: st2.action',
        '      input:',
        '        parameters:',
        "          cmd: echo 'HELLO'",
        '        ref: core.local',
        '  type: direct',
        "version: '2.0'",
        '',
      ].join('\n'),
    );
  });

  it('action-execution-list, execution-list and task-list show the run from each side', async () => {
    const executions = tableOf(await mistral('execution-list')).filter(
      (row) => row['Workflow name'] === 'testpack.wftest',
    );
    assert.deepEqual(
      executions.map(({ State }) => State),
      ['SUCCESS', 'SUCCESS'],
    );
    const tasks = tableOf(await mistral('task-list')).filter((row) => row['Workflow name'] === 'testpack.wftest');
    assert.deepEqual(
      tasks.map((row) => [row.Name, row.State, row['Workflow Execution ID']]).sort(),
      executions.map((row) => ['my_task', 'SUCCESS', row.ID]).sort(),
    );
    const runs = tableOf(await mistral('action-execution-list')).filter(
      (row) => row['Workflow name'] === 'testpack.wftest',
    );
    assert.deepEqual(
      runs.map((row) => [row.Name, row['Task name'], row.State, row['Task ID']]).sort(),
      tasks.map((row) => ['st2.action', 'my_task', 'SUCCESS', row.ID]).sort(),
    );
  });
});
