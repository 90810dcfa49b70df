import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DefaultLogger } from '@temporalio/worker';
import { compileWorkerOptions } from '@temporalio/worker/lib/worker-options.js';
import { sandboxLimits } from '../../../engine/worker/sandbox-limits.ts';

test('the SDK takes the limit of a step of a workflow, though its types do not show it', () => {
  const options = { taskQueue: 'q', workflowsPath: 'none', ...sandboxLimits };
  const compiled = compileWorkerOptions(options, new DefaultLogger('ERROR'), {} as never);
  assert.equal(compiled.isolateExecutionTimeoutMs, 10 * 60_000);
});
