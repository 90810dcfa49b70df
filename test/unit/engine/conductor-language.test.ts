import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PyFloat } from '../../../core/python/values.ts';
import { conductorOf, failure, rehearsed, startedRuns, success, taskStates } from '../../support/conducted.ts';

function resultOf(definition: string, task: string): unknown {
  return rehearsed(definition)
    .conductor.view()
    .tasks.find((one) => one.name === task)?.result;
}

describe('the order in which tasks start', () => {
  it('is from the last to the first, then joins by name', () => {
    const conductor = conductorOf(`
wf:
  tasks:
    s: {action: x.x, on-success: [k, a, j, b]}
    a: {action: x.x}
    b: {action: x.x}
    k: {join: all, action: x.x}
    j: {join: all, action: x.x}`);
    conductor.handle({ type: 'start' });
    assert.deepEqual(startedRuns(conductor.handle(success('s'))), ['b', 'a', 'j', 'k']);
  });

  it('leaves what follows a pause for the resume, in the same order', () => {
    const conductor = conductorOf(
      'wf: {tasks: {s: {action: x.x, on-success: [a, b, pause, c, d]}, a: {action: x.x}, b: {action: x.x}, c: {action: x.x}, d: {action: x.x}}}',
    );
    conductor.handle({ type: 'start' });
    assert.deepEqual(startedRuns(conductor.handle(success('s'))), ['b', 'a']);
    assert.deepEqual(startedRuns(conductor.handle({ type: 'resume' })), ['d', 'c']);
  });

  it('decides which of several branches ends the workflow', () => {
    const { conductor } = rehearsed(
      'wf: {tasks: {a: {action: std.noop, on-success: [fail]}, b: {action: std.noop, on-success: [succeed]}}}',
    );
    assert.equal(conductor.state, 'SUCCESS');
  });

  it('gives a variable that several ends publish alike to the one created last', () => {
    const { conductor } = rehearsed(`
wf:
  tasks:
    a: {action: std.noop, on-success: a2}
    a2: {action: std.noop, publish: {v: a}}
    b: {action: std.noop, publish: {v: b}}`);
    assert.deepEqual(conductor.view().output, { v: 'a' });
  });
});

describe('policies', () => {
  it('fail-on takes any value as Python does', () => {
    const definition = (value: string) => `wf: {tasks: {t: {action: std.noop, fail-on: "${value}"}}}`;
    const stateWith = (value: string) => taskStates(rehearsed(definition(value)).conductor).t;
    assert.equal(stateWith("<% 'no' %>"), 'ERROR');
    assert.equal(stateWith('<% [0] %>'), 'ERROR');
    assert.equal(stateWith("<% '' %>"), 'SUCCESS');
    assert.equal(stateWith('{{ none }}'), 'SUCCESS');
  });
});

describe('task()', () => {
  it('says in conditions what it said in publish, also after keep-result has dropped the result', () => {
    const definition = (publish: string) => `
wf:
  tasks:
    a: {action: std.echo output=7, keep-result: false, publish: {x: "<% ${publish} %>"}, on-success: [{b: <% task().result = 7 %>}]}
    b: {action: std.noop}`;
    assert.deepEqual(Object.keys(taskStates(rehearsed(definition('task().result')).conductor)), ['a', 'b']);
    assert.deepEqual(Object.keys(taskStates(rehearsed(definition('1')).conductor)), ['a']);
  });
});

describe('with-items', () => {
  it('what was published under the name of the variable goes before the item', () => {
    const definition = `
wf:
  vars: {k: 7}
  tasks:
    s: {action: std.noop, publish: {i: 9, j: {b: 2}}, on-success: [t, u, v]}
    t: {with-items: "i in <% [1, 2] %>", action: std.echo output=<% $.i %>}
    u: {with-items: "j in <% [{a => 1}, 3] %>", action: std.echo output=<% $.j %>}
    v: {with-items: "k in <% [1, 2] %>", action: std.echo output=<% $.k %>}`;
    assert.deepEqual(resultOf(definition, 't'), [9, 9]);
    assert.deepEqual(resultOf(definition, 'u'), [{ a: 1, b: 2 }, { b: 2 }]);
    assert.deepEqual(resultOf(definition, 'v'), [1, 2]);
  });
});

describe('the state info of a failed task', () => {
  it('is what its action answered, unless Python holds that for nothing', () => {
    for (const [answer, info] of [
      [{ why: 1.5 }, "{'why': 1.5}"],
      [new PyFloat(0), null],
      [[], null],
    ] as const) {
      const conductor = conductorOf('wf: {tasks: {a: {action: x.x}}}');
      conductor.handle({ type: 'start' });
      conductor.handle(failure('a', answer));
      assert.equal(conductor.view().tasks[0]?.state_info, info);
    }
  });
});

describe('what to run, of a with-items task', () => {
  for (const what of ['action: no.such', 'action: <% $.missing %>', 'action: std.noop, target: <% $.missing %>']) {
    it(`fails only the task when it cannot be found out: ${what}`, () => {
      const view = rehearsed(`
wf:
  tasks:
    t: {with-items: "i in [1, 2]", ${what}, on-error: h}
    h: {action: std.noop}`).conductor.view();
      assert.equal(view.state, 'SUCCESS');
      assert.deepEqual(
        view.tasks.map((task) => [task.name, task.state, task.runs.length]),
        [
          ['t', 'ERROR', 0],
          ['h', 'SUCCESS', 1],
        ],
      );
    });
  }
});

describe('what cannot be as it is given', () => {
  it('ends the workflow when the task behind a refused sub-workflow fails once more by what it publishes', () => {
    const view = rehearsed(`
wf: {tasks: {t: {workflow: sub, publish-on-error: {v: <% $.missing %>}, on-error: noop}}}
sub: {input: [x], tasks: {s: {action: std.noop}}}`).conductor.view();
    assert.equal(view.state, 'ERROR');
    assert.match(view.state_info ?? '', /'missing'.*task=t/);
  });

  it('a workflow whose name is no text is not found', () => {
    const { state, tasks } = rehearsed(
      'wf: {tasks: {t: {workflow: <% 5 %>, on-error: h}, h: {action: std.noop}}}',
    ).conductor.view();
    assert.equal(state, 'SUCCESS');
    assert.equal(tasks[0]?.state_info, 'Failed to find workflow [name=5]');
  });

  it('a failing expression in safe-rerun does not fail the task', () => {
    const view = rehearsed('wf: {tasks: {t: {action: std.noop, safe-rerun: <% $.missing %>}}}').conductor.view();
    assert.equal(view.state, 'SUCCESS');
  });

  it('keep-result takes any value as Python does', () => {
    const kept = (value: string) =>
      resultOf(`wf: {tasks: {t: {action: std.echo output=1, keep-result: <% ${value} %>}}}`, 't');
    assert.equal(kept('2'), 1);
    assert.equal(kept('0'), null);
  });

  it('concurrency of task-defaults has to be a number for tasks without items, too', () => {
    const view = rehearsed(
      "wf: {task-defaults: {concurrency: '{{ true }}'}, tasks: {t: {action: std.noop}}}",
    ).conductor.view();
    assert.equal(view.state, 'ERROR');
  });

  it('task() takes a number for the name of a task', () => {
    const view = rehearsed(
      "wf: {output: {o: <% task(1).result %>}, tasks: {'1': {action: std.echo output=7}}}",
    ).conductor.view();
    assert.deepEqual(view.output, { o: 7 });
  });
});

describe('std.test_dict', () => {
  const run = (input: string) => resultOf(`wf: {tasks: {t: {action: std.test_dict, input: ${input}}}}`, 't');

  it('takes null for a value like any other', () => {
    assert.deepEqual(run('{size: 2, key_prefix: k, val: null}'), { k0: null, k1: null });
    assert.deepEqual(run('{size: 1}'), { 0: '' });
  });

  it('is as large as memory allows, whatever it is asked for', () => {
    const prefix = 'k'.repeat(500);
    const made = run(`{size: 100000, key_prefix: ${prefix}, val: v}`) as object;
    assert.equal(Object.keys(made).length, 16_480);
    assert.equal(Object.keys(run('{size: 200000, key_prefix: k}') as object).length, 100_000);
  });

  it('fails when the size is no whole number', () => {
    assert.match(String(run("{size: '2'}")), /'str' object cannot be interpreted as an integer/);
    assert.match(String(run('{size: 1.5}')), /'float' object/);
  });
});
