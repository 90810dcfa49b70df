import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { type MistralAnswer as Answer, mistralCalls } from '../support/mistral-calls.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RealClients, realClients } from '../support/real-clients.ts';
import { type RunningServices, startServices } from '../support/running-services.ts';
import { waitFor } from '../support/wait-for.ts';

let infrastructure: Provisioned;
let services: RunningServices;
let clients: RealClients;
const { call, start, untilState } = mistralCalls(() => services);

before(async () => {
  infrastructure = await provisioned({ bus: 'local' });
  services = await startServices(infrastructure, { only: ['mistral-api', 'mistral-server'], registerPacks: false });
  clients = await realClients(services, path.join(infrastructure.folder, 'clients'));
});

after(async () => {
  await services?.stop();
  await infrastructure?.stop();
});

const greeting = `
version: '2.0'
t.greeting:
  input: [name]
  output:
    greeting: <% $.greeting %>
    numbers: <% $.numbers %>
  tasks:
    greet:
      action: std.echo output="Hello <% $.name %>"
      publish: {greeting: <% task().result %>}
      on-success: [left, right]
    left:
      action: std.noop
      on-success: both
    right:
      action: std.echo output="x" delay=0.2
      on-success: both
    both:
      join: all
      with-items: i in [1, 2, 3]
      action: std.echo output=<% $.i * 10 %>
      publish: {numbers: <% task().result %>}
`;

test('a workflow of std actions runs through the real client, start to end', async () => {
  const file = path.join(infrastructure.folder, 'greeting.yaml');
  await writeFile(file, greeting);
  const created = await clients.mistral(['workflow-create', file]);
  assert.match(created.output, /t\.greeting/);
  const started = await clients.mistral(['execution-create', 't.greeting', '{"name": "World"}', '-f', 'json']);
  const { ID: id } = JSON.parse(started.output) as { ID: string };
  await untilState(id, 'SUCCESS');
  const output = await clients.mistral(['execution-get-output', id]);
  assert.deepEqual(JSON.parse(output.output), { greeting: 'Hello World', numbers: [10, 20, 30] });
  const tasks = JSON.parse((await clients.mistral(['task-list', id, '-f', 'json'])).output) as { Name: string }[];
  assert.deepEqual(tasks.map((task) => task.Name).sort(), ['both', 'greet', 'left', 'right']);
  const text = await clients.mistral(['workflow-get-definition', 't.greeting']);
  assert.equal(text.output.trim(), (await readFile(file, 'utf8')).trim());
});

test('the generic action is shown as StackStorm users know it', async () => {
  const { output } = await clients.mistral(['action-get', 'st2.action']);
  assert.match(output, /\| Input +\| action_context, ref, parameters=null, st2_context=null +\|/);
  assert.match(output, /\| Is system +\| True +\|/);
});

const staged = `
version: '2.0'
t.staged:
  output: {done: <% task(third).result %>}
  tasks:
    first: {action: std.echo output="1" delay=1, on-success: second}
    second: {action: std.echo output="2" delay=1, on-success: third}
    third: {action: std.echo output="3" delay=1}
`;

test('kill -9 of the worker in the middle: the workflow goes on elsewhere', async () => {
  const id = await start(staged, 't.staged');
  await waitFor(
    async () => {
      const { body } = await call('GET', `/executions/${id}/tasks`);
      return (body as { tasks: Answer[] }).tasks.some((task) => task.name === 'first' && task.state === 'SUCCESS');
    },
    { what: 'the first task done' },
  );
  await services.kill('mistral-server');
  await services.restart('mistral-server');
  const ended = await untilState(id, 'SUCCESS');
  assert.deepEqual(JSON.parse(String(ended.output)), { done: '3' });
});

test('what a workflow was told before a worker had begun it holds', async () => {
  await services.kill('mistral-server');
  const [paused, cancelled] = [await start(staged, 't.staged'), await start(staged, 't.staged')];
  const client = new Client({ connection: await Connection.connect({ address: infrastructure.env.TEMPORAL_ADDRESS }) });
  await client.workflow.getHandle(`t.staged/${paused}`).signal('pause');
  await client.workflow.getHandle(`t.staged/${cancelled}`).signal('cancel', {});
  await client.connection.close();
  await services.restart('mistral-server');
  await untilState(paused, 'PAUSED');
  await call('PUT', `/executions/${paused}`, { state: 'RUNNING' });
  await untilState(paused, 'SUCCESS');
  await untilState(cancelled, 'CANCELLED');
});

test('pause, resume and cancel', async () => {
  const id = await start(staged, 't.staged');
  const paused = await call('PUT', `/executions/${id}`, { state: 'PAUSED' });
  assert.equal((paused.body as Answer).state, 'PAUSED');
  const resumed = await call('PUT', `/executions/${id}`, { state: 'RUNNING' });
  assert.equal((resumed.body as Answer).state, 'RUNNING');
  await call('PUT', `/executions/${id}`, { state: 'CANCELLED' });
  await untilState(id, 'CANCELLED');
});

const waiting = `
version: '2.0'
t.waiting:
  output: {got: <% task(wait).result %>}
  tasks:
    wait: {action: std.async_noop}
`;

test('an asynchronous action is completed from outside', async () => {
  const id = await start(waiting, 't.waiting');
  const run = await waitFor(
    async () => {
      const { body } = await call('GET', '/action_executions?workflow_name=t.waiting');
      return (body as { action_executions: Answer[] }).action_executions.find((one) => one.state === 'RUNNING');
    },
    { what: 'the waiting action' },
  );
  const done = await call('PUT', `/action_executions/${run.id}`, { state: 'SUCCESS', output: '{"answer": 42}' });
  assert.equal((done.body as Answer).state, 'SUCCESS');
  assert.deepEqual(JSON.parse(String((await untilState(id, 'SUCCESS')).output)), { got: { answer: 42 } });
});

const failingBelow = `
version: '2.0'
t.failing_below:
  input: [other]
  output:
    broken: <% $.broken %>
    others: <% $.others %>
    below: <% $.below %>
  tasks:
    bad: {workflow: t.bad_above, on-error: look}
    look:
      action: std.noop
      publish:
        broken: <% tasks(execution().id, true, ERROR, true).select(dict(name => $.name, result => $.result, written => $.spec.action)) %>
        others: <% tasks($.other).select(dict(name => $.name, state => $.state)) %>
        below: "{{ executions(root_execution_id=execution().id, state='ERROR') | map(attribute='name') | list }}"
t.bad_above:
  tasks:
    middle: {workflow: t.bad_below}
t.bad_below:
  tasks:
    fine: {action: std.noop, on-success: broken}
    broken: {action: std.fail error_data="no luck"}
`;

test('a cancel in Temporal cancels', async () => {
  const id = await start(staged, 't.staged');
  const states = async () => {
    const { body } = await call('GET', `/executions/${id}/tasks`);
    return (body as { tasks: Answer[] }).tasks.map(({ name, state }) => `${name} ${state}`);
  };
  await waitFor(async () => (await states()).includes('first RUNNING'), { what: 'the first task' });
  const client = new Client({ connection: await Connection.connect({ address: infrastructure.env.TEMPORAL_ADDRESS }) });
  const handle = client.workflow.getHandle(`t.staged/${id}`);
  await handle.cancel();
  assert.equal((await untilState(id, 'CANCELLED')).state_info, 'Cancelled in Temporal.');
  await assert.rejects(handle.result(), ({ cause }: Error) => (cause as Error).message === 'Cancelled in Temporal.');
  await client.connection.close();
});

test('a workflow looks into its sub-workflows and into others, also into one that runs', async () => {
  const other = await start(waiting, 't.waiting');
  const id = await start(failingBelow, 't.failing_below', { other });
  const ended = await untilState(id, 'SUCCESS');
  assert.deepEqual(JSON.parse(String(ended.output)), {
    broken: [{ name: 'broken', result: 'no luck', written: 'std.fail error_data="no luck"' }],
    others: [{ name: 'wait', state: 'RUNNING' }],
    below: ['t.bad_above', 't.bad_below'],
  });
  await call('PUT', `/executions/${other}`, { state: 'CANCELLED' });
});

test('a start that is meant for one definition is refused when another one is stored', async () => {
  const id = await start(waiting, 't.waiting');
  const workflow = (await call('GET', '/workflows/t.waiting')).body as Answer;
  const request = { workflow_name: 't.waiting' };
  const refused = await call('POST', '/executions', request, { 'if-match': '"0123456789abcdef0123456789abcdef"' });
  assert.equal(refused.status, 412);
  const started = await call('POST', '/executions', request, { 'if-match': `"${workflow.checksum}"` });
  assert.equal(started.status, 201);
  for (const one of [id, String((started.body as Answer).id)])
    await call('PUT', `/executions/${one}`, { state: 'CANCELLED' });
});

const failing = `
version: '2.0'
t.failing:
  input: [ok]
  output: {tried: <% task(flaky).result %>}
  tasks:
    flaky:
      action: std.echo output=<% env().ok %>
      publish: {must: <% env().ok + 1 %>}
`;

test('a failed task is run again in the same execution, with another environment', async () => {
  const id = await start(failing, 't.failing', { ok: 1 }, { env: { ok: 'text' } });
  await untilState(id, 'ERROR');
  const { body } = await call('GET', `/executions/${id}/tasks`);
  const [task] = (body as { tasks: Answer[] }).tasks;
  assert.equal(task?.state, 'ERROR');
  const again = await call('PUT', `/tasks/${task?.id}`, {
    state: 'RUNNING',
    reset: true,
    env: JSON.stringify({ ok: 1 }),
  });
  assert.equal(again.status, 200, JSON.stringify(again.body));
  assert.deepEqual(JSON.parse(String((await untilState(id, 'SUCCESS')).output)), { tried: 1 });
});

const parent = `
version: '2.0'
t.child:
  input: [word]
  output: {twice: "<% $.word + $.word %>"}
  tasks:
    say: {action: std.noop}
t.parent:
  output: {answer: <% task(call).result.twice %>}
  tasks:
    call: {workflow: t.child word="ab"}
`;

test('a sub-workflow is a Temporal workflow of its own, found through its parent task', async () => {
  const id = await start(parent, 't.parent');
  const ended = await untilState(id, 'SUCCESS');
  assert.deepEqual(JSON.parse(String(ended.output)), { answer: 'abab' });
  const { body } = await call('GET', `/executions/${id}/executions`);
  const names = (body as { executions: Answer[] }).executions.map((one) => one.workflow_name);
  assert.deepEqual(names.sort(), ['t.child', 't.parent']);
});

test('sub-executions: those of failed tasks, down to a depth, and of one task', async () => {
  const definition = `
version: '2.0'
t.below:
  tasks:
    say: {action: std.noop}
t.middle:
  tasks:
    call: {workflow: t.below, on-success: fail}
    fail: {action: std.fail}
t.top:
  tasks:
    good: {workflow: t.below, on-success: bad}
    bad: {workflow: t.middle}
`;
  const id = await start(definition, 't.top');
  await untilState(id, 'ERROR');
  const list = async (path: string) => {
    const { body } = await call('GET', path);
    return (body as { executions: Answer[] }).executions;
  };
  const names = async (path: string) => (await list(path)).map((one) => one.workflow_name);
  const base = `/executions/${id}/executions`;
  assert.deepEqual(await names(base), ['t.top', 't.below', 't.middle', 't.below']);
  assert.deepEqual(await names(`${base}?max_depth=0`), ['t.top']);
  assert.deepEqual(await names(`${base}?max_depth=1`), ['t.top', 't.below', 't.middle']);
  assert.deepEqual(await names(`${base}?errors_only=True`), ['t.top', 't.middle']);
  assert.ok((await list(base)).every((one) => !('output' in one)));
  assert.ok((await list(`${base}?include_output=True`)).every((one) => 'output' in one));
  const { body } = await call('GET', `/executions/${id}/tasks`);
  const task = (body as { tasks: Answer[] }).tasks.find((one) => one.name === 'bad');
  assert.deepEqual(await names(`/tasks/${task?.id}/executions`), ['t.middle', 't.below']);
  assert.equal((await call('GET', `${base}?max_depth=x`)).status, 400);
});

test('of several definitions one that is refused keeps the others from being stored', async () => {
  const workflow = (name: string) => `${name}: {tasks: {a: {action: std.noop}}}\n`;
  assert.equal((await call('POST', '/workflows', `version: '2.0'\n${workflow('t.there')}`)).status, 201);
  const both = `version: '2.0'\n${workflow('t.new')}${workflow('t.there')}`;
  assert.equal((await call('POST', '/workflows', both)).status, 409);
  assert.equal((await call('GET', '/workflows/t.new')).status, 404);
  assert.equal((await call('PUT', '/workflows', both)).status, 404);
});

test('values far over the limits of Temporal pass', async () => {
  const definition = `
version: '2.0'
t.big:
  input: [text]
  output: {size: <% $.text.len() %>}
  tasks:
    keep: {action: std.echo output=<% $.text %>}
`;
  const text = randomBytes(1_500_000).toString('base64');
  const id = await start(definition, 't.big', { text });
  assert.deepEqual(JSON.parse(String((await untilState(id, 'SUCCESS')).output)), { size: text.length });
});

test('a long history goes on as a new run, with its timers and waiting actions; no request is sent twice', async () => {
  const requests: string[] = [];
  let answer: () => void = () => undefined;
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (request.url === '/slow') answer = () => response.end('"slow"');
    else response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const definition = `
version: '2.0'
t.long:
  output:
    items: <% len(task(many).result) %>
    late: <% task(late).result %>
    got: <% task(held).result %>
    told: <% task(asked).result %>
    slow: <% task(slow).result.content %>
  tasks:
    wait: {action: std.sleep, input: {seconds: 12}, on-success: late}
    late: {action: std.echo, input: {output: late}}
    held: {action: std.async_noop}
    asked: {action: std.mistral_http, input: {url: '${address}/asked'}}
    slow: {action: std.http, input: {url: '${address}/slow'}}
    many:
      with-items: i in <% range(2200) %>
      action: std.echo
      input: {output: <% $.i %>, delay: 0.02}
`;
  const id = await start(definition, 't.long');
  const findTask = async (name: string, state: string) => {
    const { body } = await call('GET', `/executions/${id}/tasks`);
    return (body as { tasks: Answer[] }).tasks.find((task) => task.name === name && task.state === state);
  };
  const client = new Client({ connection: await Connection.connect({ address: infrastructure.env.TEMPORAL_ADDRESS }) });
  const isNewRun = async () => {
    const { raw } = await client.workflow.getHandle(`t.long/${id}`).describe();
    return raw.workflowExecutionInfo?.execution?.runId !== raw.workflowExecutionInfo?.firstRunId;
  };
  await waitFor(() => findTask('many', 'SUCCESS'), { what: 'all items' });
  await waitFor(() => findTask('late', 'SUCCESS'), { what: 'the timer of before' });
  assert.equal(await isNewRun(), false, 'it went on while a request was under way');
  answer();
  await waitFor(isNewRun, { what: 'the new run' });
  for (const name of ['held', 'asked']) {
    const task = await findTask(name, 'RUNNING');
    const { body } = await call('GET', `/tasks/${task?.id}/action_executions`);
    const [run] = (body as { action_executions: Answer[] }).action_executions;
    await call('PUT', `/action_executions/${run?.id}`, { state: 'SUCCESS', output: `"${name}"` });
  }
  const ended = await untilState(id, 'SUCCESS');
  const output = { items: 2200, late: 'late', got: 'held', told: 'asked', slow: 'slow' };
  assert.deepEqual(JSON.parse(String(ended.output)), output);
  assert.deepEqual(requests.sort(), ['/asked', '/slow']);
  server.close();
  await client.connection.close();
});

test('an endless loop of immediate actions leaves the worker free, and can be cancelled', async () => {
  const definition = `
version: '2.0'
t.loop:
  tasks:
    seed: {action: std.noop, on-success: again}
    again: {action: std.noop, on-success: again}
`;
  const id = await start(definition, 't.loop');
  const other = await start(greeting, 't.greeting', { name: 'you' });
  await untilState(other, 'SUCCESS');
  await call('PUT', `/executions/${id}`, { state: 'CANCELLED' });
  await untilState(id, 'CANCELLED');
});

test('params may name an environment, and a workflow started by id finds its sub-workflows where it is itself', async () => {
  const definitions = (word: string) => `
version: '2.0'
t.place:
  output: {word: <% task(call).result.word %>, env: <% env().name %>}
  tasks:
    call: {workflow: t.place_child}
t.place_child:
  output: {word: ${word}}
  tasks:
    done: {action: std.noop}
`;
  await call('POST', '/workflows', definitions('outside'));
  const made = await call('POST', '/workflows?namespace=ns1', definitions('inside'));
  const [{ id: workflow_id } = {}] = (made.body as { workflows: Answer[] }).workflows;
  await call('POST', '/environments', { name: 'prod', variables: JSON.stringify({ name: 'production' }) });
  const started = await call('POST', '/executions', { workflow_id, params: { env: 'prod' } });
  assert.equal(started.status, 201, JSON.stringify(started.body));
  const { output } = await untilState((started.body as Answer).id, 'SUCCESS');
  assert.deepEqual(JSON.parse(String(output)), { word: 'inside', env: 'production' });
});

test('a cron trigger is checked as Mistral does it, and taken from the real client', async () => {
  const name = 'checked';
  const right = { name, workflow_name: 't.greeting', workflow_input: '{"name": "x"}', pattern: '0 0 1 1 *' };
  const refused = async (change: object, text: RegExp) => {
    const { status, body } = await call('POST', '/cron_triggers', { ...right, ...change });
    assert.equal(status, 400, JSON.stringify(body));
    assert.match(String((body as { faultstring: string }).faultstring), text);
  };
  const first_execution_time = '2099-01-01 10:00';
  await refused({ pattern: '61 * * * *' }, /^The specified pattern is not valid: 61 \* \* \* \*$/);
  await refused({ pattern: 'x', first_execution_time }, /^The specified pattern is not valid: x$/);
  await refused({ first_execution_time: 'soon' }, /^time data 'soon' does not match format '%Y-%m-%d %H:%M'$/);
  const inThePast = { first_execution_time: '2020-01-01 10:00' };
  await refused(inThePast, /^first_execution_time must be at least 1 minute in the future\.$/);
  await refused({ pattern: null }, /^Pattern or first_execution_time must be specified\.$/);
  const twice = { pattern: null, first_execution_time, remaining_executions: 2 };
  await refused(twice, /^Pattern must be provided if count is superior to 1\.$/);
  for (const remaining_executions of [0, -1, '0']) {
    await refused(
      { remaining_executions },
      /remaining_executions\. Value: '(0|-1)'\. Value should be greater or equal to 1/,
    );
  }
  for (const remaining_executions of ['x', '', 1.5, true, {}]) {
    await refused({ remaining_executions }, /remaining_executions\. Value: .* Value should be an integer/);
  }
  await refused({ workflow_input: '{}' }, /^Invalid input \[name=t\.greeting, missing=\['name'\]\]$/);
  const texts = await call('POST', '/cron_triggers', { ...right, remaining_executions: '3' });
  assert.equal((texts.body as Answer).remaining_executions, 3, JSON.stringify(texts.body));
  await call('DELETE', `/cron_triggers/${name}`);
  const words = ['cron-trigger-create', name, 't.greeting', right.workflow_input, '--pattern', right.pattern];
  const { output } = await clients.mistral([...words, '--count', '2', '-f', 'json']);
  assert.equal(JSON.parse(output)['Remaining executions'], 2);
  await call('DELETE', `/cron_triggers/${name}`);
});

const REFUSED: readonly [string, string, unknown, number, RegExp][] = [
  ['POST', '/workflows', 'version: [', 400, /Definition could not be parsed/],
  ['POST', '/workflows', "version: '2.0'\nt.none: {tasks: {a: {on-success: b}}}", 400, /Task 'b' not found/],
  ['POST', '/executions', { workflow_name: 'no.such' }, 404, /Workflow not found \[workflow_identifier=no\.such/],
  ['POST', '/executions', { workflow_name: 't.greeting' }, 400, /Invalid input \[name=t\.greeting, missing=\['name'\]/],
  ['POST', '/executions', 'no json', 400, /not valid JSON/],
  [
    'POST',
    '/executions',
    { workflow_name: 't.staged', params: { env: 'no.such' } },
    400,
    /^Environment is not found: no\.such$/,
  ],
  [
    'POST',
    '/workflows?scope=secret',
    "version: '2.0'\nt.s: {tasks: {a: {action: std.noop}}}",
    400,
    /^Scope must be one/,
  ],
  ['POST', '/environments', { name: 'e', variables: {}, more: 1 }, 400, /are allowed as definition keys/],
  [
    'PUT',
    '/action_executions/no-such',
    { output: '1' },
    400,
    /^Error\. Expected one of \['SUCCESS', .* actual: Unset$/,
  ],
  ['GET', '/executions?fields=id&fields=none', undefined, 400, /^Some fields do not exist/],
  ['GET', '/executions?created_at=gt:yesterday', undefined, 400, /^Invalid input for field\/attribute created_at/],
  ['GET', '/executions/no-such', undefined, 404, /Workflow Execution not found/],
  ['GET', '/executions?limit=-3', undefined, 400, /Limit must be positive/],
  ['GET', '/no-such', undefined, 404, /could not be found/],
];
for (const [method, target, body, status, message] of REFUSED) {
  test(`refused with ${status}: ${method} ${target} ${JSON.stringify(body)?.slice(0, 40)}`, async () => {
    const answer = await call(method, target, body);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.match(String((answer.body as { faultstring: string }).faultstring), message);
  });
}
