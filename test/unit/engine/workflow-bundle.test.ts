import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import vm from 'node:vm';
import { bundleWorkflows, withoutCompiling } from '../../../engine/worker/workflow-bundle.ts';

test('the workflow code bundles for the sandbox without a Node module', async () => {
  const code = await bundleWorkflows();
  assert.match(code, /interpret/);
  assert.ok(code.length < 12_000_000, `the bundle has ${code.length} characters`);
});

test('the lines that the SDK compiles at each promise are those that come ready, and any other is compiled', () => {
  const sdk = path.dirname(createRequire(import.meta.url).resolve('@temporalio/worker'));
  const code = readFileSync(path.join(sdk, 'workflow', 'vm-shared.js'), 'utf8');
  const compiled = [...code.matchAll(/\b(?:ctor|fn)\('([^']+)'\)/g)].map(([, line]) => line);
  assert.deepEqual(compiled.sort(), ['return globalThis.Error', 'return globalThis.__TEMPORAL_ACTIVATOR__']);

  const context = vm.createContext({ __TEMPORAL_ACTIVATOR__: 'the activator' });
  vm.runInContext(withoutCompiling, context);
  const run = (line: string) => vm.runInContext('Promise.resolve().constructor.constructor', context)(line)();
  assert.equal(run('return globalThis.__TEMPORAL_ACTIVATOR__'), 'the activator');
  assert.equal(new (run('return globalThis.Error'))().stack, undefined);
  assert.equal(run('return 6 * 7'), 42);
});
