import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conductorOf, failure, rehearsed, startedRuns, success, taskStates } from '../../support/conducted.ts';

const THREE = (join: string) => `
wf:
  output: {seen: <% $.seen %>}
  tasks:
    a: {action: x.x, publish: {a: 1}, on-success: j}
    b: {action: x.x, publish: {b: 1}, on-success: j}
    c: {action: x.x, publish: {c: 1}, on-success: j}
    j: {join: ${join}, action: x.x, publish: {seen: "<% [$.get(a), $.get(b), $.get(c)] %>"}}
`;

describe('joins', () => {
  it('join: all starts when the last inbound task has arrived', () => {
    const conductor = conductorOf(THREE('all'));
    assert.deepEqual(startedRuns(conductor.handle({ type: 'start' })), ['c', 'b', 'a']);
    assert.deepEqual(startedRuns(conductor.handle(success('c'))), []);
    assert.deepEqual(startedRuns(conductor.handle(success('a'))), []);
    assert.deepEqual(startedRuns(conductor.handle(success('b'))), ['j']);
    conductor.handle(success('j'));
    assert.deepEqual(conductor.view().output, { seen: [1, 1, 1] });
  });

  it('runs again when a task before it is run again from outside and arrives once more', () => {
    const conductor = conductorOf(`
wf:
  tasks:
    a: {action: x.x, on-success: j}
    b: {action: x.x, on-complete: j}
    j: {join: all, action: x.x, on-success: z}
    z: {action: x.x}`);
    conductor.handle({ type: 'start' });
    conductor.handle(success('a'));
    conductor.handle(failure('b'));
    conductor.handle(failure('j'));
    assert.equal(conductor.state, 'ERROR');
    assert.deepEqual(startedRuns(conductor.handle({ type: 'rerun', tasks: [{ task: 'b', reset: true }] })), ['b#2']);
    assert.deepEqual(startedRuns(conductor.handle(success('b#2'))), ['j#2']);
    assert.deepEqual(startedRuns(conductor.handle(success('j#2', 'new'))), ['z']);
    conductor.handle(success('z'));
    assert.equal(conductor.state, 'SUCCESS');
    assert.equal(conductor.view().tasks.find((task) => task.name === 'j')?.result, 'new');
  });

  it('join: one starts at the first and runs once; who comes late only adds its variables', () => {
    const conductor = conductorOf(THREE('one'));
    conductor.handle({ type: 'start' });
    assert.deepEqual(startedRuns(conductor.handle(success('b'))), ['j']);
    assert.deepEqual(startedRuns(conductor.handle(success('a'))), []);
    conductor.handle(success('j'));
    assert.equal(conductor.state, 'RUNNING');
    assert.deepEqual(startedRuns(conductor.handle(success('c'))), []);
    assert.deepEqual(conductor.view().output, { seen: [1, 1, null] });
  });

  it('join: 2 fails as soon as two can no longer arrive', () => {
    const conductor = conductorOf(THREE('2'));
    conductor.handle({ type: 'start' });
    conductor.handle(success('a'));
    conductor.handle(failure('b'));
    assert.equal(taskStates(conductor).j, 'WAITING');
    conductor.handle(failure('c'));
    assert.equal(taskStates(conductor).j, 'ERROR');
    assert.equal(conductor.state, 'ERROR');
    const join = conductor.view().tasks.find((task) => task.name === 'j');
    assert.equal(join?.state_info, "Failed by tasks: ['b', 'c']");
  });

  it('a join fails when the path to an inbound task that never ran has died', () => {
    const conductor = conductorOf(`
wf:
  tasks:
    a: {action: x.x, on-success: b}
    b: {action: x.x, on-success: j}
    c: {action: x.x, on-success: j}
    j: {join: all, action: x.x, on-error: rescue}
    rescue: {action: x.x}
`);
    conductor.handle({ type: 'start' });
    conductor.handle(success('c'));
    assert.equal(taskStates(conductor).j, 'WAITING');
    assert.deepEqual(startedRuns(conductor.handle(failure('a'))), ['rescue']);
    assert.equal(taskStates(conductor).j, 'ERROR');
  });

  it('a join inside of a loop runs once a round', () => {
    const execution = rehearsed(`
wf:
  output: {i: <% $.i %>}
  tasks:
    start: {action: std.noop, publish: {i: 0}, on-success: [fork]}
    fork: {action: std.noop, on-success: [left, right]}
    left: {action: std.noop, on-success: j}
    right: {action: std.noop, on-success: j}
    j:
      join: all
      action: std.noop
      publish: {i: <% $.i + 1 %>}
      on-success:
        - fork: <% $.i < 5 %>
`);
    const view = execution.conductor.view();
    assert.equal(view.state, 'SUCCESS');
    assert.deepEqual(view.output, { i: 5 });
    assert.equal(view.tasks.filter((task) => task.name === 'j').length, 5);
  });

  it('a failed join is evaluated anew when the task that failed it is run again', () => {
    const conductor = conductorOf(THREE('all'));
    conductor.handle({ type: 'start' });
    for (const id of ['a', 'c']) conductor.handle(success(id));
    conductor.handle(failure('b'));
    assert.equal(conductor.state, 'ERROR');
    assert.deepEqual(startedRuns(conductor.handle({ type: 'rerun', tasks: [{ task: 'b', reset: true }] })), ['b#2']);
    assert.deepEqual(startedRuns(conductor.handle(success('b#2'))), ['j']);
    conductor.handle(success('j'));
    assert.equal(conductor.state, 'SUCCESS');
  });

  it('a second way to a task before it does not start it again, nor make it fail', () => {
    const conductor = conductorOf(`
wf:
  tasks:
    x: {action: x.x, on-success: j}
    a: {action: x.x, on-success: b, on-complete: b}
    b: {action: x.x, on-success: j}
    j: {join: all, action: x.x}
`);
    conductor.handle({ type: 'start' });
    conductor.handle(success('x'));
    assert.deepEqual(startedRuns(conductor.handle(success('a'))), ['b', 'b#2']);
    assert.deepEqual(startedRuns(conductor.handle(success('b'))), ['j']);
    assert.deepEqual(startedRuns(conductor.handle(success('b#2'))), []);
    conductor.handle(success('j'));
    assert.equal(conductor.state, 'SUCCESS');
    assert.equal(conductor.view().tasks.filter((task) => task.name === 'j').length, 1);
  });

  it('in a loop, who cannot come once more counts as he came in the round before', () => {
    const execution = rehearsed(`
wf:
  output: {n: <% $.n %>, b: <% $.b %>}
  tasks:
    s: {action: std.noop, publish: {n: 0}, on-success: a}
    a: {action: std.noop, publish: {n: <% $.n + 1 %>}, on-success: j}
    b: {action: std.noop, publish: {b: 1}, on-success: j}
    j: {join: all, action: std.noop, on-success: [{a: <% $.n < 3 %>}]}
`);
    const view = execution.conductor.view();
    assert.equal(view.state, 'SUCCESS');
    assert.deepEqual(view.output, { n: 3, b: 1 });
    assert.equal(view.tasks.filter((task) => task.name === 'j').length, 3);
  });

  it('waits for tasks that could not come before a task was run again from outside', () => {
    const conductor = conductorOf(`
wf:
  tasks:
    s: {action: x.x, on-success: t, on-complete: j}
    t: {action: x.x, on-success: j}
    j: {join: all, action: x.x, on-error: rescue}
    rescue: {action: x.x}
`);
    conductor.handle({ type: 'start' });
    assert.deepEqual(startedRuns(conductor.handle(failure('s'))), ['rescue']);
    conductor.handle(success('rescue'));
    conductor.handle({ type: 'rerun', tasks: [{ task: 's', reset: true }] });
    assert.deepEqual(startedRuns(conductor.handle(success('s#2'))), ['t']);
    assert.equal(taskStates(conductor).j, 'WAITING');
    assert.deepEqual(startedRuns(conductor.handle(success('t'))), ['j']);
    conductor.handle(success('j'));
    assert.equal(conductor.state, 'SUCCESS');
  });

  it('says that its completion failed when what it publishes on an error fails', () => {
    const conductor = conductorOf(`
wf:
  tasks:
    a: {action: x.x, on-success: j}
    b: {action: x.x, on-success: j}
    j: {join: all, action: x.x, publish-on-error: {v: <% $.missing %>}}
`);
    conductor.handle({ type: 'start' });
    conductor.handle(failure('a'));
    conductor.handle(success('b'));
    assert.equal(conductor.state, 'ERROR');
    assert.match(conductor.view().state_info ?? '', /^Failed to complete task \[error=.*'missing'\], wf=wf, task=j\]/);
  });

  it('at a conflict the value that was published more often wins, whenever that was', () => {
    const execution = rehearsed(`
wf:
  output: {v: <% $.v %>, untouched: <% $.untouched %>}
  tasks:
    s: {action: std.noop, publish: {v: 0, untouched: first}, on-success: [quick, slow]}
    quick: {action: std.noop, publish: {v: 1}, on-success: quick2}
    quick2: {action: std.noop, publish: {v: 2}, on-success: j}
    slow: {action: std.noop, wait-before: 5, publish: {v: slow}, on-success: j}
    j: {join: all, action: std.noop}
`);
    assert.deepEqual(execution.conductor.view().output, { v: 2, untouched: 'first' });
  });
});
