import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ValidationError } from '../../../core/errors.ts';
import { checkDefinition, parseDefinition } from '../../../workflow-translator/index.ts';

/** A workflow with these lines under `tasks`. */
function workflow(tasks: string, more = ''): string {
  return `version: '2.0'\nwf:\n${more}  tasks:\n${tasks.replace(/^/gm, '    ')}\n`;
}

function findings(text: string, severity: 'error' | 'warning'): string[] {
  const { problems } = checkDefinition(text);
  return problems.filter((problem) => problem.severity === severity).map(({ path, message }) => `${path}: ${message}`);
}

describe('errors', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['an unknown task', workflow('a: {on-success: b}'), "wf.tasks.a.on-success: Task 'b' not found."],
    [
      'no start task',
      workflow('a: {on-success: a}'),
      'wf.tasks: Failed to find start tasks in direct workflow. There must be at least one task without inbound transition.[workflow_name=wf]',
    ],
    [
      'a join without inbound tasks',
      workflow('a: {join: all}'),
      "wf.tasks.a.join: No inbound tasks for task with 'join: all' [task_name=a]",
    ],
    [
      'an unknown key',
      workflow('a: {foo: 1}'),
      "wf.tasks.a: Invalid DSL: Additional properties are not allowed ('foo' was unexpected)",
    ],
    [
      'a duration below zero',
      workflow('a: {timeout: -1}'),
      'wf.tasks.a.timeout: Invalid DSL: -1 is not valid under any of the given schemas',
    ],
    [
      'a blank in the name of a workflow',
      "version: '2.0'\na b: {tasks: {t: {action: std.noop}}}\n",
      "a b: Name 'a b' must not contain spaces",
    ],
    [
      'a blank in the name of a workbook',
      "version: '2.0'\nname: a b\nworkflows: {w: {tasks: {t: {action: std.noop}}}}\n",
      "name: Name 'a b' must not contain spaces",
    ],
    [
      'an unknown requirement',
      workflow('a: {requires: b}', '  type: reverse\n'),
      "wf.tasks.a.requires: Task 'b' not found.",
    ],
    ['a retry that lacks the delay', workflow("a: {retry: 'count=3 x=1'}"), 'wf.tasks.a.retry: Invalid DSL: '],
    [
      'a list of items that is no JSON',
      workflow("a: {with-items: 'i in [1, x]'}"),
      'wf.tasks.a.with-items: Invalid array',
    ],
    [
      'a name that is a UUID',
      "version: '2.0'\n6ba7b810-9dad-11d1-80b4-00c04fd430c8:\n  tasks: {a: {action: std.noop}}",
      '',
    ],
    ['a task without a name', workflow("'': {action: std.noop}"), 'wf.tasks.: The name of a task must not be empty.'],
    [
      'inline parameters beside an expression as input',
      workflow('a: {action: std.echo output=1, input: <% $.x %>}'),
      'wf.tasks.a.input: Inline parameters',
    ],
    ['an empty publish', workflow('a: {on-success: {publish: {}}}'), "wf.tasks.a.on-success.publish: Either 'branch'"],
  ];
  for (const [title, text, expected] of cases) {
    it(title, () => {
      const errors = findings(text, 'error');
      assert.ok(
        errors.some((error) => error.startsWith(expected)),
        errors.join('\n'),
      );
    });
  }

  it('all mistakes are told at once, each at its place', () => {
    const text = workflow('a:\n  action: std.echo\n  publish: {x: <% 1 + %>}\n  on-error: nope\nb: {join: 3}');
    const { document, problems } = checkDefinition(text);
    assert.equal(document, undefined);
    assert.deepEqual(
      problems.map(({ code, line, column }) => [code, line, column]),
      [
        ['EXPRESSION_SYNTAX', 6, 22],
        ['UNKNOWN_TASK', 7, 7],
        ['JOIN', 8, 9],
      ],
    );
  });

  it('the place inside of an expression is told', () => {
    const [problem] = checkDefinition(workflow('a: {publish: {x: "<% $.b %> and <% $..a %>"}}')).problems;
    assert.deepEqual(
      [problem?.code, problem?.language, problem?.line, problem?.column],
      ['EXPRESSION_SYNTAX', 'yaql', 4, 42],
    );
  });

  it('languages must not be mixed', () => {
    const { problems } = checkDefinition(workflow('a: {publish: {x: "<% 1 %> {{ 2 }}"}}'));
    assert.equal(problems[0]?.code, 'EXPRESSION_MIXED');
  });
});

describe('warnings do not refuse a definition', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'an unreachable task',
      workflow('a: {action: std.noop}\nb: {on-success: c}\nc: {on-success: b}'),
      "Task 'b' is unreachable",
    ],
    [
      'required in a circle',
      workflow('a: {requires: b}\nb: {requires: a}', '  type: reverse\n'),
      "Task 'a' requires itself",
    ],
    ['an undefined variable', workflow('a: {publish: {x: <% $.nope %>}}'), "Variable 'nope' is not defined"],
    ['an undefined variable in Jinja', workflow("a: {publish: {x: '{{ _.nope }}'}}"), "Variable 'nope' is not defined"],
    ['an unknown function', workflow('a: {publish: {x: <% nope(1) %>}}'), 'Unknown function "nope"'],
    [
      'a lost condition',
      workflow('a: {on-success: {b: <% $.x %>}}\nb: {action: std.noop}', '  input: [x]\n'),
      'A mapping needs',
    ],
    ['a mistake that Mistral finds at run time', workflow('a: {input: {x: {y: <% 1 + %>}}}'), 'Parse error'],
    [
      'a join on both outcomes of a task',
      workflow('a: {on-success: b, on-error: c}\nb: {on-success: j}\nc: {on-complete: j}\nj: {join: all}'),
      "The join of task 'j' can never be met",
    ],
  ];
  for (const [title, text, expected] of cases) {
    it(title, () => {
      assert.deepEqual(findings(text, 'error'), []);
      const warnings = findings(text, 'warning');
      assert.ok(
        warnings.some((warning) => warning.includes(expected)),
        warnings.join('\n'),
      );
    });
  }

  it('nothing is said about names that something defines', () => {
    const text = workflow(
      [
        'a:',
        '  with-items: i in <% $.list %>',
        '  action: std.echo output=<% $.i %>',
        '  publish: {y: <% $.list.where($.z > 1).select($.name) %>, v: "{{ _.x + st2kv(1) }}"}',
        '  on-success: [b: <% $.y and task(a).result and $.get(other) %>]',
        'b: {publish-on-error: {z: <% $.y %>}}',
      ].join('\n'),
      '  input: [list]\n  vars: {x: 1}\n',
    );
    assert.deepEqual(checkDefinition(text).problems, []);
  });
});

describe('parseDefinition', () => {
  it('throws the first sentence with all problems', () => {
    assert.throws(
      () => parseDefinition(workflow('a: {on-success: b, on-error: c}')),
      (error) => {
        assert.ok(error instanceof ValidationError);
        assert.equal(error.message, "Task 'b' not found.");
        assert.equal((error.details.problems as unknown[]).length, 2);
        return true;
      },
    );
  });

  for (const text of ['', 'null', '[]', 'a', '5', 'version: 2.0', 'a: [', '- a']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseDefinition(text), ValidationError));
  }
});
