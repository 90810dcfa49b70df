import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskView } from '../../../engine/conductor/contract.ts';
import { createConductor, restoreConductor } from '../../../engine/conductor/index.ts';
import { parseDefinition } from '../../../workflow-translator/index.ts';
import { conductorOf, startedRuns, success, testPorts } from '../../support/conducted.ts';

const items = (count: number) => `
wf:
  tasks:
    many:
      with-items: i in <% range(${count}) %>
      action: std.noop
`;

test('a view since a version shows the runs that changed, not all of a task', () => {
  const conductor = conductorOf(items(300));
  const ids = startedRuns(conductor.handle({ type: 'start' }));
  const { version, more } = conductor.view();
  assert.equal(more, false);
  conductor.handle(success(ids[7] ?? '', 'seven'));
  const [task] = conductor.view(version).tasks;
  assert.deepEqual(
    task?.runs.map((run) => [run.id, run.output]),
    [['many[7]', 'seven']],
  );
});

test('a task with many runs shows its result when it has ended', () => {
  const conductor = conductorOf(items(300));
  const ids = startedRuns(conductor.handle({ type: 'start' }));
  conductor.handle(success(ids[0] ?? '', 1));
  assert.deepEqual(conductor.view().tasks[0]?.result, []);
  for (const id of ids.slice(1)) conductor.handle(success(id, 1));
  const { result } = conductor.view().tasks[0] ?? {};
  assert.deepEqual(result, new Array(300).fill(1));
});

test('views of limited length show everything, one after the other, also after a restore', () => {
  const [workflow] = parseDefinition(`version: '2.0'\n${items(50)}`).workflows;
  assert.ok(workflow);
  const identity = { id: 'e', workflow_name: 'wf', root_execution_id: 'e', input: {}, params: {} };
  const parts = { workflow, identity, ports: testPorts() };
  const conductor = createConductor(parts);
  for (const id of startedRuns(conductor.handle({ type: 'start' }))) conductor.handle(success(id));
  const restored = restoreConductor({ ...parts, snapshot: JSON.parse(JSON.stringify(conductor.snapshot())) });
  for (const one of [conductor, restored]) {
    const runs = new Set<string>();
    let task: TaskView | undefined;
    let since = 0;
    for (let view = one.view(since, 7); ; view = one.view(since, 7)) {
      assert.ok(view.version > since, 'each view goes on');
      since = view.version;
      for (const run of view.tasks[0]?.runs ?? []) runs.add(run.id);
      task = view.tasks[0] ?? task;
      if (!view.more) break;
    }
    assert.equal(runs.size, 50);
    assert.equal(task?.state, 'SUCCESS');
    assert.deepEqual(one.view(since, 7).tasks, []);
  }
});

test('work is done in portions: what does not fit waits for the next', () => {
  const [workflow] = parseDefinition(`version: '2.0'\n${items(1_000)}`).workflows;
  assert.ok(workflow);
  const identity = { id: 'e', workflow_name: 'wf', root_execution_id: 'e', input: {}, params: {} };
  const conductor = createConductor({ workflow, identity, ports: { ...testPorts(), effortAtOnce: 100 } });
  const first = startedRuns(conductor.handle({ type: 'start' }));
  assert.ok(first.length <= 200, `${first.length} at once`);
  assert.equal(conductor.hasWork, true);
  const rest: string[] = [];
  while (conductor.hasWork) rest.push(...startedRuns(conductor.handle({ type: 'go_on' })));
  assert.equal(first.length + rest.length, 1_000);
});

test('what is published to the whole workflow is shown with its task, and with the workflow but for its own variables', () => {
  const conductor = conductorOf(`
wf:
  vars: {own: 0}
  tasks:
    say:
      action: std.noop
      on-success:
        publish:
          branch: {mine: 1}
          global: {ours: 2, own: 3}
        next: hear
    hear:
      action: std.noop
`);
  const [first = ''] = startedRuns(conductor.handle({ type: 'start' }));
  assert.equal(conductor.view().published_global, undefined);
  conductor.handle(success(first));
  const { tasks, published_global } = conductor.view();
  assert.deepEqual(
    tasks.map((task) => [task.name, task.published, task.published_global]),
    [
      ['say', { mine: 1 }, { ours: 2, own: 3 }],
      ['hear', {}, undefined],
    ],
  );
  assert.deepEqual(published_global, { ours: 2 });
});
