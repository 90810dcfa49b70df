import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rehearsed, taskStates } from '../../support/conducted.ts';

function resultOf(definition: string, task: string): unknown {
  return rehearsed(definition)
    .conductor.view()
    .tasks.find((one) => one.name === task)?.result;
}

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

describe('std.test_dict', () => {
  const run = (input: string) => resultOf(`wf: {tasks: {t: {action: std.test_dict, input: ${input}}}}`, 't');

  it('takes null for a value like any other', () => {
    assert.deepEqual(run('{size: 2, key_prefix: k, val: null}'), { k0: null, k1: null });
    assert.deepEqual(run('{size: 1}'), { 0: '' });
  });

  it('fails when the size is no whole number', () => {
    assert.match(String(run("{size: '2'}")), /'str' object cannot be interpreted as an integer/);
    assert.match(String(run('{size: 1.5}')), /'float' object/);
  });
});
