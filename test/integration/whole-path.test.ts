import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import {
  descendantsOf,
  type ExecutionAnswer,
  endOf,
  getExecution,
  reachStatus,
  requestExecution,
  runToEnd,
  tasksOf,
} from '../support/executions.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

/** What the dispatcher has to upload for the sample, byte for byte. */
const translated = `testpack.wftest:
  tasks:
    my_task:
      action: st2.action
      input:
        parameters:
          cmd: echo 'HELLO'
        ref: core.local
  type: direct
version: '2.0'
`;

let infrastructure: Provisioned;
let services: RunningServices;

before(async () => {
  infrastructure = await provisioned();
  services = await startServices(infrastructure, {
    only: [
      'st2api',
      'st2auth',
      'st2actionrunner',
      'st2scheduler',
      'st2notifier',
      'mistral-api',
      'mistral-server',
      'st2resultstracker',
    ],
  });
});
after(async () => {
  await services?.stop();
  await infrastructure?.stop();
});

describe('testpack.wftest through every process', () => {
  let execution: ExecutionAnswer;

  before(async () => {
    execution = await runToEnd(services, 'testpack.wftest');
  });

  it('succeeds with the result of its task', () => {
    assert.equal(execution.status, 'succeeded');
    const task = tasksOf(execution).get('my_task') ?? assert.fail('my_task is missing');
    assert.equal(task.state, 'SUCCESS');
    assert.deepEqual(task.result, {
      failed: false,
      succeeded: true,
      return_code: 0,
      stdout: 'HELLO',
      stderr: '',
    });
    assert.deepEqual(execution.result.extra, { state: 'SUCCESS', state_info: null });
    assert.deepEqual(
      execution.log.map(({ status }) => status),
      ['requested', 'scheduled', 'running', 'succeeded'],
    );
  });

  it('has the action of its task as its child, which knows its place in the workflow', async () => {
    const children = await descendantsOf(services, execution.id);
    assert.deepEqual(
      children.map((child) => [child.action.ref, child.status, child.parent]),
      [['core.local', 'succeeded', execution.id]],
    );
    const mistral = children[0]?.context.mistral as Record<string, unknown>;
    const own = execution.context.mistral as Record<string, unknown>;
    assert.equal(mistral.task_name, 'my_task');
    assert.equal(mistral.workflow_name, 'testpack.wftest');
    assert.equal(mistral.workflow_execution_id, own.execution_id);
    assert.equal(own.workflow_name, 'testpack.wftest');
  });

  it('is uploaded to the engine in its translated form, byte for byte', async () => {
    const response = await fetch(`${services.mistralUrl}/workflows/testpack.wftest`);
    const { definition } = (await response.json()) as { readonly definition: string };
    assert.equal(definition, translated);
  });

  it('is found in Temporal by the names that an operator knows', async () => {
    const connection = await Connection.connect({ address: infrastructure.env.TEMPORAL_ADDRESS });
    try {
      const client = new Client({ connection, namespace: infrastructure.env.TEMPORAL_NAMESPACE });
      const query = `st2_execution_id = '${execution.id}' AND st2_user = '${services.user.name}'`;
      const found = await waitFor(
        async () => {
          for await (const run of client.workflow.list({ query })) return run;
          return undefined;
        },
        { what: 'the run among those that the search attributes find' },
      );
      assert.equal(found.type, 'testpack.wftest');
      assert.equal(found.workflowId, `testpack.wftest/${execution.id}`);
      const handle = client.workflow.getHandle(found.workflowId);
      assert.deepEqual((await handle.describe()).memo?.execution_id, execution.id);
      const { events = [] } = await handle.fetchHistory();
      const activities = (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes);
      assert.deepEqual(
        activities.map((event) => [
          event.activityTaskScheduledEventAttributes?.activityType?.name,
          Buffer.from(event.userMetadata?.summary?.data ?? []).toString(),
        ]),
        [['st2.action', '"my_task: core.local"']],
      );
      const decode = (_: string, data: string) => Buffer.from(data, 'base64').toString();
      const text = JSON.stringify(events).replace(/"data":"([^"]*)"/g, decode);
      assert.match(text, /core\.local/);
      assert.equal(text.includes(await services.token()), false, "a token stands in Temporal's history");
    } finally {
      await connection.close();
    }
  });
});

describe('the workflows of the examples pack', () => {
  const output = (execution: ExecutionAnswer) => {
    const { tasks: _tasks, extra: _extra, ...rest } = execution.result;
    return rest;
  };
  /** Action, parameters, output, and how often the actions ran below it. */
  const cases: readonly (readonly [
    string,
    Record<string, unknown>,
    Record<string, unknown>,
    Record<string, number>,
  ])[] = [
    ['hello', { who: 'Temporal' }, { greeting: 'Hello, Temporal!' }, { 'core.echo': 1 }],
    ['branching', { number: 3 }, { verdict: '3 is small' }, { 'core.noop': 1, 'core.echo': 1 }],
    ['branching', { number: 30 }, { verdict: '30 is large' }, { 'core.noop': 1, 'core.echo': 1 }],
    [
      'error-handling',
      {},
      { handled: 'exit code 3 was dealt with', exit_code: 3 },
      { 'core.local': 1, 'core.echo': 1 },
    ],
    ['fork-join', {}, { all: ['red', 'green', 'blue'] }, { 'core.noop': 1, 'core.echo': 3 }],
    ['jinja', {}, { domain: 'example.com', shouted: 'WEB-01.EXAMPLE.COM' }, { 'core.echo': 1 }],
    ['loop', { to: 3 }, { count: 3 }, { 'core.noop': 4, 'core.echo': 1 }],
    ['python', { numbers: [4, 5] }, { total: 9 }, { 'examples.add': 1, 'core.echo': 1 }],
    ['retrying', {}, {}, { 'core.local': 4 }],
    ['reverse', { task_name: 'test' }, {}, { 'core.echo': 2 }],
    ['subworkflow', { who: 'you' }, { greeting: 'Hello, you!' }, { 'examples.hello': 1, 'core.echo': 1 }],
    ['with-items', { names: ['Ada', 'Grace'] }, { greetings: ['Hello, Ada!', 'Hello, Grace!'] }, { 'core.echo': 2 }],
    ['workbook', { word: 'tra' }, { result: 'tratra' }, { 'core.echo': 1 }],
  ];

  for (const [name, parameters, expected, actions] of cases) {
    it(`${name} ${JSON.stringify(parameters)} ends as its description says`, async () => {
      const execution = await runToEnd(services, `examples.${name}`, parameters);
      assert.equal(execution.status, 'succeeded', JSON.stringify(execution.result));
      const found = output(execution);
      assert.deepEqual({ ...found, ...expected }, found, 'its output');
      const counts: Record<string, number> = {};
      for (const { action } of await descendantsOf(services, execution.id)) {
        counts[action.ref] = (counts[action.ref] ?? 0) + 1;
      }
      assert.deepEqual(counts, actions);
    });
  }

  for (const approved of [true, false]) {
    it(`approval waits for an answer, and ${approved ? 'goes on' : 'fails'} when it is ${approved}`, async () => {
      const { id } = await requestExecution(services, 'examples.approval');
      await reachStatus(services, id, (status) => status === 'paused', 'the pause');
      const asked = (await descendantsOf(services, id)).find(({ status }) => status === 'pending');
      assert.equal(asked?.action.ref, 'core.ask');
      await services.request('PUT', `/inquiries/${asked?.id}`, { id: asked?.id, response: { approved } });
      const execution = await endOf(services, id);
      assert.equal(execution.status, approved ? 'succeeded' : 'failed', JSON.stringify(execution.result));
      assert.equal((await getExecution(services, asked?.id ?? '')).status, 'succeeded');
      const refs = (await descendantsOf(services, id)).map(({ action }) => action.ref).sort();
      assert.deepEqual(refs, approved ? ['core.ask', 'core.echo'] : ['core.ask']);
    });
  }
});
