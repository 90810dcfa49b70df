import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rehearsed } from '../../support/conducted.ts';

/** Two levels below `wf`: a task that fails at the bottom, one that succeeds, and a handler above that looks. */
const tree = (look: string) => `
wf:
  output: {seen: "${look}"}
  tasks:
    good: {workflow: sub_good, on-success: bad}
    bad: {workflow: sub_bad, on-error: look}
    look: {action: std.noop}
sub_good:
  tasks:
    well: {action: std.echo output="fine", publish: {said: <% task().result %>}}
sub_bad:
  tasks:
    middle: {workflow: sub_bottom}
sub_bottom:
  tasks:
    first: {action: std.noop, on-success: broken}
    broken: {action: std.fail}
`;

function seen(look: string): unknown {
  const { conductor } = rehearsed(tree(look));
  const { state, state_info, output } = conductor.view();
  assert.equal(state, 'SUCCESS', String(state_info));
  return (output as { readonly seen: unknown }).seen;
}

describe('tasks() of an execution and those below it', () => {
  it('tells of its own tasks, in the order of their creation', () => {
    assert.deepEqual(seen('<% tasks(execution().id).name %>'), ['good', 'bad', 'look']);
    assert.deepEqual(seen('<% tasks().name %>'), ['good', 'bad', 'look']);
  });

  it('tells of those of sub-workflows after them', () => {
    const all = ['good', 'bad', 'look', 'well', 'middle', 'first', 'broken'];
    assert.deepEqual(seen('<% tasks(execution().id, true).name %>'), all);
    assert.deepEqual(seen('<% tasks(recursive => true).name %>'), all);
    assert.deepEqual(seen("{{ tasks(execution().id, recursive=True) | map(attribute='name') | list }}"), all);
  });

  it('tells of those in a state, at any depth', () => {
    assert.deepEqual(seen('<% tasks(execution().id, true, ERROR).name %>'), ['bad', 'middle', 'broken']);
    assert.deepEqual(seen('<% tasks(execution().id, false, ERROR).name %>'), ['bad']);
  });

  it('leaves out of a flat list what only stands for a sub-workflow', () => {
    assert.deepEqual(seen('<% tasks(execution().id, true, ERROR, true).name %>'), ['broken']);
    assert.deepEqual(seen('<% tasks(execution().id, true, flat => true).name %>'), ['look', 'well', 'first', 'broken']);
  });

  it('tells of another execution, with what was published and written there', () => {
    const look = '<% tasks(executions().where($.workflow_name = sub_good).id.first()) %>';
    const [task] = seen(look) as readonly Record<string, unknown>[];
    const { name, type, state, result, published, spec } = task ?? {};
    assert.deepEqual({ name, type, state, result }, { name: 'well', type: 'ACTION', state: 'SUCCESS', result: 'fine' });
    assert.deepEqual(published, { said: 'fine' });
    assert.equal((spec as { readonly action: string }).action, 'std.echo output="fine"');
  });

  it('may stand as a filter of the context, as the others', () => {
    assert.deepEqual(seen("{{ _ | tasks(recursive=True, state='ERROR') | map(attribute='name') | list }}"), [
      'bad',
      'middle',
      'broken',
    ]);
    assert.equal(seen("{{ (_|task('look')).state }}"), 'SUCCESS');
    assert.equal(seen('{{ (_|execution).name }}'), 'wf');
    const { conductor } = rehearsed(tree("{{ 'look' | task }}"));
    assert.match(String(conductor.view().state_info), /KeyError|'__execution'/);
  });

  it('tells of nothing where there is no such execution', () => {
    assert.deepEqual(seen("<% tasks('no-such', true) %>"), []);
  });
});

describe('executions()', () => {
  it('tells of all, the oldest first', () => {
    assert.deepEqual(seen('<% executions().name %>'), ['wf', 'sub_good', 'sub_bad', 'sub_bottom']);
  });

  it('tells of those that fit', () => {
    assert.deepEqual(seen('<% executions(id => execution().id).name %>'), ['wf']);
    assert.deepEqual(seen('<% executions(rootExecutionId => execution().id, state => ERROR).name %>'), [
      'sub_bad',
      'sub_bottom',
    ]);
    assert.deepEqual(seen("{{ executions(state='SUCCESS') | map(attribute='name') | list }}"), ['sub_good']);
    assert.deepEqual(seen("<% executions(from_time => '2100-01-01').name %>"), []);
    assert.equal((seen("<% executions(to_time => '2100-01-01 12:00:00').name %>") as unknown[]).length, 4);
  });
});
