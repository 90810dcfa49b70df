import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { warmPythons } from '../../actionrunner/runners/python-script/warm-python.ts';
import { actionRunnerInProcess, type InProcessRunner } from '../support/action-runner-in-process.ts';
import { type Provisioned, provisioned } from '../support/provisioned.ts';
import { waitFor } from '../support/wait-for.ts';

const GREET = `
from st2common.runners.base_action import Action

class Greet(Action):
    def run(self, name):
        self.logger.info("greeting")
        print("to stdout")
        return (True, {"greeting": "hello %s" % name})
`;

describe('dispatcher and scheduler', () => {
  let infrastructure: Provisioned;
  let runner: InProcessRunner;

  before(async () => {
    infrastructure = await provisioned({ parts: ['mongodb', 'bus'], bus: 'local' });
    runner = await actionRunnerInProcess(infrastructure, {
      ST2_ACTIONRUNNER__LEASE: '2',
      ST2_SCHEDULER__SWEEP_INTERVAL: '0.3',
    });
    await runner.scheduler().start();
    await runner.dispatcher('one:1').start();
    const actions = path.join(infrastructure.folder, 'packs', 'test', 'actions');
    await mkdir(actions, { recursive: true });
    await writeFile(path.join(actions, 'greet.py'), GREET);
    await runner.action('noop', 'noop');
    await runner.action('local', 'local-shell-cmd', { cmd: { type: 'string', required: true } });
    await runner.action('greet', 'python-script', { name: { type: 'string' } }, 'greet.py');
  });

  after(async () => {
    await runner?.stop();
    warmPythons.close();
    await infrastructure?.stop();
  });

  it('runs a no-op from request to success', async () => {
    const execution = await runner.run('test.noop');
    assert.equal(execution.status, 'succeeded');
    assert.deepEqual(execution.result, { failed: false, succeeded: true, return_code: 0 });
    assert.deepEqual(
      execution.log.map((entry) => entry.status),
      ['requested', 'scheduled', 'running', 'succeeded'],
    );
    assert.equal(execution.lease, undefined);
  });

  it('runs a command and stores its output as it comes', async () => {
    const execution = await runner.run('test.local', { cmd: 'echo 1; echo oops >&2; exit 3' });
    assert.equal(execution.status, 'failed');
    assert.deepEqual(execution.result, { failed: true, succeeded: false, return_code: 3, stdout: 1, stderr: 'oops' });
    const outputs = await runner.stores.outputs.find({ execution_id: execution.id }, { sort: { sequence: 1 } });
    assert.deepEqual(outputs.map((one) => [one.output_type, one.data]).sort(), [
      ['stderr', 'oops\n'],
      ['stdout', '1\n'],
    ]);
  });

  it('runs a Python action', async () => {
    const execution = await runner.run('test.greet', { name: 'Ada' });
    assert.deepEqual(execution.result, {
      exit_code: 0,
      result: { greeting: 'hello Ada' },
      stderr: 'actions.python.Greet: INFO     greeting\n',
      stdout: 'to stdout\n',
    });
    assert.equal(execution.status, 'succeeded');
  });

  it('fails what does not fit its output schema, where that is switched on', async () => {
    const output_schema = { type: 'object', properties: { greeting: { type: 'integer', secret: true } } };
    const greet = async (on: InProcessRunner) => {
      const ref = await on.action('checked', 'python-script', { name: { type: 'string' } }, 'greet.py');
      await on.stores.actions.updateOne({ ref }, { $set: { output_schema } });
      return on.run(ref, { name: 'Ada' });
    };
    assert.equal((await greet(runner)).status, 'succeeded', 'it is off by default');
    const { ST2_DATABASE__URI, ST2_MESSAGING__PREFIX } = infrastructure.env;
    const strict = await actionRunnerInProcess(infrastructure, {
      ST2_SYSTEM__VALIDATE_OUTPUT_SCHEMA: 'true',
      ST2_DATABASE__URI: `${ST2_DATABASE__URI}_strict`,
      ST2_MESSAGING__PREFIX: `${ST2_MESSAGING__PREFIX}strict.`,
    });
    try {
      await strict.scheduler().start();
      await strict.dispatcher('strict:1').start();
      const { status, result } = await greet(strict);
      assert.equal(status, 'failed');
      assert.deepEqual(result, {
        error: "'********' is not of type 'integer' (at result.greeting)",
        message: 'Error validating output. See error output for more details.',
      });
    } finally {
      await strict.stop();
    }
  });

  it('cancels a running action and kills what it started', async () => {
    const file = path.join(infrastructure.folder, 'too-late');
    const { id } = await runner.request('test.local', { cmd: `echo started; sleep 3; touch ${file}` });
    await waitFor(async () => (await runner.stores.outputs.count({ execution_id: id })) > 0, { what: 'first output' });
    await runner.actions.cancel(id, 'tester');
    const execution = await runner.ended(id);
    assert.equal(execution.status, 'canceled');
    assert.deepEqual(execution.result, { message: 'Action canceled by user.', user: 'tester' });
    assert.equal(existsSync(file), false);
  });

  it('holds an execution back until its delay has passed', async () => {
    const execution = await runner.run('test.noop', {}, { delay: 300 });
    assert.deepEqual(
      execution.log.map((entry) => entry.status),
      ['requested', 'delayed', 'scheduled', 'running', 'succeeded'],
    );
    assert.ok((execution.end_timestamp as Date).getTime() - execution.start_timestamp.getTime() >= 300);
  });
});
