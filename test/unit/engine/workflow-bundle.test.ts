import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleWorkflows } from '../../../engine/worker/workflow-bundle.ts';

test('the workflow code bundles for the sandbox without a Node module', async () => {
  const code = await bundleWorkflows();
  assert.match(code, /interpret/);
  assert.ok(code.length < 12_000_000, `the bundle has ${code.length} characters`);
});
