import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { descendantsOf, runToEnd } from '../support/executions.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { type RunningServices, startServices, workflowServices } from '../support/running-services.ts';

/** Workflow files that must not start, and what the failed execution has to say. */
const wrongWorkflows: Readonly<Record<string, readonly [string, RegExp]>> = {
  malformed: ["version: '2.0'\nbad.malformed:\n  tasks:\n    a: [unclosed\n", /line \d+/],
  tabs: ["version: '2.0'\nbad.tabs:\n\ttasks: {}\n", /line 3/],
  'not-a-mapping': ['- just\n- a list\n', /mapping|object|workflow/i],
  'other-name': [
    "version: '2.0'\nsomething.else:\n  tasks:\n    a:\n      action: core.noop\n",
    /Name of the workflow must be the same as the fully qualified action name "bad\.other-name"\./,
  ],
  'unknown-action': [
    "version: '2.0'\nbad.unknown-action:\n  tasks:\n    a:\n      action: core.nothing\n",
    /core\.nothing/,
  ],
  'missing-parameter': [
    "version: '2.0'\nbad.missing-parameter:\n  tasks:\n    fetch:\n      action: core.http\n",
    /fetch[\s\S]*url|url[\s\S]*fetch/,
  ],
  'unexpected-parameter': [
    "version: '2.0'\nbad.unexpected-parameter:\n  tasks:\n    say:\n      action: core.local cmd='date' colour='red'\n",
    /say[\s\S]*colour|colour[\s\S]*say/,
  ],
  'unknown-field': [
    "version: '2.0'\nbad.unknown-field:\n  tasks:\n    a:\n      action: core.noop\n      on-sucess: [b]\n    b:\n      action: core.noop\n",
    /on-sucess/,
  ],
  'unknown-task': [
    "version: '2.0'\nbad.unknown-task:\n  tasks:\n    a:\n      action: core.noop\n      on-success: [nowhere]\n",
    /nowhere/,
  ],
  'bad-expression': [
    'version: \'2.0\'\nbad.bad-expression:\n  tasks:\n    a:\n      action: core.echo message="<% $.x + %>"\n',
    /\$\.x \+[\s\S]*task=a/,
  ],
};

describe('bad input', () => {
  let infrastructure: Provisioned;
  let services: RunningServices;
  let pids: ReturnType<RunningServices['pids']>;

  before(async () => {
    infrastructure = await provisioned();
    const packs = path.join(infrastructure.folder, 'packs');
    await writePack(path.join(packs, 'bad'));
    services = await startServices(infrastructure, {
      only: workflowServices,
      packFolders: [packs],
    });
    pids = services.pids();
  });
  after(async () => {
    await services?.stop();
    await infrastructure?.stop();
  });

  /** Status and sentence of an answer; the body has to be StackStorm's form of an error. */
  async function refusal(url: string, init: RequestInit): Promise<readonly [number, string]> {
    const response = await fetch(url, init);
    const body = (await response.json()) as { readonly faultstring?: unknown };
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
    assert.equal(typeof body.faultstring, 'string', JSON.stringify(body));
    return [response.status, String(body.faultstring)];
  }
  const json = { 'content-type': 'application/json' };
  const authorized = async () => ({ ...json, 'x-auth-token': await services.token() });
  const post = async (target: string, body: string, headers?: Record<string, string>) =>
    refusal(`${services.apiUrl}/v1${target}`, { method: 'POST', headers: headers ?? (await authorized()), body });
  const postExecution = (request: unknown) => post('/executions', JSON.stringify(request));
  const get = async (target: string) => refusal(`${services.apiUrl}/v1${target}`, { headers: await authorized() });

  describe('of a client', () => {
    it('a missing or wrong token', async () => {
      const body = JSON.stringify({ action: 'core.noop' });
      assert.deepEqual(await post('/executions', body, json), [
        401,
        'Unauthorized - One of Token or API key required.',
      ]);
      const wrong = { ...json, 'x-auth-token': 'nobody-has-this-one' };
      assert.deepEqual(await post('/executions', body, wrong), [401, 'Unauthorized']);
      const basic = { authorization: `Basic ${Buffer.from('st2admin:wrong').toString('base64')}` };
      assert.deepEqual(await refusal(`${services.authUrl}/tokens`, { method: 'POST', headers: basic }), [
        401,
        'Invalid or missing credentials',
      ]);
    });

    it('a body that is no JSON, or no object', async () => {
      for (const body of ['{"action": ', 'action=core.noop', '{"action": "core.noop"} and more', '\u0000']) {
        const [status, sentence] = await post('/executions', body);
        assert.equal(status, 400, body);
        assert.match(sentence, /^Failed to parse request body: /);
      }
      for (const body of ['[]', '"text"', '17', 'null', '{}']) {
        assert.equal((await post('/executions', body))[0], 400, body);
      }
      assert.equal((await post('/executions', '['.repeat(100_000)))[0], 400, 'deeper than anything sensible');
    });

    it('a body of 50 MB', async () => {
      const body = JSON.stringify({ action: 'core.echo', parameters: { message: 'x'.repeat(50 * 1024 * 1024) } });
      const status = await post('/executions', body).then(
        ([code]) => code,
        // The server may close the connection before it has taken all: that is a refusal as well.
        (error: unknown) => (error instanceof TypeError ? 'closed' : Promise.reject(error)),
      );
      assert.ok(status === 413 || status === 'closed', String(status));
    });

    it('an unknown action', async () => {
      assert.deepEqual(await postExecution({ action: 'core.nothing' }), [
        400,
        'Action "core.nothing" cannot be found.',
      ]);
      assert.equal((await postExecution({ action: { $ne: null } }))[0], 400);
    });

    it('parameters of a wrong type, missing, unexpected', async () => {
      const branching = (parameters: unknown) => postExecution({ action: 'examples.branching', parameters });
      for (const [parameters, pattern] of [
        [{ number: 'many' }, /many/],
        [{}, /number/],
        [{ number: 1, colour: 'red' }, /colour/],
        ['a text', /parameters|text/],
      ] as const) {
        const [status, sentence] = await branching(parameters);
        assert.equal(status, 400, JSON.stringify(parameters));
        assert.match(sentence, pattern);
      }
    });

    it('unknown fields, routes, ids, attributes and limits', async () => {
      const { id } = await runToEnd(services, 'core.noop');
      const put = await refusal(`${services.apiUrl}/v1/executions/${id}`, {
        method: 'PUT',
        headers: await authorized(),
        body: JSON.stringify({ statu: 'failed' }),
      });
      assert.equal(put[0], 400);
      assert.match(put[1], /statu/);
      assert.equal((await get('/nothing'))[0], 404);
      assert.equal((await get('/executions/not-an-id'))[0], 404);
      assert.equal((await get('/executions/507f1f77bcf86cd799439011'))[0], 404);
      assert.equal((await get('/executions?limit=0'))[0], 400);
      assert.equal((await get('/executions?limit=many'))[0], 400);
      assert.equal((await get('/executions?include_attributes=status&exclude_attributes=result'))[0], 400);
      assert.equal((await get('/actions/core.nothing'))[0], 404);
    });

    it('a definition sent to the engine', async () => {
      const create = (definition: string) =>
        refusal(`${services.mistralUrl}/workflows`, {
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body: definition,
        });
      for (const definition of [
        "version: '2.0'\nwf:\n  tasks: [unclosed\n",
        'only text',
        '',
        "version: '9'\nwf: {}\n",
      ]) {
        assert.equal((await create(definition))[0], 400, definition);
      }
      assert.equal((await refusal(`${services.mistralUrl}/workflows/nothing`, {}))[0], 404);
      const start = { method: 'POST', headers: json, body: JSON.stringify({ workflow_name: 'nothing' }) };
      assert.equal((await refusal(`${services.mistralUrl}/executions`, start))[0], 404);
    });
  });

  describe('of an author: the execution fails with a sentence, and nothing was started', () => {
    for (const [name, [, pattern]] of Object.entries(wrongWorkflows)) {
      it(name, async () => {
        const execution = await runToEnd(services, `bad.${name}`);
        assert.equal(execution.status, 'failed');
        // What Mistral finds out no earlier than by evaluating it stands where it puts the reason of its own failures.
        const { error, extra } = execution.result as { error?: string; extra?: { state_info: string } };
        assert.match(error ?? extra?.state_info ?? '', pattern);
        assert.deepEqual(await descendantsOf(services, execution.id), []);
      });
    }

    it('a file that is not there', async () => {
      const execution = await runToEnd(services, 'bad.no-file');
      assert.equal(execution.status, 'failed');
      assert.match(String(execution.result.error), /no-file\.yaml/);
    });
  });

  it('leaves every process up and at work', async () => {
    assert.deepEqual(services.pids(), pids);
    assert.equal((await runToEnd(services, 'testpack.wftest')).status, 'succeeded');
  });
});

async function writePack(folder: string): Promise<void> {
  const workflows = path.join(folder, 'actions', 'workflows');
  await mkdir(workflows, { recursive: true });
  await writeFile(
    path.join(folder, 'pack.yaml'),
    'ref: bad\nname: bad\nversion: 1.0.0\nauthor: a\nemail: a@example.com\n',
  );
  for (const name of [...Object.keys(wrongWorkflows), 'no-file']) {
    const action = `name: ${name}\nrunner_type: mistral-v2\nenabled: true\nentry_point: workflows/${name}.yaml\nparameters: {}\n`;
    await writeFile(path.join(folder, 'actions', `${name}.yaml`), action);
  }
  for (const [name, [definition]] of Object.entries(wrongWorkflows)) {
    await writeFile(path.join(workflows, `${name}.yaml`), definition);
  }
}
