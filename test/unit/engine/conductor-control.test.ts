import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conductorOf, failure, rehearsed, startedRuns, success, taskStates } from '../../support/conducted.ts';

describe('control from outside', () => {
  it('pause lets running actions finish, resume follows their transitions', () => {
    const conductor = conductorOf('wf: {tasks: {a: {action: x.x, on-success: b}, b: {action: x.x}}}');
    conductor.handle({ type: 'start' });
    conductor.handle({ type: 'pause' });
    assert.deepEqual(conductor.handle(success('a')), []);
    assert.equal(taskStates(conductor).a, 'SUCCESS');
    assert.deepEqual(startedRuns(conductor.handle({ type: 'resume' })), ['b']);
  });

  it('a task of a reverse workflow starts once at resume, however many that it requires ended during the pause', () => {
    const conductor = conductorOf(
      'wf: {type: reverse, tasks: {a: {action: x.x}, b: {action: x.x}, c: {action: x.x, requires: [a, b]}}}',
      {},
      { task_name: 'c' },
    );
    conductor.handle({ type: 'start' });
    conductor.handle({ type: 'pause' });
    conductor.handle(success('a'));
    conductor.handle(success('b'));
    assert.deepEqual(startedRuns(conductor.handle({ type: 'resume' })), ['c']);
  });

  it('no join starts while the workflow is paused', () => {
    const conductor = conductorOf(
      'wf: {tasks: {a: {action: x.x, on-success: j}, b: {action: x.x, on-success: j}, j: {join: all, action: x.x}}}',
    );
    conductor.handle({ type: 'start' });
    conductor.handle(success('a'));
    conductor.handle({ type: 'pause' });
    assert.deepEqual(startedRuns(conductor.handle(success('b'))), []);
    assert.deepEqual(startedRuns(conductor.handle({ type: 'resume' })), ['j']);
  });

  it('a join that can no longer be met fails while the workflow is paused; what follows waits', () => {
    const conductor = conductorOf(`
wf:
  tasks:
    a: {action: x.x, on-success: j}
    b: {action: x.x, on-success: j, on-error: noop}
    j: {join: all, action: x.x, on-error: rescue}
    rescue: {action: x.x}
`);
    conductor.handle({ type: 'start' });
    conductor.handle(success('a'));
    conductor.handle({ type: 'pause' });
    assert.deepEqual(startedRuns(conductor.handle(failure('b'))), []);
    assert.equal(taskStates(conductor).j, 'ERROR');
    assert.deepEqual(startedRuns(conductor.handle({ type: 'resume' })), ['rescue']);
  });

  it('cancel ends at once; a late answer completes its task and nothing follows', () => {
    const conductor = conductorOf('wf: {tasks: {a: {action: x.x, on-success: b}, b: {action: x.x}}}');
    conductor.handle({ type: 'start' });
    const commands = conductor.handle({ type: 'cancel', message: 'enough' });
    assert.equal(commands.at(-1)?.type, 'state.changed');
    assert.deepEqual(conductor.handle(success('a', 1)), []);
    assert.deepEqual(taskStates(conductor), { a: 'SUCCESS' });
    assert.deepEqual(conductor.view().output, { result: 'enough' });
  });

  it('a second report of the same end changes nothing', () => {
    const conductor = conductorOf('wf: {tasks: {a: {action: x.x, on-success: b}, b: {action: x.x}}}');
    conductor.handle({ type: 'start' });
    assert.deepEqual(startedRuns(conductor.handle(success('a', 1))), ['b']);
    assert.deepEqual(conductor.handle(failure('a')), []);
    assert.equal(conductor.view().tasks[0]?.result, 1);
  });

  it('the answer of an attempt that timed out does not complete the next one', () => {
    const conductor = conductorOf('wf: {tasks: {a: {action: x.x, timeout: 5, retry: {count: 1, delay: 2}}}}');
    const timerOf = (commands: ReturnType<typeof conductor.handle>): string => {
      const timer = commands.find((command) => command.type === 'timer.start');
      return timer?.type === 'timer.start' ? timer.id : '';
    };
    const timeout = timerOf(conductor.handle({ type: 'start' }));
    const delay = timerOf(conductor.handle({ type: 'timer.fired', id: timeout }));
    const second = conductor.handle({ type: 'timer.fired', id: delay });
    assert.deepEqual(startedRuns(second), ['a#2']);
    assert.notEqual(timerOf(second), '');
    conductor.handle(success('a', 'late'));
    assert.equal(taskStates(conductor).a, 'RUNNING');
    conductor.handle(success('a#2', 'in time'));
    assert.equal(conductor.view().tasks[0]?.result, 'in time');
    assert.equal(conductor.state, 'SUCCESS');
  });

  it('rerun without reset repeats the failed items only', () => {
    const conductor = conductorOf('wf: {tasks: {a: {with-items: "i in [0, 1, 2]", action: x.x}}}');
    conductor.handle({ type: 'start' });
    conductor.handle(success('a[0]', 'zero'));
    conductor.handle(failure('a[1]'));
    conductor.handle(success('a[2]', 'two'));
    assert.equal(conductor.state, 'ERROR');
    const again = conductor.handle({ type: 'rerun', tasks: [{ task: 'a', reset: false }] });
    assert.deepEqual(startedRuns(again), ['a#2[1]']);
    conductor.handle(success('a#2[1]', 'one'));
    assert.equal(conductor.state, 'SUCCESS');
    assert.deepEqual(conductor.view().tasks[0]?.result, ['zero', 'one', 'two']);
  });

  it('what succeeded after the end is followed when the workflow is run again', () => {
    const conductor = conductorOf(`
wf:
  tasks:
    a: {action: x.x, on-error: fail, on-success: j}
    b: {action: x.x, on-success: j}
    j: {join: all, action: x.x}
`);
    conductor.handle({ type: 'start' });
    conductor.handle(failure('a'));
    assert.equal(conductor.state, 'ERROR');
    assert.deepEqual(startedRuns(conductor.handle(success('b'))), []);
    assert.deepEqual(startedRuns(conductor.handle({ type: 'rerun', tasks: [{ task: 'a', reset: true }] })), ['a#2']);
    assert.deepEqual(startedRuns(conductor.handle(success('a#2'))), ['j']);
  });

  it('rerun of a succeeded task changes nothing', () => {
    const conductor = conductorOf('wf: {tasks: {a: {action: x.x}}}');
    conductor.handle({ type: 'start' });
    conductor.handle(success('a'));
    assert.deepEqual(conductor.handle({ type: 'rerun', tasks: [{ task: 'a', reset: true }] }), []);
    assert.equal(conductor.state, 'SUCCESS');
  });

  it('skip reaches into a sub-workflow by a dotted name', () => {
    const conductor = conductorOf('wf: {tasks: {a: {workflow: sub}}}');
    conductor.handle({ type: 'start' });
    conductor.handle({ type: 'workflow.completed', id: 'a', state: 'ERROR', output: {}, state_info: 'no' });
    const commands = conductor.handle({ type: 'skip', task: 'a.inner' });
    assert.deepEqual(commands.at(-1), {
      type: 'workflow.rerun',
      id: 'a',
      tasks: [{ task: 'inner', reset: true, skip: true }],
    });
    assert.equal(conductor.state, 'RUNNING');
  });

  it('items run no more than concurrency at once', () => {
    const conductor = conductorOf('wf: {tasks: {a: {with-items: "i in [0, 1, 2, 3]", concurrency: 2, action: x.x}}}');
    assert.deepEqual(startedRuns(conductor.handle({ type: 'start' })), ['a[0]', 'a[1]']);
    assert.deepEqual(startedRuns(conductor.handle(success('a[1]'))), ['a[2]']);
    assert.deepEqual(startedRuns(conductor.handle(success('a[0]'))), ['a[3]']);
  });

  it('a pause holds further items back until resume', () => {
    const conductor = conductorOf('wf: {tasks: {a: {with-items: "i in [0, 1]", concurrency: 1, action: x.x}}}');
    conductor.handle({ type: 'start' });
    conductor.handle({ type: 'action.updated', id: 'a[0]', state: 'PAUSED' });
    assert.deepEqual(taskStates(conductor), { a: 'PAUSED' });
    assert.deepEqual(startedRuns(conductor.handle(success('a[0]'))), []);
    assert.deepEqual(startedRuns(conductor.handle({ type: 'resume' })), ['a[1]']);
  });

  it('no item begins after a cancel; the task ends with the last one that runs, and may be run again', () => {
    const conductor = conductorOf('wf: {tasks: {a: {with-items: "i in [0, 1, 2, 3]", concurrency: 2, action: x.x}}}');
    conductor.handle({ type: 'start' });
    conductor.handle(success('a[0]'));
    conductor.handle({ type: 'cancel' });
    assert.deepEqual(startedRuns(conductor.handle(success('a[1]'))), []);
    assert.deepEqual(taskStates(conductor), { a: 'RUNNING' });
    assert.deepEqual(startedRuns(conductor.handle(success('a[2]'))), []);
    assert.deepEqual(taskStates(conductor), { a: 'CANCELLED' });
    const again = conductor.handle({ type: 'rerun', tasks: [{ task: 'a', reset: false }] });
    assert.deepEqual(startedRuns(again), ['a[3]']);
    conductor.handle(success('a[3]'));
    assert.equal(conductor.state, 'SUCCESS');
  });

  it('a cancel while items are held back by a pause ends their task', () => {
    const conductor = conductorOf('wf: {tasks: {a: {with-items: "i in [0, 1]", concurrency: 1, action: x.x}}}');
    conductor.handle({ type: 'start' });
    conductor.handle({ type: 'pause' });
    conductor.handle(success('a[0]'));
    conductor.handle({ type: 'cancel' });
    assert.deepEqual(taskStates(conductor), { a: 'CANCELLED' });
  });

  it('views tell only what changed since a version', () => {
    const conductor = conductorOf('wf: {tasks: {a: {action: x.x, on-success: c}, b: {action: x.x}, c: {action: x.x}}}');
    conductor.handle({ type: 'start' });
    const { version } = conductor.view();
    conductor.handle(success('a'));
    assert.deepEqual(
      conductor.view(version).tasks.map((task) => task.name),
      ['a', 'c'],
    );
    assert.deepEqual(conductor.view(conductor.view().version).tasks, []);
  });
});

describe('mistakes of users', () => {
  const stateInfo = (definition: string, input = {}): string => {
    const view = rehearsed(definition, { input }).conductor.view();
    assert.equal(view.state, 'ERROR');
    return view.state_info ?? '';
  };

  it('an unknown action is named', () => {
    const info = stateInfo('wf: {tasks: {a: {action: no.such}}}');
    assert.match(info, /Failed to find action \[action_name=no.such\].*task=a/s);
  });

  it('with-items over no list says so, with the task', () => {
    assert.match(
      stateInfo('wf: {tasks: {a: {with-items: "i in <% 5 %>", action: std.noop}}}'),
      /Wrong input format.*task=a/s,
    );
  });

  it('with-items over text goes by character, but not in a workflow of StackStorm', () => {
    const definition =
      'wf: {input: [x: ab], tasks: {a: {with-items: "i in <% $.x %>", action: std.echo output=<% $.i %>}}}';
    const { state, tasks } = rehearsed(definition).conductor.view();
    assert.equal(state, 'SUCCESS');
    assert.deepEqual(tasks[0]?.result, ['a', 'b']);
    const params = { env: { st2_execution_id: '1' } };
    const view = rehearsed(definition, { params }).conductor.view();
    assert.match(view.state_info ?? '', /Wrong input format for: 'ab'.*variable=i/s);
  });

  it('an expression that fails is shown with its task', () => {
    const info = stateInfo('wf: {tasks: {a: {action: std.echo, input: {output: <% $.nothing %>}}}}');
    assert.match(info, /Can not evaluate YAQL expression \[expression=\$\.nothing.*task=a/s);
  });

  it('a result of 13 MB fails the task, not the conductor', () => {
    const result = { kind: 'result', value: 'x'.repeat(13 * 1024 * 1024) } as const;
    const execution = rehearsed('wf: {tasks: {a: {action: std.noop}}}', { answer: () => result });
    assert.match(execution.conductor.view().state_info ?? '', /The result of task 'a' is too big/);
  });

  it('a loop that waits for nothing ends in an error', () => {
    const definition = `
wf:
  tasks:
    s: {action: std.noop, on-success: a}
    a: {with-items: "i in <% list() %>", action: std.noop, on-success: a}
`;
    assert.match(stateInfo(definition), /a loop without end/);
  });

  it('sub-workflows without end are refused at a depth', () => {
    assert.match(stateInfo('wf: {tasks: {a: {workflow: wf}}}'), /Failure caused by error in tasks: a/);
  });

  it('names of objects are ordinary data', () => {
    const definition = `
wf:
  input: [constructor, __proto__]
  output: {c: "<% $.constructor %>", p: "<% $.get('__proto__') %>"}
  tasks:
    a: {action: std.noop, publish: {toString: "<% $.constructor %>"}}
`;
    const input = JSON.parse('{"constructor": 1, "__proto__": 2}') as Record<string, unknown>;
    const view = rehearsed(definition, { input }).conductor.view();
    assert.deepEqual({ ...(view.output as object) }, { c: 1, p: 2 });
    assert.equal(view.tasks[0]?.published.toString, 1);
  });
});
