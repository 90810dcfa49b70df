/**
 * Replays recorded histories: code that would take another course on one of them would stop workflows that run when it is
 * deployed. After an intended change of course (guarded by `patched()` once there are installations) new ones are recorded from the
 * example workflows with test/support/record-history.ts.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { projectRoot } from '../../../cli/project-paths.ts';
import { bundleWorkflows } from '../../../engine/worker/workflow-bundle.ts';
import { createDataConverter } from '../../../platform/temporal/temporal-client.ts';
import { decodeHistory, type RecordedHistory } from '../../support/record-history.ts';

const folder = path.join(projectRoot, 'test/histories');
const noBlobs = {
  put: () => Promise.reject(new Error('A replay stores nothing.')),
  get: () => Promise.reject(new Error('Recorded histories hold their payloads themselves.')),
};
let workflowBundle: Pick<WorkflowBundleWithSourceMap, 'code'>;

before(async () => {
  workflowBundle = { code: await bundleWorkflows() };
});

const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));

test('there are recorded histories', () => assert.ok(files.length >= 6, `found ${files.length}`));

for (const file of files) {
  test(`history replays: ${file}`, async () => {
    const recorded = JSON.parse(await readFile(path.join(folder, file), 'utf8')) as RecordedHistory;
    const options = { workflowBundle, dataConverter: createDataConverter(noBlobs) };
    await Worker.runReplayHistory(options, decodeHistory(recorded), recorded.workflowId);
  });
}
