import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rehearsed } from '../../support/conducted.ts';

test('recursion without end fails with the reason at the end of the text, however deep', () => {
  const { conductor } = rehearsed('wf:\n  tasks:\n    again:\n      workflow: wf\n');
  const { state, state_info } = conductor.view();
  assert.equal(state, 'ERROR');
  assert.match(String(state_info), /Sub-workflow 'wf' is nested more than 100 levels deep/);
  assert.ok(String(state_info).length < 64 * 1024, `${state_info?.length} characters`);
});
