import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDefinition, type TaskIr, type WorkflowIr } from '../../../workflow-translator/index.ts';

function workflowOf(body: string): WorkflowIr {
  const [workflow] = parseDefinition(`version: '2.0'\nwf:\n${body.replace(/^/gm, '  ')}`).workflows;
  assert.ok(workflow);
  return workflow;
}

/** A task without its spec. */
function taskOf(text: string, more = ''): Omit<TaskIr, 'spec'> {
  const [task] = workflowOf(`${more}tasks:\n  t: ${text}\n  z: {action: std.noop}`).tasks;
  assert.ok(task);
  const { spec: _, ...rest } = task;
  return rest;
}

const bare = {
  name: 't',
  kind: 'action',
  target: 'std.noop',
  policies: {},
  keep_result: true,
  safe_rerun: false,
} as const;

describe('tasks', () => {
  const cases: readonly (readonly [string, string, Partial<TaskIr>])[] = [
    ['neither action nor workflow', '{description: hi}', { description: 'hi' }],
    ['a sub-workflow', '{workflow: sub x=1}', { kind: 'workflow', target: 'sub', input: { x: 1 } }],
    [
      'inline parameters win over the input',
      '{action: std.echo output=1, input: {output: 2, delay: 3}}',
      { target: 'std.echo', input: { output: 1, delay: 3 } },
    ],
    ['an expression as input', '{action: a.b, input: <% $.x %>}', { target: 'a.b', input: '<% $.x %>' }],
    ['join 0 is none', '{join: 0}', {}],
    ['a plain publish', '{publish: {a: 1}}', { publish: { branch: { a: 1 } } }],
    [
      'items as text and as list',
      "{with-items: ['i in <% $.x %>', 'j in [1, \"a\"]'], concurrency: 2}",
      {
        with_items: {
          variables: [
            { name: 'i', items: '<% $.x %>' },
            { name: 'j', items: [1, 'a'] },
          ],
          concurrency: 2,
        },
      },
    ],
    [
      'the short form of retry',
      "{retry: 'count=3 delay=<% $.d %> break-on=<% $.b %>'}",
      { policies: { retry: { count: 3, delay: '<% $.d %>', break_on: '<% $.b %>' } } },
    ],
    [
      'policies; those that mean nothing are left out',
      '{wait-before: 1, wait-after: 0, pause-before: false, fail-on: <% $.f %>, timeout: <% 2 %>, target: host}',
      { policies: { wait_before: 1, fail_on: '<% $.f %>', timeout: '<% 2 %>' }, run_on: 'host' },
    ],
    [
      'transitions with conditions and commands',
      `{on-success: [z, {z: <% $.x %>}, {fail: <% $.y %>}, 'fail(msg="a b")', noop]}`,
      {
        on_success: {
          next: [
            { to: 'z' },
            { to: 'z', condition: '<% $.x %>' },
            { to: 'fail', command: { name: 'fail' }, condition: '<% $.y %>' },
            { to: 'fail', command: { name: 'fail', params: { msg: 'a b' } } },
            { to: 'noop', command: { name: 'noop' } },
          ],
        },
      },
    ],
    [
      'the advanced form of a clause',
      '{on-error: {publish: {branch: {a: 1}, global: {b: 2}}, next: z}}',
      { on_error: { publish: { branch: { a: 1 }, global: { b: 2 } }, next: [{ to: 'z' }] } },
    ],
    [
      'the condition of a mapping under next is lost',
      '{on-error: {next: {z: <% $.x %>}}}',
      { on_error: { next: [{ to: 'z' }] } },
    ],
    ['integral floats are numbers', '{input: {a: 2.0, b: 010}}', { input: { a: 2, b: 8 } }],
  ];
  for (const [title, text, expected] of cases) {
    it(title, () => assert.deepEqual(taskOf(text), { ...bare, ...expected }));
  }

  it('the spec is the task as data, with name, type and version', () => {
    const [task] = workflowOf('tasks:\n  t: {action: std.echo output=1, input: {x: 1}}').tasks;
    const spec = { action: 'std.echo output=1', input: { x: 1, output: 1 }, type: 'direct', name: 't', version: '2.0' };
    assert.deepEqual(task?.spec, spec);
  });
});

describe('task-defaults', () => {
  it('a policy of the task replaces the default one wholly', () => {
    const defaults = 'task-defaults: {retry: {count: 1, delay: 2}, timeout: 5, safe-rerun: true}\n';
    const task = taskOf('{retry: {count: 3, delay: 4}, timeout: 0}', defaults);
    assert.deepEqual(task.policies, { timeout: 5, retry: { count: 3, delay: 4 } });
    assert.equal(task.safe_rerun, true);
  });

  it('each clause is replaced by itself, and never leads to the task itself', () => {
    const tasks = workflowOf(
      'task-defaults: {on-error: [z, a], on-complete: z}\ntasks:\n  s: {on-error: noop}\n  a: {on-complete: b}\n  b: {on-error: {publish: {branch: {x: 1}}}}\n  z: {action: std.noop}',
    ).tasks;
    const summary = tasks.map(({ name, on_error, on_complete }) => [name, on_error, on_complete]);
    assert.deepEqual(summary, [
      ['s', { next: [{ to: 'noop', command: { name: 'noop' } }] }, { next: [{ to: 'z' }] }],
      ['a', { next: [{ to: 'z' }] }, { next: [{ to: 'b' }] }],
      ['b', { publish: { branch: { x: 1 } }, next: [{ to: 'z' }, { to: 'a' }] }, { next: [{ to: 'z' }] }],
      ['z', { next: [{ to: 'a' }] }, undefined],
    ]);
  });

  it('requirements are added', () => {
    const { tasks } = workflowOf(
      'type: reverse\ntask-defaults: {requires: [b]}\ntasks:\n  a: {requires: c}\n  b: {action: std.noop}\n  c: {action: std.noop}',
    );
    assert.deepEqual(
      tasks.map(({ requires }) => requires),
      [['c', 'b'], undefined, ['b']],
    );
  });
});

describe('workflows', () => {
  it('inputs with and without default', () => {
    const { input } = workflowOf('input: [a, {b: null}, {c: <% 1 %>}]\ntasks: {t: {action: std.noop}}');
    assert.deepEqual(input, [{ name: 'a' }, { name: 'b', default: null }, { name: 'c', default: '<% 1 %>' }]);
  });

  it('several in a file keep their order; version is no task', () => {
    const { workflows } = parseDefinition(
      'version: 2\nb: {tasks: {version: {action: std.noop}, t: {action: std.noop}}}\na: {tasks: {t: {action: std.noop}}}',
    );
    assert.deepEqual(
      workflows.map(({ name, tasks }) => [name, tasks.length]),
      [
        ['b', 1],
        ['a', 1],
      ],
    );
  });
});

describe('workbooks', () => {
  const text = [
    'version: "2.0"',
    'name: wb',
    'actions:',
    '  hi: {base: std.echo output="x", base-input: {delay: 1}, input: [a, {b: 1}], output: <% $ %>}',
    'workflows:',
    '  main: {tasks: {t: {action: hi}}}',
  ].join('\n');

  it('names carry the name of the workbook', () => {
    const document = parseDefinition(text);
    assert.deepEqual([document.kind, document.name, document.workflows[0]?.name], ['workbook', 'wb', 'wb.main']);
    const action = {
      name: 'wb.hi',
      base: 'std.echo',
      base_input: { delay: 1, output: 'x' },
      input: [{ name: 'a' }, { name: 'b', default: 1 }],
      output: '<% $ %>',
    };
    assert.deepEqual(document.actions, [action]);
    assert.deepEqual(document.workflows[0]?.actions, { 'wb.hi': action, hi: action });
    assert.equal(document.workflows[0]?.spec.name, 'main');
  });

  it('a list of ad-hoc actions is told by its kind', () => {
    const document = parseDefinition('version: "2.0"\nhi: {base: std.noop}', { kind: 'actions' });
    assert.deepEqual(document.actions, [{ name: 'hi', base: 'std.noop', input: [] }]);
  });
});
