import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ValidationError } from '../../../core/errors.ts';
import { type ActionForTransform, entryWorkflow, transformDefinition } from '../../../workflow-translator/index.ts';

const actions = new Map<string, ActionForTransform>([
  ['core.local', { ref: 'core.local', parameters: { cmd: { required: true }, timeout: {}, env: {} } }],
  ['core.noop', { ref: 'core.noop', parameters: {} }],
  [
    'p.needs',
    { ref: 'p.needs', parameters: { b: { required: true }, a: { required: true }, c: { required: true, default: 1 } } },
  ],
]);

function transform(text: string, ref?: string): Promise<string> {
  return transformDefinition(text, { ref, lookupAction: actions }).then(({ definition }) => definition);
}

/** What one task becomes, as lines. */
async function taskLines(task: string): Promise<string> {
  const definition = await transform(`version: '2.0'\np.w:\n  tasks:\n    t: ${task}`);
  return definition
    .replace('p.w:\n  tasks:\n    t:\n', '')
    .replace("version: '2.0'\n", '')
    .replace(/^ {6}/gm, '')
    .trim();
}

async function refusal(task: string): Promise<string> {
  try {
    await taskLines(task);
  } catch (error) {
    assert.ok(error instanceof ValidationError);
    return error.message;
  }
  return assert.fail('it was not refused');
}

describe('the definition to deploy', () => {
  it('testpack.wftest, byte for byte', async () => {
    const source = [
      '---',
      "version: '2.0'",
      '',
      'testpack.wftest:',
      '  type: direct',
      '  tasks:',
      '    my_task:',
      '      action: core.local',
      '      input:',
      '        cmd: "echo \'HELLO\'"',
      '',
    ].join('\n');
    const expected = [
      'testpack.wftest:',
      '  tasks:',
      '    my_task:',
      '      action: st2.action',
      '      input:',
      '        parameters:',
      "          cmd: echo 'HELLO'",
      '        ref: core.local',
      '  type: direct',
      "version: '2.0'",
      '',
    ].join('\n');
    assert.equal(await transform(source, 'testpack.wftest'), expected);
  });

  const cases: readonly (readonly [string, string, string])[] = [
    [
      'inline parameters become the input',
      'core.local cmd="echo <% $.x %>" timeout=5'.replace(/^/, "{action: '").replace(/$/, "'}"),
      'action: st2.action\ninput:\n  parameters:\n    cmd: echo <% $.x %>\n    timeout: 5\n  ref: core.local',
    ],
    [
      'inline parameters get lost beside an input',
      '{action: core.local timeout=5, input: {cmd: x}}',
      'action: st2.action\ninput:\n  parameters:\n    cmd: x\n  ref: core.local',
    ],
    ['no input, no parameters', '{action: core.noop}', 'action: st2.action\ninput:\n  ref: core.noop'],
    ['std actions keep their name', '{action: std.echo output=1}', 'action: std.echo\ninput:\n  output: 1'],
    ['names without a dot stay', '{action: mine}', 'action: mine'],
    ['sub-workflows stay', '{workflow: p.other x=1}', 'workflow: p.other x=1'],
    [
      'with-items stays',
      '{with-items: i in <% $.l %>, action: core.local, input: {cmd: <% $.i %>}}',
      'action: st2.action\ninput:\n  parameters:\n    cmd: <% $.i %>\n  ref: core.local\nwith-items: i in <% $.l %>',
    ],
    [
      'what is wrapped is not wrapped again',
      '{action: st2.action, input: {ref: core.local, parameters: {cmd: x}}}',
      'action: st2.action\ninput:\n  parameters:\n    cmd: x\n  ref: core.local',
    ],
    [
      'the datastore is left to StackStorm',
      "{action: core.local, input: {cmd: '{{ st2kv.system.x }}', env: {a: ['{{st2kv.user.y}}', '{{ xst2kv.z }}']}}}",
      [
        'action: st2.action',
        'input:',
        '  parameters:',
        "    cmd: '{% raw %}{{ st2kv.system.x }}{% endraw %}'",
        '    env:',
        '      a:',
        "      - '{% raw %}{{st2kv.user.y}}{% endraw %}'",
        "      - '{{ xst2kv.z }}'",
        '  ref: core.local',
      ].join('\n'),
    ],
    [
      'an expression as input is passed on whole',
      '{action: core.local, input: <% $.all %>}',
      'action: st2.action\ninput:\n  parameters: <% $.all %>\n  ref: core.local',
    ],
  ];
  for (const [title, task, expected] of cases) {
    it(title, async () => assert.equal(await taskLines(task), expected));
  }

  it('workbooks: ad-hoc actions by base, tasks of every workflow', async () => {
    const text = [
      'version: "2.0"',
      'name: p.wb',
      'actions: {say: {base: core.local, base-input: {cmd: x}}}',
      'workflows: {one: {tasks: {t: {action: say}}}, two: {tasks: {t: {action: core.noop}, u: {action: p.wb.say}}}}',
    ].join('\n');
    const transformed = await transformDefinition(text, { ref: 'p.wb', lookupAction: (ref) => actions.get(ref) });
    assert.match(
      transformed.definition,
      /base: st2.action\n {4}base-input:\n {6}parameters:\n {8}cmd: x\n {6}ref: core.local/,
    );
    assert.match(transformed.definition, /u:\n {8}action: p.wb.say/);
    const { kind, name, workflows } = transformed;
    assert.deepEqual([kind, name, workflows], ['workbook', 'p.wb', ['p.wb.one', 'p.wb.two']]);
    assert.equal(entryWorkflow(transformed, 'p.wb.two'), 'p.wb.two');
    assert.throws(() => entryWorkflow(transformed), /Default workflow cannot be determined/);
    assert.throws(() => entryWorkflow(transformed, 'p.wb.three'), /Unable to find the workflow "p.wb.three"/);
  });
});

describe('refusals', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['missing parameters', '{action: p.needs}', 'Missing required parameters in "t" for action "p.needs": "a", "b"'],
    [
      'unexpected parameters',
      '{action: core.local, input: {cmd: x, y: 1, x: 2}}',
      'Unexpected parameters in "t" for action "core.local": "x", "y"',
    ],
    ['an unknown action', '{action: core.foobar}', 'Action "core.foobar" in "t" is not registered.'],
    ['the old callback', '{action: st2.callback}', 'st2.callback is deprecated.'],
    ['no name', "{action: '<% $.x %>'}", 'Invalid action/workflow task property: <% $.x %>'],
    [
      'context and datastore in one text',
      "{action: core.local, input: {cmd: '{{ _.x }} {{ st2kv.system.x }}'}}",
      'Parameter "cmd" for action "core.local" containing references to both local context (i.e. _.var1) and st2kv (i.e. st2kv.system.var1) is not supported.',
    ],
  ];
  for (const [title, task, expected] of cases) {
    it(title, async () => assert.equal(await refusal(task), expected));
  }

  const documents: readonly (readonly [string, string, RegExp])[] = [
    [
      'another name',
      "version: '2.0'\np.x: {tasks: {}}",
      /^Name of the workflow must be the same .* action name "p.w"\.$/,
    ],
    ['another name of a workbook', 'name: p.x\nworkflows: {}', /^Name of the workbook must be the same/],
    ['several workflows', 'a: {}\nb: {}', /^Workflow \(not workbook\) definition is detected\. Multiple workflows/],
    ['no YAML', 'a: [', /^Definition could not be parsed: .*line 1, column/],
    ['no mapping', '- a', /must be a mapping/],
  ];
  for (const [title, text, message] of documents) {
    it(title, () => assert.rejects(transform(text, 'p.w'), { name: 'ValidationError', message }));
  }

  it('all problems are in the details', async () => {
    const text = "version: '2.0'\np.w:\n  tasks:\n    a: {action: core.x}\n    b: {action: core.y}";
    await assert.rejects(transform(text), (error) => {
      assert.ok(error instanceof ValidationError);
      assert.deepEqual(
        (error.details.problems as { line: number }[]).map(({ line }) => line),
        [4, 5],
      );
      return true;
    });
  });
});
