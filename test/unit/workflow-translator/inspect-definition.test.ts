import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspectDefinition } from '../../../workflow-translator/index.ts';

const lookupAction = new Map([['core.local', { ref: 'core.local', parameters: { cmd: { required: true } } }]]);

describe('inspection', () => {
  it('a good definition has no findings, warnings on request', async () => {
    const text = "version: '2.0'\nwf:\n  tasks:\n    t: {action: core.local, input: {cmd: <% $.nope %>}}";
    assert.deepEqual(await inspectDefinition(text, { lookupAction }), []);
    const [warning] = await inspectDefinition(text, { lookupAction, includeWarnings: true });
    assert.equal(warning?.severity, 'warning');
  });

  it('all kinds of errors are told, with type, path and place', async () => {
    const text =
      "version: '2.0'\nwf:\n  tasks:\n    t: {action: core.local, publish: {a: <% 1 + %>}}\n    u: {on-error: v}";
    const findings = await inspectDefinition(text, { lookupAction });
    assert.deepEqual(
      findings.map(({ type, message, path, line }) => [type, message, path, line]),
      [
        ['action', 'Missing required parameters in "t" for action "core.local": "cmd"', 'wf.tasks.t.action', 4],
        ['yaql', 'unexpected end of statement', 'wf.tasks.t.publish.a', 4],
        [null, "Task 'v' not found.", 'wf.tasks.u.on-error', 5],
      ],
    );
  });

  it('an error of the schema has the place of the rule', async () => {
    const [finding] = await inspectDefinition("version: '2.0'\nwf:\n  tasks:\n    t: {timeout: -1}");
    assert.equal(finding?.type, 'schema');
    assert.equal(finding?.message, '-1 is not valid under any of the given schemas');
    assert.equal(finding?.schema_path, 'task.properties.timeout.oneOf.0.oneOf');
  });

  it('several workflows in one file are refused', async () => {
    const [finding] = await inspectDefinition(
      "version: '2.0'\na: {tasks: {t: {action: std.noop}}}\nb: {tasks: {t: {action: std.noop}}}",
    );
    assert.match(finding?.message ?? '', /^Multiple workflows is not supported/);
  });

  it('a text that is no YAML is a finding, not a failure', async () => {
    const [finding] = await inspectDefinition('a: [', { lookupAction });
    assert.deepEqual([finding?.code, finding?.path], ['YAML', null]);
  });
});
