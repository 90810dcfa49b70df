import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { restoreConductor } from '../../../engine/conductor/index.ts';
import { parseDefinition } from '../../../workflow-translator/index.ts';
import { conductorOf, failure, startedRuns, success, taskStates, testPorts } from '../../support/conducted.ts';

const HOLD = { hold_on_failure: true };

const held = (tasks: string) => {
  const conductor = conductorOf(`wf: {tasks: {${tasks}}}`, {}, HOLD);
  conductor.handle({ type: 'start' });
  return conductor;
};

describe('hold on failure', () => {
  it('pauses where the workflow would end, and says why', () => {
    const conductor = held('a: {action: x.x, on-success: b}, b: {action: x.x}');
    conductor.handle(failure('a', 'no disk'));
    assert.equal(conductor.state, 'PAUSED');
    assert.match(conductor.view().state_info ?? '', /a/);
    assert.deepEqual(taskStates(conductor), { a: 'ERROR' });
  });

  it('a re-run of the task goes on, also from a snapshot', () => {
    const definition = 'wf: {tasks: {a: {action: x.x, on-success: b}, b: {action: x.x}}}';
    const before = conductorOf(definition, {}, HOLD);
    before.handle({ type: 'start' });
    before.handle(failure('a'));
    const [workflow] = parseDefinition(`version: '2.0'\n${definition}`).workflows;
    assert.ok(workflow);
    const identity = { id: 'wf-id', workflow_name: 'wf', root_execution_id: 'wf-id', input: {}, params: HOLD };
    const conductor = restoreConductor({ workflow, identity, ports: testPorts(), snapshot: before.snapshot() });
    const commands = conductor.handle({ type: 'rerun', tasks: [{ task: 'a', reset: true }] });
    assert.deepEqual(startedRuns(commands), ['a#2']);
    assert.equal(conductor.state, 'RUNNING');
    assert.deepEqual(startedRuns(conductor.handle(success('a#2'))), ['b']);
    conductor.handle(success('b'));
    assert.equal(conductor.state, 'SUCCESS');
  });

  it('a join that the failure kept from starting runs after the re-run', () => {
    const conductor = held(
      'a: {action: x.x, on-success: j}, b: {action: x.x, on-success: j}, j: {join: all, action: x.x}',
    );
    conductor.handle(success('b'));
    conductor.handle(failure('a'));
    assert.equal(conductor.state, 'PAUSED');
    conductor.handle({ type: 'rerun', tasks: [{ task: 'a', reset: true }] });
    assert.deepEqual(startedRuns(conductor.handle(success('a#2'))), ['j']);
    conductor.handle(success('j'));
    assert.equal(conductor.state, 'SUCCESS');
  });

  it('a resume tries all that failed again; of items only the failed ones', () => {
    const conductor = held("a: {action: x.x}, b: {with-items: 'i in [1, 2]', action: x.x}");
    conductor.handle(failure('a'));
    assert.equal(conductor.state, 'RUNNING', 'the other branch runs on');
    conductor.handle(success('b[0]'));
    conductor.handle(failure('b[1]'));
    assert.equal(conductor.state, 'PAUSED');
    assert.deepEqual(startedRuns(conductor.handle({ type: 'resume' })), ['b#2[1]', 'a#2']);
    conductor.handle(success('a#2'));
    conductor.handle(success('b#2[1]'));
    assert.equal(conductor.state, 'SUCCESS');
  });

  it('holds once more when the task fails again, and can be canceled', () => {
    const conductor = held('a: {action: x.x}');
    conductor.handle(failure('a'));
    conductor.handle({ type: 'resume' });
    conductor.handle(failure('a#2'));
    assert.equal(conductor.state, 'PAUSED');
    conductor.handle({ type: 'cancel' });
    assert.equal(conductor.state, 'CANCELLED');
  });

  it('a skipped task lets the workflow go on', () => {
    const conductor = held('a: {action: x.x, on-skip: b}, b: {action: x.x}');
    conductor.handle(failure('a'));
    assert.deepEqual(startedRuns(conductor.handle({ type: 'skip', task: 'a' })), ['b']);
  });

  it('an error in an expression holds as well; what ran meanwhile is followed after the re-run', () => {
    const conductor = held(
      "a: {action: x.x, publish: {v: '<% $.no.such.thing + 1 %>'}}, b: {action: x.x, on-success: c}, c: {action: x.x}",
    );
    conductor.handle(success('a', 1));
    assert.equal(conductor.state, 'PAUSED');
    assert.deepEqual(startedRuns(conductor.handle(success('b'))), []);
    const commands = conductor.handle({ type: 'rerun', tasks: [{ task: 'a', reset: true }] });
    assert.deepEqual([...startedRuns(commands)].sort(), ['a#2', 'c']);
  });

  it('handled errors and the command `fail` do what they always do', () => {
    const handled = held('a: {action: x.x, on-error: b}, b: {action: x.x}');
    assert.deepEqual(startedRuns(handled.handle(failure('a'))), ['b']);
    const failing = held('a: {action: x.x, on-error: fail}');
    failing.handle(failure('a'));
    assert.equal(failing.state, 'ERROR');
  });

  it('without it, a failure ends the workflow', () => {
    const conductor = conductorOf('wf: {tasks: {a: {action: x.x}}}');
    conductor.handle({ type: 'start' });
    conductor.handle(failure('a'));
    assert.equal(conductor.state, 'ERROR');
  });
});
